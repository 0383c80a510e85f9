"""A bucket is told whole, also where the library says too early that this was all."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest
from nats.js.kv import KeyValue

from services.common import kv_watch
from services.common.kv_watch import KvWatch, read_bucket
from services.common.messaging import MessageBus

ENTRY = SimpleNamespace(key="one", value=b"1", revision=7, operation=None)


@dataclass
class FakeBucket:
    """A bucket, and what its watch tells in this order; then nothing comes any more."""

    last_seq: int
    told: list[SimpleNamespace | None]
    jetstream: "FakeBucket" = field(init=False)
    connections: int = 1

    def __post_init__(self) -> None:
        self.jetstream = self

    async def key_value(self, name: str) -> "FakeBucket":
        return self

    async def status(self) -> SimpleNamespace:
        state = SimpleNamespace(messages=bool(self.last_seq), last_seq=self.last_seq)
        return SimpleNamespace(stream_info=SimpleNamespace(state=state, created=None))

    async def watchall(self) -> "FakeBucket":
        return self

    async def updates(self, timeout: float) -> SimpleNamespace | None:  # noqa: ASYNC109
        if self.told:
            return self.told.pop(0)
        await asyncio.sleep(timeout)
        raise TimeoutError

    async def stop(self) -> None:
        """Nothing to stop."""


CASES = pytest.mark.parametrize(
    ("last_seq", "told", "read"),
    [
        (7, [ENTRY, None], {"one": b"1"}),
        (7, [None, ENTRY], {"one": b"1"}),
        (0, [None], {}),
        (7, [None], {}),
    ],
    ids=["in order", "too early", "empty", "taken away meanwhile"],
)


@CASES
async def test_everything_that_is_there_is_read_before_it_is_told(
    monkeypatch: pytest.MonkeyPatch, last_seq: int, told: list[SimpleNamespace | None], read: dict[str, bytes]
) -> None:
    monkeypatch.setattr(kv_watch, "_LOOK_AGAIN_S", 0.05)
    bucket = FakeBucket(last_seq, list(told))
    seen: list[dict[str, bytes]] = []
    changes: list[object] = []
    watch = KvWatch(
        cast("MessageBus", bucket),
        "BUCKET",
        lambda _, value: value,
        lambda entries: seen.append(dict(entries)),
        lambda *change: changes.append(change),
    )
    async with watch.following(), asyncio.timeout(10):
        await watch.until_read()
    assert (seen, changes) == ([read], [])


@CASES
async def test_a_bucket_that_is_read_once_is_read_whole(
    monkeypatch: pytest.MonkeyPatch, last_seq: int, told: list[SimpleNamespace | None], read: dict[str, bytes]
) -> None:
    monkeypatch.setattr(kv_watch, "_LOOK_AGAIN_S", 0.05)
    assert await read_bucket(cast("KeyValue", FakeBucket(last_seq, list(told)))) == read


async def test_a_bucket_that_says_nothing_is_not_taken_for_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kv_watch, "_LOOK_AGAIN_S", 0.05)
    with pytest.raises(TimeoutError):
        await read_bucket(cast("KeyValue", FakeBucket(7, [])))
