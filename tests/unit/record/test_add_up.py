"""Rounds of the job: what fails keeps nothing else, and what is done seldom is done to its end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from services.record.domain.camera_health import CameraHealth
from services.record.domain.hours_due import ShopHours
from services.record.domain.retention import Kept
from services.record.handler.add_up import MOST_IDS, AddUp, Watch
from tests.fakes.rollup_store import FakeRollupStore

BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEPS = ["shops_to_look_at", "add_up_stale", "add_up_moved", "cameras", "drop_results", "drop_camera_hours", "drop_tallies", "drop_shadows",
         "forget_drawn_faces", "forget_counted"]  # fmt: skip


@dataclass
class Job:
    """A job with a clock that tests turn."""

    store: FakeRollupStore = field(default_factory=FakeRollupStore)
    now: datetime = BEGIN
    failures: int = 0
    took: list[float] = field(default_factory=list)
    judged: list[Sequence[CameraHealth]] = field(default_factory=list)

    def __post_init__(self) -> None:
        watch = Watch(self.took.append, lambda _: None, self._failed, self.judged.append)
        self.add_up = AddUp(self.store, Kept(365, 62, 1095, photos_days=30), lambda: self.now, watch)

    def _failed(self) -> None:
        self.failures += 1

    async def calls(self, later: timedelta = timedelta(0)) -> list[str]:
        """What the next round asks of the store."""
        self.now += later
        self.store.calls.clear()
        await self.add_up.round()
        return list(self.store.calls)


async def test_cameras_are_judged_every_minute_and_old_things_go_every_day() -> None:
    job = Job()
    assert await job.calls() == STEPS
    assert await job.calls(timedelta(seconds=5)) == STEPS[:3]
    assert await job.calls(timedelta(seconds=55)) == STEPS[:4]
    assert await job.calls(timedelta(days=1)) == STEPS
    assert len(job.judged) == 3


@pytest.mark.parametrize("broken", STEPS)
@pytest.mark.parametrize("how", ["broken", "away"])
async def test_a_step_that_fails_is_counted_and_tried_again_and_the_others_go_on(broken: str, how: str) -> None:
    job = Job()
    getattr(job.store, how).add(broken)
    calls = await job.calls()
    assert set(STEPS[:4]) <= set(calls)
    assert job.failures == 1
    getattr(job.store, how).clear()
    assert broken in await job.calls(timedelta(seconds=5))
    assert job.failures == 1


async def test_ids_are_forgotten_bit_by_bit_until_none_is_left() -> None:
    job = Job(FakeRollupStore(ids=2 * MOST_IDS + 1))
    for left in (MOST_IDS + 1, 1, 0):
        assert "forget_counted" in await job.calls()
        assert job.store.ids == left
    assert "forget_counted" not in await job.calls()


async def test_a_shop_whose_hours_mean_nothing_stops_no_other() -> None:
    shops = [
        ShopHours(1, 11, "UTC", "whenever", (), 1, BEGIN),
        ShopHours(2, 12, "Mars/Olympus", "", (), 1, BEGIN),
        ShopHours(3, 13, "UTC", "", (), 1, BEGIN),
    ]
    job = Job(FakeRollupStore(shops), now=BEGIN + timedelta(hours=1))
    await job.calls()
    assert [(due.shop_id, len(due.hours)) for due in job.store.dues] == [(3, 1)]
    assert job.failures == 0


async def test_it_ends_when_it_is_asked_to() -> None:
    job = Job()
    stopping = asyncio.Event()
    running = asyncio.create_task(job.add_up.run(stopping, 1000))
    async with asyncio.timeout(5):
        while not job.took:
            await asyncio.sleep(0)
        stopping.set()
        await running
    assert len(job.took) == 1
