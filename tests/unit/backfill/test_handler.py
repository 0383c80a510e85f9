"""It gives way, it is patient, and it skips what is not there."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.backfill import handler
from services.backfill.domain import Box, Estimate, Estimates, Job, Period, Place, StoredPhoto
from services.backfill.handler import Backfill, Pace, Watch
from services.common.errors import PermanentError, TransientError

AT = datetime(2026, 3, 1, tzinfo=UTC)
PERIOD = Period(date(2026, 3, 1), date(2026, 3, 2))
BOX = Box(0, 0, 220, 220, 1.0)
ESTIMATE = Estimate(30.0, 25.0, 35.0, 0.9, (1.0, 0, 0, 0, 0, 0, 0))


def photo(number: int, *boxes: Box) -> StoredPhoto:
    return StoredPhoto(Place(1, AT, UUID(int=number)), f"{number}.jpg", boxes)


@dataclass
class World:
    """Everything that backfill talks to; `log` has what happened, in order."""

    photos: list[StoredPhoto]
    waiting_next: list[int] = field(default_factory=list)
    failing: int = 0
    saved: dict[UUID, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    version: str = "new"
    current: Job = field(
        default_factory=lambda: Job(1, "r", "new", PERIOD, Place(0, AT, UUID(int=0)), 0, 0, is_done=False, started_at=AT, updated_at=AT)
    )  # fmt: skip

    async def job(self, release: str, version: str, period: Period) -> Job:
        return self.current

    async def remaining(self, job: Job) -> int:
        return len(self.photos)

    async def next_photos(self, job: Job, most: int) -> Sequence[StoredPhoto]:
        if self.failing:
            self.failing -= 1
            raise TransientError("Postgres is away")
        ahead = [photo for photo in self.photos if photo.place > job.place]
        self.log.append("asked")
        return ahead[:most]

    async def save(self, job: Job, photos: Sequence[StoredPhoto], estimates: Estimates) -> None:
        self.saved |= {photo_id: len(faces) for photo_id, faces in estimates.items()}
        self.current = replace(
            job,
            place=photos[-1].place,
            done=job.done + len(estimates),
            skipped=job.skipped + len(photos) - len(estimates),
        )

    async def finish(self, job: Job) -> None:
        self.log.append("finished")

    async def get(self, key: str) -> bytes:
        if key == "2.jpg":
            raise PermanentError("the photo is not in the store")
        return key.encode()

    async def estimate(self, photos: Sequence[tuple[StoredPhoto, bytes]]) -> Estimates:
        return {
            photo.place.photo_id: tuple(ESTIMATE for _ in photo.boxes) for photo, data in photos if data != b"3.jpg"
        }

    async def waiting(self) -> int:
        waiting = self.waiting_next.pop(0) if self.waiting_next else 0
        self.log.append(f"{waiting} wait")
        return waiting

    def backfill(self, patience_s: float = 60.0) -> Backfill:
        """One batch of two photos at a time."""
        watch = Watch(lambda *_: None, lambda _: None, lambda _: None, self.log.append)
        return Backfill(self, self, self, self, Pace(2, 20, 0.001, patience_s), watch)


async def test_photos_without_faces_are_not_fetched_and_those_that_cannot_be_had_are_skipped() -> None:
    world = World([photo(1, BOX, BOX), photo(2, BOX), photo(3, BOX), photo(4)])
    job = await world.backfill().run("r", PERIOD)
    assert (job.done, job.skipped) == (2, 2)
    assert world.saved == {UUID(int=1): 2, UUID(int=4): 0}
    assert world.log[-1] == "finished"


async def test_no_batch_begins_while_photos_wait_that_came_in() -> None:
    world = World([photo(1, BOX)], waiting_next=[500, 21, 20, 400, 0])
    await world.backfill().run("r", PERIOD)
    assert world.log == ["500 wait", "21 wait", "20 wait", "asked", "400 wait", "0 wait", "asked", "finished"]


async def test_a_server_that_is_away_for_a_while_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_TRY_AGAIN_S", 0.001)
    world = World([photo(1, BOX)], failing=2)
    job = await world.backfill().run("r", PERIOD)
    assert world.log.count("Postgres is away") == 2
    assert job.done == 1

    world = World([photo(1, BOX)], failing=1_000_000)
    with pytest.raises(TransientError):
        await world.backfill(patience_s=0.05).run("r", PERIOD)
    assert world.log.count("Postgres is away") > 1
