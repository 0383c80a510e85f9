"""Put a release into service, the one before again, or try one out: every choice is signed, and nobody overwrites another's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.common.model_choice import BUILT_IN, ChoiceError, ModelChoice, ReleaseId, Role, Trial
from services.rollout.domain import Judgement, Release, RolloutError, objections


class Shelf(Protocol):
    """Where releases are kept. Every method raises TransientError where the store is away."""

    async def read(self, name: str) -> Release:
        """A release.

        Raises:
            RolloutError: there is none of this name.
        """
        ...

    async def check(self, release: Release) -> None:
        """See that all of its files are there, as they were released.

        Raises:
            RolloutError: one is not.
        """
        ...


class Board(Protocol):
    """Where it is said what is in service. Every method raises TransientError where NATS is away."""

    async def chosen(self) -> tuple[ModelChoice | None, int]:
        """What is chosen now, and the revision to replace; None where nobody has chosen."""
        ...

    async def history(self) -> Sequence[ModelChoice]:
        """What was chosen, the newest first."""
        ...

    async def choose(self, choice: ModelChoice, revision: int) -> None:
        """Say it.

        Raises:
            RolloutError: somebody else has chosen meanwhile.
        """
        ...


class Judge(Protocol):
    """Who compares a release with the one in service."""

    async def judge(self, candidate: Release, in_service: ReleaseId) -> Judgement:
        """Compare them on labelled faces, and keep what came out beside the candidate.

        Raises:
            RolloutError: they cannot be compared.
            TransientError: the store is away.
        """
        ...


@dataclass(frozen=True, slots=True)
class Promoter:
    """Who decides, and the key that proves it."""

    name: str
    key: Ed25519PrivateKey


class _Standing(NamedTuple):
    """What classify follows: whatever nobody who may has signed is passed over, by it and here.

    Args:
        choice: None where there is none.
        revision: to replace.
        is_newest: nothing was passed over.
    """

    choice: ModelChoice | None
    revision: int
    is_newest: bool

    @property
    def release(self) -> ReleaseId:
        """What is in service."""
        return self.choice.release if self.choice else BUILT_IN


class Rollout:
    """Changes what is in service.

    Args:
        shelf: of releases.
        board: where it is said.
        trusted: public keys, by who signs with them.
        judge: compares a candidate with what is in service; None: no labelled faces are at hand.
    """

    def __init__(
        self, shelf: Shelf, board: Board, trusted: Mapping[str, Ed25519PublicKey], judge: Judge | None = None
    ) -> None:
        self._shelf = shelf
        self._board = board
        self._trusted = trusted
        self._judge = judge

    async def promote(self, name: str, promoter: Promoter, forced: str | None, now: datetime) -> ModelChoice:
        """Put a release into service.

        Args:
            name: of the release; `built-in`: the models that come with the code.
            promoter: who decides.
            forced: why it goes into service whatever speaks against it; None: it does not.
            now: UTC.

        Raises:
            RolloutError: it cannot be, or something speaks against it.
            TransientError: the store or NATS is away.
        """
        reason = "" if forced is None else _in_words(forced)
        at = await self._standing()
        release = await self._candidate(name, at.release, forced=bool(reason))
        return await self._choose(release, at, promoter, reason, now)

    async def roll_back(self, promoter: Promoter, reason: str, now: datetime) -> ModelChoice:
        """Put into service what was in service before.

        Args:
            promoter: who decides.
            reason: why, in words.
            now: UTC.

        Raises:
            RolloutError: nothing was, or it is not there any more.
            TransientError: the store or NATS is away.
        """
        reason = _in_words(reason)
        at = await self._standing()
        chosen = at.choice
        if chosen is None:
            raise RolloutError("nothing was ever promoted")
        if chosen.before != BUILT_IN:
            release = await self._shelf.read(chosen.before.name)
            if release.id != chosen.before:
                raise RolloutError(f"the release {release.name} is not what it was when it was in service")
            await self._shelf.check(release)
        return await self._choose(chosen.before, at, promoter, reason, now)

    async def try_out(self, role: Role, name: str, share: float, promoter: Promoter, now: datetime) -> ModelChoice:
        """Try a release out beside what is in service, instead of another one that was tried in this way.

        Args:
            role: canary or shadow.
            name: of the release; `built-in`: the models that come with the code.
            share: of the cameras, where it is the canary; of the photos, where it is in shadow. Above 0, and 1 at most.
            promoter: who decides.
            now: UTC.

        Raises:
            RolloutError: it cannot be.
            TransientError: the store or NATS is away.
        """
        if not 0 < share <= 1:
            raise RolloutError("a share is above 0, and 1 at most")
        at = await self._standing()
        release = BUILT_IN if name == BUILT_IN.name else await self._checked(name)
        if release == at.release:
            raise RolloutError(f"{name} is in service already")
        return await self._change(role, Trial(release, share), at, promoter, now)

    async def stop(self, role: Role, promoter: Promoter, now: datetime) -> ModelChoice:
        """End what is tried out.

        Args:
            role: canary or shadow.
            promoter: who decides.
            now: UTC.

        Raises:
            RolloutError: nothing is tried out in this way.
            TransientError: NATS is away.
        """
        at = await self._standing()
        if at.choice is None or at.choice.trial(role) is None:
            raise RolloutError(f"there is no {role}")
        return await self._change(role, None, at, promoter, now)

    async def _standing(self) -> _Standing:
        chosen, revision = await self._board.chosen()
        if chosen is None or self._trusts(chosen):
            return _Standing(chosen, revision, is_newest=True)
        followed = next(filter(self._trusts, await self._board.history()), None)
        return _Standing(followed, revision, is_newest=False)

    def _trusts(self, choice: ModelChoice) -> bool:
        try:
            choice.check_trust(self._trusted)
        except ChoiceError:
            return False
        return True

    async def _candidate(self, name: str, in_service: ReleaseId, *, forced: bool) -> ReleaseId:
        if name == BUILT_IN.name:
            return BUILT_IN
        release = await self._shelf.read(name)
        await self._shelf.check(release)
        try:
            against = objections(await self._judge.judge(release, in_service) if self._judge else None)
        except RolloutError as error:  # what is in service may be what cannot be loaded
            against = (str(error),)
        if against and not forced:
            raise RolloutError(f"{'; '.join(against)}. `--force REASON` promotes it all the same")
        return release.id

    async def _checked(self, name: str) -> ReleaseId:
        release = await self._shelf.read(name)
        await self._shelf.check(release)
        return release.id

    async def _choose(
        self, release: ReleaseId, at: _Standing, promoter: Promoter, reason: str, now: datetime
    ) -> ModelChoice:
        before = at.release
        if release == before:
            if at.is_newest:
                raise RolloutError(f"{release.name} is in service already")
            before = at.choice.before if at.choice else BUILT_IN  # it is said again, over what nobody follows
        choice = ModelChoice(release, promoter.name, now, reason, before)
        if at.choice is not None:  # what is tried out goes on, but for what is in service now
            canary, shadow = (
                trial if trial and trial.release != release else None for trial in (at.choice.canary, at.choice.shadow)
            )
            choice = replace(choice, canary=canary, shadow=shadow)
        return await self._say(choice, promoter, at.revision)

    async def _change(
        self, role: Role, trial: Trial | None, at: _Standing, promoter: Promoter, now: datetime
    ) -> ModelChoice:
        """What is in service, why, and what was before, stay."""
        chosen = at.choice or ModelChoice(BUILT_IN, "", now, "", BUILT_IN)
        changed = replace(chosen, promoted_by=promoter.name, promoted_at=now)
        changed = replace(changed, canary=trial) if role is Role.CANARY else replace(changed, shadow=trial)
        return await self._say(changed, promoter, at.revision)

    async def _say(self, choice: ModelChoice, promoter: Promoter, revision: int) -> ModelChoice:
        choice = choice.signed(promoter.key)
        try:
            choice.check_trust(self._trusted)
        except ChoiceError as error:
            raise RolloutError(f"classify would not follow: {error}") from error
        await self._board.choose(choice, revision)
        return choice


def _in_words(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise RolloutError("say why, in words")
    return reason
