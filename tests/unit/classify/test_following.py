"""What is chosen goes into service; whatever fails, what is in service stays, and it is tried again."""

import asyncio
from collections.abc import AsyncIterator
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
    asked: list[str] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self, release: ReleaseId) -> str:
        self.asked.append(release.name)
        await self.go.wait()
        if self.failures:
            raise self.failures.pop(0)
        return f"models of {release.name}"


class Site:
    def __init__(self, try_again_s: float, *failures: Exception) -> None:
        self.releases = FakeReleases(list(failures))
        self.releases.go.set()
        self.served: list[tuple[str, str]] = []
        self.follow = FollowChoice(
            self.releases, TRUSTED, lambda models, name: self.served.append((models, name)), try_again_s
        )

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


def swaps(outcome: str) -> float:
    return REGISTRY.get_sample_value("facetally_classify_model_swaps_total", {"outcome": outcome}) or 0


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
        assert REGISTRY.get_sample_value("facetally_classify_model_as_chosen") == 0
        await site.until(["one"])
        assert REGISTRY.get_sample_value("facetally_classify_model_as_chosen") == 1
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
