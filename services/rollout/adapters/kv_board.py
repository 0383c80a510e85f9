"""What is in service, in the JetStream key-value bucket that classify follows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self

import nats.errors
import nats.js.errors
from nats.js.kv import KeyValue

from services.common.kv_bucket import opened_bucket, translated
from services.common.model_choice import CLASSIFY_KEY, UNREADABLE, ChoiceError, ModelChoice
from services.common.settings import NatsSettings
from services.common.streams import MODELS_BUCKET
from services.rollout.domain import RolloutError

_HISTORY_ATTEMPTS: Final = 5


class KvBoard:
    """The bucket MODELS. Every method raises TransientError where NATS does not answer; what was to change may have changed."""

    def __init__(self, bucket: KeyValue) -> None:
        self._bucket = bucket

    @classmethod
    @asynccontextmanager
    async def connect(cls, settings: NatsSettings) -> AsyncIterator[Self]:
        """Connect for as long as the block runs.

        Raises:
            TransientError: nobody answers, the user is refused, or there is no such bucket.
        """
        async with opened_bucket(settings, "models", MODELS_BUCKET) as bucket:
            yield cls(bucket)

    async def chosen(self) -> tuple[ModelChoice | None, int]:
        """What is chosen now, and the revision to replace; None where nobody has chosen, UNREADABLE where nobody can read it."""
        with translated(MODELS_BUCKET):
            try:
                entry = await self._bucket.get(CLASSIFY_KEY)
            except nats.js.errors.KeyDeletedError as error:
                return None, (error.entry.revision if error.entry else 0) or 0
            except nats.js.errors.KeyNotFoundError:
                return None, 0
        return _read(entry.value), entry.revision or 0

    async def choose(self, choice: ModelChoice, revision: int) -> None:
        """Say it.

        Raises:
            RolloutError: somebody else has chosen meanwhile.
        """
        with translated(MODELS_BUCKET):
            try:
                await self._bucket.update(CLASSIFY_KEY, choice.to_bytes(), last=revision)
            except nats.js.errors.KeyWrongLastSequenceError as error:
                raise RolloutError("somebody else has chosen meanwhile: look again") from error

    async def history(self) -> list[ModelChoice]:
        """What was chosen, the newest first, as far back as the bucket goes; UNREADABLE for what nobody can read."""
        with translated(MODELS_BUCKET):
            entries = await self._entries()
        return [_read(entry.value) for entry in reversed(entries)]

    async def _entries(self) -> list[KeyValue.Entry]:
        for _ in range(_HISTORY_ATTEMPTS):
            try:
                return await self._bucket.history(CLASSIFY_KEY)
            except nats.js.errors.NoKeysError:
                # The library says so, too, when the server's messages come later than its answer.
                if not (await self._bucket.status()).values:
                    break
        return []


def _read(value: bytes | None) -> ModelChoice:
    try:
        return ModelChoice.from_bytes(value or b"")
    except ChoiceError:
        return UNREADABLE
