"""Which models are chosen, from the JetStream key-value bucket MODELS."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.common.kv_watch import KvWatch
from services.common.logging import get_logger
from services.common.messaging import MessageBus
from services.common.model_choice import CLASSIFY_KEY, UNREADABLE, ChoiceError, ModelChoice
from services.common.streams import MODELS_BUCKET

_log = get_logger(__name__)


@asynccontextmanager
async def watching(bus: MessageBus, choose: Callable[[ModelChoice | None], None]) -> AsyncIterator[None]:
    """Tell what is chosen for classify, and whenever something else is, while the block runs.

    Args:
        bus: the connection.
        choose: is told the choice; None where nobody has chosen.
    """

    def replace(before: ModelChoice | None, after: ModelChoice | None) -> None:
        choose(after)

    watch = KvWatch(bus, MODELS_BUCKET, _read, lambda entries: choose(entries.get(CLASSIFY_KEY)), replace)
    async with watch.following():
        yield


def _read(key: str, value: bytes) -> ModelChoice | None:
    if key != CLASSIFY_KEY:  # another service's
        return None
    try:
        return ModelChoice.from_bytes(value)
    except ChoiceError as error:
        _log.error("model_choice_unreadable", error=str(error))
        return UNREADABLE
