"""What every tally store does, the fake and the real one."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import asyncpg
import pytest

from services.common.errors import PermanentError
from services.common.vocabulary import AgeBand, Gender, Mood, Quality, QualityReason
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.results import FaceRow, PhotoRow, Recorded, RejectionRow, Row
from tests.estates import LINES, register
from tests.fakes.tally_store import FakeTallyStore
from tests.servers.postgres import Database

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLDEST = AT - timedelta(days=365)
FACE = FaceRow(
    0, 0, 220, 220, 1.0, 80.0, 30.0, 25.0, 37.0, 0.9, (0.1,) * 7, Gender.FEMALE, AgeBand.AGE_25_34, Mood.NEUTRAL,
    Quality.GOOD, QualityReason.NONE, counted=True,
)  # fmt: skip
TURNED = replace(
    FACE, quality=Quality.REJECTED, quality_reason=QualityReason.TURNED_AWAY, counted=False, age_low_years=None
)


class Store(Protocol):
    async def record(self, rows: Sequence[Row], oldest: datetime) -> Recorded: ...
    async def visitors(self) -> int: ...
    async def uploads(self) -> dict[str, int]: ...


@dataclass
class RealStore:
    """The real one, and questions to its database."""

    tallies: PostgresTallies
    dsn: str

    async def record(self, rows: Sequence[Row], oldest: datetime) -> Recorded:
        return await self.tallies.record(rows, oldest)

    async def _rows(self, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    async def visitors(self) -> int:
        ((total,),) = await self._rows("select coalesce(sum(visitors), 0) from tally_hour")
        return int(total)

    async def uploads(self) -> dict[str, int]:
        rows = await self._rows("select outcome, sum(uploads) from tally_upload group by outcome")
        return {row[0]: row[1] for row in rows}


@pytest.fixture(params=["fake", "postgres"])
async def store(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Store]:
    if request.param == "fake":
        yield FakeTallyStore({line.camera for line in LINES})
        return
    await register(database)
    async with PostgresTallies.connect(database.dsn("record")) as tallies:
        yield RealStore(tallies, database.dsn("owner"))


def photo(number: int, faces: int = 1, camera: str = "berlin-mitte-cam") -> PhotoRow:
    outcome = "faces" if faces else "no_face"
    shop = camera.removesuffix("-cam")
    return PhotoRow(
        UUID(int=number),
        shop,
        camera,
        AT,
        AT,
        "path",
        AT + timedelta(seconds=300),
        outcome,
        1920,
        1080,
        1_000_000,
        0,
        "key",
        "d",
        "c",
        (FACE,) * faces,
    )


async def test_a_face_that_does_not_count_is_kept_and_tallied_nowhere(store: Store) -> None:
    recorded = await store.record([replace(photo(1), faces=(FACE, TURNED)), replace(photo(2), faces=(TURNED,))], OLDEST)
    assert recorded == Recorded(photos=2, rejections=0, faces=3, duplicates=0, received_at=(AT, AT))
    assert await store.visitors() == 1
    assert await store.uploads() == {"faces": 2}


def rejection(number: int) -> RejectionRow:
    return RejectionRow(UUID(int=number), "berlin-mitte", "berlin-mitte-cam", AT, "truncated")


async def test_what_is_new_is_kept_and_tallied(store: Store) -> None:
    recorded = await store.record([photo(1, 3), photo(2, 0), rejection(3)], OLDEST)
    assert recorded == Recorded(photos=2, rejections=1, faces=3, duplicates=0, received_at=(AT, AT))
    assert await store.visitors() == 3
    assert await store.uploads() == {"faces": 1, "no_face": 1, "truncated": 1}


async def test_what_was_counted_is_never_counted_again(store: Store) -> None:
    await store.record([photo(1, 3), rejection(3)], OLDEST)
    recorded = await store.record([photo(1, 3), photo(2, 1), rejection(3)], OLDEST)
    assert recorded == Recorded(photos=1, rejections=0, faces=1, duplicates=2, received_at=(AT,))
    assert await store.visitors() == 4
    assert await store.uploads() == {"faces": 2, "truncated": 1}


async def test_a_batch_with_an_unknown_camera_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(PermanentError, match="registered"):
        await store.record([photo(1), photo(2, camera="berlin-mitte-cam-9")], OLDEST)
    assert await store.visitors() == 0
    assert (await store.record([photo(1)], OLDEST)).photos == 1


async def test_what_is_older_than_what_is_kept_is_recorded_nowhere_however_often_it_comes(store: Store) -> None:
    old: list[Row] = [
        replace(photo(1, 3), happened_at=OLDEST - timedelta(seconds=1)),
        replace(rejection(2), happened_at=OLDEST),
    ]
    recorded = await store.record(old, OLDEST)
    assert recorded == Recorded(photos=0, rejections=1, faces=0, duplicates=0, too_old=1)
    assert (await store.record(old, OLDEST)).too_old == 1
    assert await store.visitors() == 0
    assert await store.uploads() == {"truncated": 1}
