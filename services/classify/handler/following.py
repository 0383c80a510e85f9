"""Put the models into service that were chosen, while photos go on; whatever is wrong with them, those in service stay."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from prometheus_client import Counter, Gauge

from services.classify.domain import UnfitReleaseError
from services.common.errors import TransientError
from services.common.logging import get_logger
from services.common.model_choice import BUILT_IN, ChoiceError, ModelChoice, ReleaseId

_log = get_logger(__name__)
SWAPS = Counter(
    "facetally_classify_model_swaps_total",
    "Attempts to put the chosen models into service, by outcome: swapped; untrusted, away, damaged, unfit, self_test, bug",
    ["outcome"],
)
AS_CHOSEN = Gauge(
    "facetally_classify_model_as_chosen", "1 while the models in service are those that were chosen, or 0"
)
M = TypeVar("M")
M_co = TypeVar("M_co", covariant=True)
_SWAPPED: Final = "swapped"


class Releases(Protocol[M_co]):
    """Where models come from."""

    async def load(self, release: ReleaseId) -> M_co:
        """Models that have passed their self-test.

        Raises:
            UnfitReleaseError: it is not the release, or its models are not fit for service.
            TransientError: the store is away.
        """
        ...


class FollowChoice(Generic[M]):
    """Follows what is chosen. The weights that come with the code are in service when it begins.

    Args:
        releases: where models come from.
        trusted: public keys, by who signs with them.
        put_in_service: takes models that are good, and the name of their release.
        try_again_s: after how long what could not be put into service is tried again, unless something else is chosen.
    """

    def __init__(
        self,
        releases: Releases[M],
        trusted: Mapping[str, Ed25519PublicKey],
        put_in_service: Callable[[M, str], None],
        try_again_s: float,
    ) -> None:
        self._releases = releases
        self._trusted = trusted
        self._put_in_service = put_in_service
        self._try_again_s = try_again_s
        self._chosen: ModelChoice | None = None
        self._in_service = BUILT_IN
        self._told = asyncio.Event()
        self._settled = asyncio.Event()

    def choose(self, choice: ModelChoice | None) -> None:
        """Take what is chosen now; None: nobody has chosen, and what is in service stays."""
        self._chosen = choice
        self._told.set()

    async def until_settled(self) -> None:
        """Wait until what was chosen first is in service, or could not be."""
        await self._settled.wait()

    async def run(self) -> None:
        """Follow until cancelled."""
        await self._told.wait()
        while True:
            self._told.clear()
            done = await self._follow()
            AS_CHOSEN.set(done)
            self._settled.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if done else self._try_again_s):
                    await self._told.wait()

    async def _follow(self) -> bool:
        """Whether what is chosen is in service now."""
        choice = self._chosen
        if choice is None or choice.release == self._in_service:
            return True
        outcome = await self._put(choice)
        SWAPS.labels(outcome).inc()
        return outcome == _SWAPPED

    async def _put(self, choice: ModelChoice) -> str:
        """Put a choice into service; the outcome."""
        release = choice.release
        try:
            choice.check_trust(self._trusted)
            self._put_in_service(await self._releases.load(release), release.name)
        except ChoiceError as error:
            return self._refused("untrusted", choice, error)
        except UnfitReleaseError as error:
            return self._refused(error.reason, choice, error)
        except TransientError as error:
            return self._refused("away", choice, error)
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, the models in service stay
            _log.exception("model_swap_bug")
            return self._refused("bug", choice, error)
        self._in_service = release
        _log.info("model_swapped", release=release.name, promoted_by=choice.promoted_by)
        return _SWAPPED

    def _refused(self, outcome: str, choice: ModelChoice, error: Exception) -> str:
        _log.error(
            "model_swap_refused",
            release=choice.release.name,
            in_service=self._in_service.name,
            outcome=outcome,
            error=str(error),
        )
        return outcome
