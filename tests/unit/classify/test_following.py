"""What is chosen goes into service; whatever fails, what is in service stays, and it is tried again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from services.classify.domain import UnfitReleaseError
from services.classify.handler import FollowChoice
from services.common.errors import TransientError
from services.common.model_choice import (
    BUILT_IN,
    ModelChoice,
    ReleaseId,
    Role,
    Trial,
    new_private_key,
    private_key_of,
    public_keys_of,
    public_text,
)

KEY = private_key_of(new_private_key())
TRUSTED = public_keys_of({"alice": public_text(KEY)})


def choice(name: str) -> ModelChoice:
    return ModelChoice(ReleaseId(name, name.encode()), "alice", datetime(2026, 11, 1, tzinfo=UTC), "", BUILT_IN).signed(
        KEY
    )


@dataclass
class FakeReleases:
    """Models are the names of their releases."""

    failures: list[Exception] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self, release: ReleaseId) -> str:
        self.asked.append(release.name)
        await self.go.wait()
        if release.name in self.bad:
            raise UnfitReleaseError("self_test", "it says something else")
        if self.failures:
            raise self.failures.pop(0)
        return f"models of {release.name}"


class Site:
    def __init__(self, try_again_s: float, *failures: Exception) -> None:
        self.releases = FakeReleases(list(failures))
        self.releases.go.set()
        self.served: list[tuple[str, str]] = []
        self.tried: dict[Role, tuple[str, Callable[[str], bool]]] = {}
        self.follow = FollowChoice(self.releases, TRUSTED, self, try_again_s)

    def put(self, role: Role, model: str, release: str, takes: Callable[[str], bool]) -> None:
        if role is Role.IN_SERVICE:
            assert takes("any")
            self.served.append((model, release))
        else:
            self.tried[role] = model, takes

    def share(self, role: Role, takes: Callable[[str], bool]) -> None:
        self.tried[role] = self.tried[role][0], takes

    def end(self, role: Role) -> None:
        del self.tried[role]

    async def until_tried(self, **models: str) -> None:
        async with asyncio.timeout(10):
            while {str(role): model for role, (model, _) in self.tried.items()} != models:
                await asyncio.sleep(0.001)

    async def until(self, served: list[str]) -> None:
        async with asyncio.timeout(10):
            while [name for _, name in self.served] != served:
                await asyncio.sleep(0.001)


@asynccontextmanager
async def following(*failures: Exception, try_again_s: float = 3600) -> AsyncIterator[Site]:
    site = Site(try_again_s, *failures)
    task = asyncio.create_task(site.follow.run())
    try:
        yield site
        assert not task.done(), "nothing ends it"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def swaps(outcome: str, role: str = "in_service") -> float:
    labels = {"outcome": outcome, "role": role}
    return REGISTRY.get_sample_value("facetally_classify_model_swaps_total", labels) or 0


def as_chosen(role: str = "in_service") -> float | None:
    return REGISTRY.get_sample_value("facetally_classify_model_as_chosen", {"role": role})


async def test_what_is_chosen_goes_into_service_and_the_built_in_models_too() -> None:
    async with following() as site:
        for name in ("one", "two"):
            site.follow.choose(choice(name))
            await site.follow.until_settled()
            await site.until(["one", "two"][: ["one", "two"].index(name) + 1])
        site.follow.choose(replace(choice("x"), release=BUILT_IN).signed(KEY))
        await site.until(["one", "two", "built-in"])
    assert site.served[0] == ("models of one", "one")


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (UnfitReleaseError("self_test", "it says something else"), "self_test"),
        (UnfitReleaseError("damaged", "a byte"), "damaged"),
        (TransientError("the store is away"), "away"),
        (RuntimeError("out of memory"), "bug"),
    ],
)
async def test_what_fails_is_counted_and_tried_again_and_nothing_changes_until_then(
    failure: Exception, outcome: str
) -> None:
    before = swaps(outcome)
    async with following(failure, failure, try_again_s=0.01) as site:
        site.follow.choose(choice("one"))
        await site.follow.until_settled()
        assert site.served == []
        assert as_chosen() == 0
        await site.until(["one"])
        assert as_chosen() == 1
    assert site.releases.asked == ["one"] * 3
    assert swaps(outcome) - before == 2


async def test_who_is_not_trusted_is_not_even_fetched() -> None:
    before = swaps("untrusted")
    async with following() as site:
        site.follow.choose(replace(choice("one"), reason="changed"))
        await site.follow.until_settled()
        assert (site.served, site.releases.asked) == ([], [])
    assert swaps("untrusted") - before == 1


async def test_what_is_chosen_meanwhile_is_what_is_in_service_at_last() -> None:
    async with following() as site:
        site.releases.go.clear()
        site.follow.choose(choice("one"))
        async with asyncio.timeout(10):
            while not site.releases.asked:
                await asyncio.sleep(0.001)
        site.follow.choose(choice("two"))
        site.follow.choose(choice("three"))
        site.releases.go.set()
        await site.until(["one", "three"])


async def test_a_choice_that_is_gone_changes_nothing_and_the_same_one_again_loads_nothing() -> None:
    async with following() as site:
        site.follow.choose(None)
        await site.follow.until_settled()
        site.follow.choose(choice("one"))
        await site.until(["one"])
        site.follow.choose(None)
        await asyncio.sleep(0)
        site.follow.choose(choice("one"))
        await asyncio.sleep(0.01)
        site.follow.choose(choice("two"))
        await site.until(["one", "two"])
    assert site.releases.asked == ["one", "two"]


def trying(name: str, **trials: Trial | None) -> ModelChoice:
    return replace(choice(name), **trials).signed(KEY)  # type: ignore[arg-type]


def trial(name: str, share: float = 0.5) -> Trial:
    return Trial(ReleaseId(name, name.encode()), share)


async def test_what_is_tried_out_is_followed_with_its_share_and_ends() -> None:
    async with following() as site:
        site.follow.choose(trying("one", canary=trial("two", 0.1), shadow=trial("three", 1)))
        await site.until(["one"])
        await site.until_tried(canary="models of two", shadow="models of three")
        cameras = [f"camera-{number}" for number in range(200)]
        tenth = [camera for camera in cameras if site.tried[Role.CANARY][1](camera)]
        assert 0 < len(tenth) < 60
        loaded = list(site.releases.asked)
        site.follow.choose(trying("one", canary=trial("two", 1), shadow=trial("three", 1)))
        async with asyncio.timeout(10):
            while not all(map(site.tried[Role.CANARY][1], cameras)):
                await asyncio.sleep(0.001)
        assert site.releases.asked == loaded, "another share takes no other models"
        before = swaps("ended", "canary")
        site.follow.choose(trying("one", shadow=trial("three", 1)))
        await site.until_tried(shadow="models of three")
        site.follow.choose(replace(choice("one"), reason="changed"))  # nobody has signed that it ends
        await asyncio.sleep(0.01)
        assert set(site.tried) == {Role.SHADOW}
    assert swaps("ended", "canary") - before == 1
    assert [name for _, name in site.served] == ["one"]


async def test_a_bad_canary_or_shadow_keeps_nothing_else_from_its_place() -> None:
    async with following(try_again_s=0.01) as site:
        site.releases.bad |= {"bad", "worse"}
        before = swaps("self_test", "canary")
        site.follow.choose(trying("one", canary=trial("bad"), shadow=trial("worse")))
        await site.follow.until_settled()
        await site.until(["one"])
        async with asyncio.timeout(10):
            while swaps("self_test", "canary") - before < 2:
                await asyncio.sleep(0.001)
        assert (site.tried, as_chosen(), as_chosen("canary"), as_chosen("shadow")) == ({}, 1, 0, 0)
        site.follow.choose(trying("two", canary=trial("good"), shadow=trial("worse")))
        await site.until(["one", "two"])
        await site.until_tried(canary="models of good")
        assert as_chosen("canary") == 1
