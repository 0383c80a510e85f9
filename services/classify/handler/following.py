"""Put the models into service, or on trial, that were chosen, while photos go on; whatever is wrong with them, those there stay.

What is in service, the canary and the shadow are followed each on its own: none of them waits for another, or suffers by it.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from prometheus_client import Counter, Gauge

from services.classify.domain import UnfitReleaseError
from services.common.errors import TransientError
from services.common.logging import get_logger
from services.common.model_choice import BUILT_IN, ChoiceError, ModelChoice, ReleaseId, Role, Trial

_log = get_logger(__name__)
SWAPS = Counter(
    "facetally_classify_model_swaps_total",
    "Attempts to put the chosen models into service or on trial, by outcome: swapped; ended; untrusted, away, damaged, unfit, "
    "self_test, bug",
    ["role", "outcome"],
)
AS_CHOSEN = Gauge(
    "facetally_classify_model_as_chosen",
    "1 while the models of a role (in_service, canary, shadow) are those that were chosen, or 0",
    ["role"],
)
M = TypeVar("M")
M_co = TypeVar("M_co", covariant=True)
M_contra = TypeVar("M_contra", contravariant=True)
# What is there when nobody has chosen anything.
_AT_FIRST: Final = Trial(BUILT_IN, 1.0)


class Releases(Protocol[M_co]):
    """Where models come from."""

    async def load(self, release: ReleaseId) -> M_co:
        """Models that have passed their self-test.

        Raises:
            UnfitReleaseError: it is not the release, or its models are not fit for service.
            TransientError: the store is away.
        """
        ...


class Places(Protocol[M_contra]):
    """Where models do their work."""

    def put(self, role: Role, model: M_contra, release: str, takes: Callable[[str], bool]) -> None:
        """Give a role to models that are good.

        Args:
            role: of theirs.
            model: they have run before.
            release: its name.
            takes: whether a camera, or a photo, is for them, by its id.
        """
        ...

    def share(self, role: Role, takes: Callable[[str], bool]) -> None:
        """The models of a role stay, and get another share."""
        ...

    def end(self, role: Role) -> None:
        """Nothing is on trial in this role any more."""
        ...


class FollowChoice(Generic[M]):
    """Follows what is chosen. The weights that come with the code are in service when it begins, and nothing is on trial.

    Args:
        releases: where models come from.
        trusted: public keys, by who signs with them.
        places: take models that are good.
        try_again_s: after how long what could not be put into its place is tried again, unless something else is chosen.
    """

    def __init__(
        self, releases: Releases[M], trusted: Mapping[str, Ed25519PublicKey], places: Places[M], try_again_s: float
    ) -> None:
        self._roles = {role: _FollowRole(role, releases, trusted, places, try_again_s) for role in Role}

    def choose(self, choice: ModelChoice | None) -> None:
        """Take what is chosen now; None: nobody has chosen, and what is there stays."""
        for role in self._roles.values():
            role.choose(choice)

    async def until_settled(self) -> None:
        """Wait until what was chosen first is in service, or could not be."""
        await self._roles[Role.IN_SERVICE].settled.wait()

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for role in self._roles.values():
                tasks.create_task(role.run())


class _FollowRole(Generic[M]):
    def __init__(
        self,
        role: Role,
        releases: Releases[M],
        trusted: Mapping[str, Ed25519PublicKey],
        places: Places[M],
        try_again_s: float,
    ) -> None:
        self.settled = asyncio.Event()
        self._role = role
        self._releases = releases
        self._trusted = trusted
        self._places = places
        self._try_again_s = try_again_s
        self._chosen: ModelChoice | None = None
        self._there = _AT_FIRST if role is Role.IN_SERVICE else None
        self._told = asyncio.Event()

    def choose(self, choice: ModelChoice | None) -> None:
        self._chosen = choice
        self._told.set()

    async def run(self) -> None:
        await self._told.wait()
        while True:
            self._told.clear()
            done = await self._follow()
            AS_CHOSEN.labels(self._role).set(done)
            self.settled.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if done else self._try_again_s):
                    await self._told.wait()

    async def _follow(self) -> bool:
        """Whether what is chosen is there now."""
        choice = self._chosen
        if choice is None or choice.trial(self._role) == self._there:
            return True
        outcome, is_done = await self._put(choice, choice.trial(self._role))
        SWAPS.labels(self._role, outcome).inc()
        return is_done

    async def _put(self, choice: ModelChoice, trial: Trial | None) -> tuple[str, bool]:
        """Put a choice into its place; the outcome, and whether it is there."""
        try:
            choice.check_trust(self._trusted)
            await self._change(trial)
        except ChoiceError as error:
            return self._refused("untrusted", trial, error)
        except UnfitReleaseError as error:
            return self._refused(error.reason, trial, error)
        except TransientError as error:
            return self._refused("away", trial, error)
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, the models that are there stay
            _log.exception("model_swap_bug")
            return self._refused("bug", trial, error)
        self._there = trial
        _log.info("model_swapped", role=self._role, release=_name(trial), promoted_by=choice.promoted_by)
        return "swapped" if trial else "ended", True

    async def _change(self, trial: Trial | None) -> None:
        if trial is None:
            self._places.end(self._role)
        elif self._there is not None and trial.release == self._there.release:
            self._places.share(self._role, trial.takes)
        else:
            self._places.put(self._role, await self._releases.load(trial.release), trial.release.name, trial.takes)

    def _refused(self, outcome: str, trial: Trial | None, error: Exception) -> tuple[str, bool]:
        _log.error(
            "model_swap_refused",
            role=self._role,
            release=_name(trial),
            in_place=_name(self._there),
            outcome=outcome,
            error=str(error),
        )
        return outcome, False


def _name(trial: Trial | None) -> str | None:
    return trial.release.name if trial else None
