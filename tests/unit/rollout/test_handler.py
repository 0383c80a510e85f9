"""Promotions: signed, gated, never over somebody else's, and always with a way back."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from services.common.model_choice import (
    BUILT_IN,
    UNREADABLE,
    ModelChoice,
    ReleaseId,
    Role,
    Trial,
    new_private_key,
    private_key_of,
    public_keys_of,
    public_text,
)
from services.rollout.domain import Compared, Figure, Judgement, Release, RolloutError, compared
from services.rollout.handler import Promoter, Rollout

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ALICE, BOB = (Promoter(name, private_key_of(new_private_key())) for name in ("alice", "bob"))
TRUSTED = public_keys_of({"alice": public_text(ALICE.key)})


def release(name: str, **figures: float) -> Release:
    measured = tuple(Figure("faces", measure, value) for measure, value in figures.items())
    return Release(name, name.encode().ljust(32), "pair", NOW, "a test", ("a", "b"), measured, 7)


@dataclass
class FakeShelf:
    releases: dict[str, Release]
    damaged: set[str] = field(default_factory=set)

    async def read(self, name: str) -> Release:
        if name not in self.releases:
            raise RolloutError(f"there is no release {name}")
        return self.releases[name]

    async def check(self, release: Release) -> None:
        if release.name in self.damaged:
            raise RolloutError(f"the release {release.name} is damaged")


@dataclass
class FakeBoard:
    said: list[ModelChoice] = field(default_factory=list)

    async def chosen(self) -> tuple[ModelChoice | None, int]:
        return (self.said[-1] if self.said else None), len(self.said)

    async def history(self) -> list[ModelChoice]:
        return self.said[::-1]

    async def choose(self, choice: ModelChoice, revision: int) -> None:
        if revision != len(self.said):
            raise RolloutError("somebody else has chosen meanwhile")
        self.said.append(choice)


@dataclass
class FakeJudge:
    """Finds the releases named worse worse."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    fails: bool = False

    async def judge(self, candidate: Release, in_service: ReleaseId) -> Judgement:
        if self.fails:
            raise RolloutError("what is in service cannot be loaded")
        self.asked.append((candidate.name, in_service.name))
        against = ("emotion_errors of everybody is worse",) if candidate.name == "worse" else ()
        return Judgement("autumn 0123", 40, against, b"{}")


class Desk:
    def __init__(self) -> None:
        self.shelf = FakeShelf({name: release(name, mae=5) for name in ("one", "two", "worse")})
        self.board = FakeBoard()
        self.judge = FakeJudge()
        self.rollout = Rollout(self.shelf, self.board, TRUSTED, self.judge)

    async def promote(self, name: str, by: Promoter = ALICE, forced: str | None = None) -> ModelChoice:
        return await self.rollout.promote(name, by, forced, NOW)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_choice_says_what_by_whom_and_what_was_before_and_is_signed(desk: Desk) -> None:
    await desk.promote("one")
    second = await desk.promote("two")
    assert second == replace(
        ModelChoice(release("two").id, "alice", NOW, "", release("one").id), signature=second.signature
    )
    second.check_trust(TRUSTED)
    assert desk.board.said[0].before == BUILT_IN


async def test_a_rollback_goes_back_to_what_was_before_and_to_the_built_in_models_at_last(desk: Desk) -> None:
    await desk.promote("one")
    await desk.promote("two")
    back = await desk.rollout.roll_back(ALICE, "too old", NOW)
    assert (back.release.name, back.before.name, back.reason) == ("one", "two", "too old")
    again = await desk.promote("built-in")
    assert (again.release, again.before) == (BUILT_IN, release("one").id)
    assert (await desk.rollout.roll_back(ALICE, "too old", NOW)).release.name == "one"


@pytest.mark.parametrize(
    ("name", "by", "says"),
    [
        ("three", ALICE, "no release three"),
        ("worse", ALICE, "emotion_errors of everybody is worse.*--force"),
        ("one", BOB, "bob is not among"),
        ("one", Promoter("alice", BOB.key), "the signature is not that of alice"),
        ("built-in", ALICE, "built-in is in service already"),
    ],
)
async def test_what_cannot_be_promoted_is_said_and_changes_nothing(
    desk: Desk, name: str, by: Promoter, says: str
) -> None:
    with pytest.raises(RolloutError, match=says):
        await desk.promote(name, by)
    assert desk.board.said == []


async def test_what_speaks_against_it_is_overruled_with_a_reason_that_is_kept(desk: Desk) -> None:
    assert (await desk.promote("worse", forced="a trial")).reason == "a trial"
    await desk.promote("one")
    with pytest.raises(RolloutError, match="is worse"):
        await desk.promote("worse")
    assert desk.judge.asked == [("worse", "built-in"), ("one", "worse"), ("worse", "one")]


async def test_nothing_is_promoted_that_nobody_could_compare(desk: Desk) -> None:
    blind = Rollout(desk.shelf, desk.board, TRUSTED)
    with pytest.raises(RolloutError, match=r"no labelled faces.*--held-out"):
        await blind.promote("one", ALICE, None, NOW)
    assert (await blind.promote("one", ALICE, "there are none yet", NOW)).release.name == "one"


async def test_a_release_that_is_damaged_in_the_store_is_not_promoted(desk: Desk) -> None:
    await desk.promote("one")
    await desk.promote("two")
    desk.shelf.damaged.add("one")
    with pytest.raises(RolloutError, match="damaged"):
        await desk.promote("one")
    with pytest.raises(RolloutError, match="damaged"):
        await desk.rollout.roll_back(ALICE, "too old", NOW)
    desk.shelf.damaged.clear()
    desk.shelf.releases["one"] = replace(release("one"), sha256=b"another")
    with pytest.raises(RolloutError, match="not what it was"):
        await desk.rollout.roll_back(ALICE, "too old", NOW)


async def test_nobody_is_led_back_to_what_somebody_else_has_written(desk: Desk) -> None:
    """Whoever can write into the bucket, and no more, must not get a signature for what they wrote."""
    evil = ReleaseId("two", release("two").sha256)
    desk.board.said.append(ModelChoice(release("one").id, "alice", NOW, "", evil))
    with pytest.raises(RolloutError, match="nothing was ever promoted"):
        await desk.rollout.roll_back(ALICE, "too old", NOW)
    assert (await desk.promote("one")).before == BUILT_IN


@pytest.mark.parametrize("written", [UNREADABLE, ModelChoice(release("two").id, "mallory", NOW, "", BUILT_IN)])
async def test_what_nobody_follows_is_passed_over(desk: Desk, written: ModelChoice) -> None:
    await desk.promote("two")
    await desk.promote("one")
    await desk.rollout.try_out(Role.CANARY, "two", 0.1, ALICE, NOW)
    desk.board.said.append(written)
    again = await desk.promote("one")
    assert (again.release.name, again.before, again.canary) == ("one", release("two").id, Trial(release("two").id, 0.1))
    desk.board.said.append(written)
    assert (await desk.rollout.roll_back(ALICE, "too old", NOW)).release.name == "two"


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
async def test_a_reason_has_words(desk: Desk, reason: str) -> None:
    await desk.promote("one")
    with pytest.raises(RolloutError, match="say why"):
        await desk.rollout.promote("two", ALICE, reason, NOW)
    with pytest.raises(RolloutError, match="say why"):
        await desk.rollout.roll_back(ALICE, reason, NOW)
    assert len(desk.board.said) == 1


async def test_who_says_why_need_not_be_able_to_compare(desk: Desk) -> None:
    desk.judge.fails = True
    with pytest.raises(RolloutError, match="cannot be loaded"):
        await desk.promote("one")
    chosen = await desk.rollout.promote("one", ALICE, " we  know ", NOW)
    assert (chosen.release.name, chosen.reason) == ("one", "we know")
    tried = await desk.rollout.try_out(Role.SHADOW, "two", 0.1, ALICE, NOW)
    assert tried.reason == "we know", "why it is in service is still to be seen"


async def test_where_nothing_was_promoted_there_is_no_way_back(desk: Desk) -> None:
    with pytest.raises(RolloutError, match="nothing was ever promoted"):
        await desk.rollout.roll_back(ALICE, "too old", NOW)


async def test_what_is_tried_out_is_signed_and_neither_what_serves_nor_the_way_back_changes(desk: Desk) -> None:
    await desk.promote("one")
    await desk.rollout.try_out(Role.SHADOW, "built-in", 0.05, ALICE, NOW)
    both = await desk.rollout.try_out(Role.CANARY, "two", 0.1, ALICE, NOW)
    both.check_trust(TRUSTED)
    assert (both.release.name, both.before) == ("one", BUILT_IN)
    assert (both.canary, both.shadow) == (Trial(release("two").id, 0.1), Trial(BUILT_IN, 0.05))
    assert (await desk.rollout.try_out(Role.CANARY, "two", 0.2, ALICE, NOW)).canary == Trial(release("two").id, 0.2)
    stopped = await desk.rollout.stop(Role.SHADOW, ALICE, NOW)
    assert (stopped.shadow, stopped.canary) == (None, Trial(release("two").id, 0.2))
    with pytest.raises(RolloutError, match="there is no shadow"):
        await desk.rollout.stop(Role.SHADOW, ALICE, NOW)
    assert (await desk.rollout.roll_back(ALICE, "too old", NOW)).release == BUILT_IN


async def test_a_canary_ends_when_it_goes_into_service_and_what_else_is_tried_out_goes_on(desk: Desk) -> None:
    await desk.rollout.try_out(Role.CANARY, "two", 0.1, ALICE, NOW)
    await desk.rollout.try_out(Role.SHADOW, "one", 0.5, ALICE, NOW)
    other = await desk.promote("one")
    assert (other.canary, other.shadow) == (Trial(release("two").id, 0.1), None)
    await desk.rollout.try_out(Role.SHADOW, "built-in", 0.5, ALICE, NOW)
    done = await desk.promote("two")
    assert (done.canary, done.shadow) == (None, Trial(BUILT_IN, 0.5))
    await desk.rollout.try_out(Role.CANARY, "one", 0.3, ALICE, NOW)
    assert (await desk.rollout.roll_back(ALICE, "too old", NOW)).canary is None


@pytest.mark.parametrize(
    ("name", "share", "by", "says"),
    [
        ("one", 0.1, ALICE, "one is in service already"),
        ("three", 0.1, ALICE, "no release three"),
        ("damaged", 0.1, ALICE, "damaged is damaged"),
        ("two", 0.0, ALICE, "above 0"),
        ("two", 1.01, ALICE, "1 at most"),
        ("two", 0.1, BOB, "bob is not among"),
    ],
)
async def test_what_cannot_be_tried_out_is_said_and_changes_nothing(
    desk: Desk, name: str, share: float, by: Promoter, says: str
) -> None:
    await desk.promote("one")
    desk.shelf.releases["damaged"] = release("damaged")
    desk.shelf.damaged.add("damaged")
    with pytest.raises(RolloutError, match=says):
        await desk.rollout.try_out(Role.CANARY, name, share, by, NOW)
    assert len(desk.board.said) == 1


async def test_nobody_signs_again_what_somebody_else_has_written(desk: Desk) -> None:
    evil = Trial(ReleaseId("two", release("two").sha256), 1.0)
    desk.board.said.append(ModelChoice(release("one").id, "alice", NOW, "", BUILT_IN, canary=evil))
    for change in (
        desk.rollout.try_out(Role.SHADOW, "two", 0.1, ALICE, NOW),
        desk.rollout.stop(Role.CANARY, ALICE, NOW),
    ):
        with suppress(RolloutError):
            await change
    assert all(said.canary is None for said in desk.board.said[1:])
    assert (await desk.promote("two")).canary is None


def test_figures_are_compared_side_by_side() -> None:
    assert compared(release("one", mae=5, gender=0.9), release("two", mae=4, emotion=0.6)) == [
        Compared("faces", "mae", 5, 4),
        Compared("faces", "gender", 0.9, None),
        Compared("faces", "emotion", None, 0.6),
    ]
