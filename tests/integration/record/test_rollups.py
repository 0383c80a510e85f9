"""Tallies of every place, by hour, day and month, equal a count of the faces; whoever writes, moves or repeats."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.common.errors import TransientError
from services.common.tally_sql import MARK_STALE
from services.record.adapters.postgres_rollups import PostgresRollups
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.camera_health import CameraHealth
from services.record.domain.retention import Kept
from services.record.handler.add_up import AddUp, Watch
from tests.integration.record.estates import BEGIN, Shop, counted, make_estate, random_row, tallied
from tests.servers.postgres import Database

KEPT = Kept(results_days=365, camera_hours_days=62, tallies_days=1095)
OLDEST = BEGIN - timedelta(days=365)


@dataclass
class World:
    """A clock, a job, and what it said."""

    now: datetime = BEGIN
    failures: int = 0
    stale: int = -1
    took: list[float] = field(default_factory=list)
    judged: list[Sequence[CameraHealth]] = field(default_factory=list)

    def job(self, rollups: PostgresRollups, kept: Kept = KEPT) -> AddUp:
        """A job that goes by this clock."""
        return AddUp(
            rollups, kept, lambda: self.now, Watch(self.took.append, self._stale, self._failed, self.judged.append)
        )

    def _stale(self, hours: int) -> None:
        self.stale = hours

    def _failed(self) -> None:
        self.failures += 1


@asynccontextmanager
async def connected(database: Database) -> AsyncIterator[tuple[PostgresTallies, PostgresRollups]]:
    async with (
        PostgresTallies.connect(database.dsn("record")) as tallies,
        PostgresRollups.connect(database.dsn("record")) as rollups,
    ):
        yield tallies, rollups


async def execute(database: Database, command: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database.dsn("owner"))
    try:
        return await connection.fetch(command)
    finally:
        await connection.close()


async def until_done(database: Database, job: AddUp) -> None:
    """Rounds until nothing is out of date."""
    for _ in range(50):
        await job.round()
        if not (await execute(database, "select from tally_stale union all select from tally_moved")):
            return
    raise AssertionError("there is always something out of date")


@pytest.mark.parametrize("seed", range(4))
async def test_every_tally_of_every_place_equals_a_count_of_the_faces(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    shops = await make_estate(database, chance)
    world = World()
    sent: list[Any] = []
    async with connected(database) as (tallies, rollups):
        job = world.job(rollups)
        await job.round()
        for _ in range(40):
            match chance.choice(["photos", "photos", "round", "time", "shop moves", "city moves"]):
                case "photos":
                    new = [random_row(chance, len(sent) + i, shops, world.now) for i in range(chance.randint(1, 40))]
                    sent += new
                    again = {row.id: row for row in chance.choices(sent, k=10) + new}
                    await tallies.record(list(again.values()), OLDEST)
                case "round":
                    await job.round()
                case "time":
                    world.now += timedelta(minutes=chance.randint(1, 600))
                case "shop moves":
                    shop, city = chance.randint(1, 8), chance.randint(1, 4)
                    await execute(database, f"update shop set city_id = {city} where shop_id = {shop}")
                case "city moves":
                    city, region = chance.randint(1, 4), chance.randint(1, 2)
                    await execute(database, f"update city set region_id = {region} where city_id = {city}")
        await until_done(database, job)
    assert world.failures == 0
    expected = await counted(database, shops, world.now)
    assert any(key[0] == "month" and numbers[1] for key, numbers in expected.items()), "nothing was due"
    assert await tallied(database) == expected


async def test_two_who_record_and_two_who_add_up_at_once_lose_nothing_and_never_lock_each_other_out(
    database: Database,
) -> None:
    chance = random.Random(7)
    shops = await make_estate(database, chance)
    world = World()
    rows = [random_row(chance, i, shops, BEGIN + timedelta(hours=chance.randint(0, 3))) for i in range(1500)]
    async with connected(database) as (one, adder), connected(database) as (other, second_adder):
        await world.job(adder).round()
        world.now += timedelta(hours=5)
        done = asyncio.Event()

        async def write(store: PostgresTallies, order: Callable[[list[Any]], list[Any]]) -> None:
            mine = order(list(rows))
            for i in range(0, len(mine), 30):
                await store.record(mine[i : i + 30], OLDEST)  # a deadlock would be a TransientError

        async def add_up(rollups: PostgresRollups) -> None:
            job = world.job(rollups)
            while not done.is_set():
                await job.round()
                world.took.append(0)

        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(add_up(adder))
            jobs.create_task(add_up(second_adder))
            async with asyncio.TaskGroup() as writers:
                writers.create_task(write(one, lambda mine: mine))
                writers.create_task(write(other, lambda mine: mine[::-1]))
            done.set()
        assert world.failures == 0
        assert len(world.took) > 4
        await until_done(database, world.job(adder))
    assert await tallied(database) == await counted(database, shops, world.now)


async def test_what_is_added_while_hours_are_added_up_is_not_lost(database: Database) -> None:
    """The job has taken the mark, and has not committed; a photo for that hour comes."""
    shops = await make_estate(database, random.Random(3))
    world = World()
    async with connected(database) as (tallies, rollups):
        await tallies.record([_photo(1, shops[0])], OLDEST)
        blocker = await asyncpg.connect(database.dsn("record"))
        try:
            taking = blocker.transaction()
            await taking.start()
            assert await blocker.fetch("delete from tally_stale returning 1")
            late = asyncio.create_task(tallies.record([replace(_photo(1, shops[0]), id=UUID(int=2))], OLDEST))
            waiting = (
                "select count(*) from pg_stat_activity where application_name = 'record' and wait_event_type = 'Lock'"
            )
            async with asyncio.timeout(10):
                while (await execute(database, waiting))[0][0] == 0:
                    await asyncio.sleep(0.01)
            await taking.commit()
            await late
        finally:
            await blocker.close()
        assert len(await execute(database, "select from tally_stale")) == 1
        await until_done(database, world.job(rollups))
    assert await tallied(database) == await counted(database, shops, world.now)


async def test_an_hour_that_somebody_is_adding_to_keeps_its_mark(database: Database) -> None:
    """A photo's transaction has marked an hour that was marked already, and has not committed; the job comes."""
    shops = await make_estate(database, random.Random(3))
    world = World()
    async with connected(database) as (tallies, rollups):
        await tallies.record([_photo(1, shops[0])], OLDEST)
        (mark,) = await execute(database, "select local_day, local_hour, shop_id from tally_stale")
        writer = await asyncpg.connect(database.dsn("record"))
        try:
            adding = writer.transaction()
            await adding.start()
            await writer.execute(MARK_STALE, *([value] for value in mark))
            await world.job(rollups).round()
            assert await execute(database, "select local_day, local_hour, shop_id from tally_stale") == [mark]
            assert await execute(database, "select from tally_day") == []
            await adding.commit()
        finally:
            await writer.close()
        await until_done(database, world.job(rollups))
    assert await tallied(database) == await counted(database, shops, world.now)


def _photo(number: int, shop: Shop) -> Any:
    chance = random.Random(number)
    while True:
        row = random_row(chance, number, [shop], BEGIN)
        if getattr(row, "faces", ()):
            return row


async def test_a_new_shop_owes_nothing_for_the_time_before_it_was_registered(database: Database) -> None:
    await make_estate(database, random.Random(1))
    world = World()
    async with connected(database) as (_, rollups):
        await until_done(database, world.job(rollups))
    assert await execute(database, "select from tally_hour") == []
    assert len(await execute(database, "select from hours_due")) == 8


async def test_hours_that_nobody_can_read_stop_nobody_else(database: Database) -> None:
    await make_estate(database, random.Random(1))
    await execute(database, "update shop set opening_hours = 'whenever' where shop_id = 1")
    await execute(database, "update shop set opening_hours = '', holidays = '{}' where shop_id = 2")
    world = World()
    async with connected(database) as (_, rollups):
        await world.job(rollups).round()
        world.now += timedelta(hours=3)
        await until_done(database, world.job(rollups))
    assert world.failures == 0
    assert len(await execute(database, "select from tally_hour join scope using (scope_id) where shop_id = 2")) == 3


async def test_a_failing_step_is_counted_and_the_others_go_on(database: Database) -> None:
    await make_estate(database, random.Random(1))
    world = World()
    await execute(database, "alter table hours_due rename to hours_gone")
    async with connected(database) as (tallies, rollups):
        shops = [Shop(0, "Europe/Berlin", "", ("cam-0-0",))]
        await tallies.record([_photo(1, shops[0])], OLDEST)
        await world.job(rollups).round()
    assert world.failures == 1
    assert world.stale == 0


async def test_a_database_that_is_away_is_only_waited_for() -> None:
    world = World()
    async with PostgresRollups.connect("postgresql://record:x@127.0.0.1:1/x") as rollups:
        with pytest.raises(TransientError):
            await rollups.stale()
        await world.job(rollups).round()
    assert world.failures == 5


async def test_every_camera_is_judged_by_its_last_seven_days(database: Database) -> None:
    chance = random.Random(5)
    shops = await make_estate(database, chance)
    await execute(database, "update camera set disabled = true where slug = 'cam-1-0'")
    world = World()
    world.now = datetime.now(UTC)
    await execute(
        database,
        "insert into tally_camera_day (camera_id, local_day, photos, photos_without_face, faces) "
        "select camera_id, (now() at time zone 'UTC')::date - ago, 50, 10, 60 from camera, unnest(array[1, 30]) ago "
        "where slug = 'cam-0-0'",
    )
    await execute(
        database,
        "insert into camera_clock (camera_id, received_at, time_source, drift_s) "
        "select camera_id, now(), 'path', 1 from camera where slug in ('cam-0-0', 'cam-2-0')",
    )
    async with connected(database) as (_, rollups):
        await world.job(rollups).round()
        rows = await execute(
            database, "select c.slug, state, trouble, photos from camera_health join camera c using (camera_id)"
        )
        found = {row[0]: tuple(row[1:]) for row in rows}
        assert found["cam-0-0"] == ("attention", "few_faces", 50)
        assert found["cam-1-0"] == ("disabled", "none", 0)
        assert found["cam-2-0"] == ("working", "none", 0)
        assert found["cam-3-0"] == ("new", "none", 0)
        assert len(found) == sum(len(shop.cameras) - 1 for shop in shops)
        assert [len(verdicts) for verdicts in world.judged] == [len(found)]


async def test_what_has_been_kept_long_enough_goes_by_months_and_never_comes_twice(database: Database) -> None:
    shops = await make_estate(database, random.Random(2))
    world = World()
    kept = Kept(results_days=100, camera_hours_days=50, tallies_days=200)
    async with connected(database) as (tallies, rollups):
        photo = _photo(1, shops[0])
        await tallies.record([photo], kept.oldest(world.now))
        await until_done(database, world.job(rollups, kept))
        day = (await execute(database, "select local_day from photo"))[0][0]
        assert await _months(database) == {
            f"{what}_{day:%Y_%m}" for what in ("photo", "face", "tally_hour", "tally_upload")
        }

        await execute(database, f"update counted_once set counted_at = '{world.now}'")
        world.now += timedelta(days=85)
        await world.job(rollups, kept).round()
        assert {name[:-8] for name in await _months(database) if name.endswith(f"{day:%Y_%m}")} == {
            "photo", "face", "tally_hour"
        }  # fmt: skip

        world.now += timedelta(days=55)
        await world.job(rollups, kept).round()
        assert {name[:-8] for name in await _months(database) if name.endswith(f"{day:%Y_%m}")} == {"tally_hour"}
        assert await execute(database, "select from counted_once") == []
        visitors = await execute(
            database, "select sum(visitors) from tally_month join scope using (scope_id) where kind = 'world'"
        )
        assert (await tallies.record([photo], kept.oldest(world.now))).too_old == 1
        await world.job(rollups, kept).round()
        assert visitors == await execute(
            database, "select sum(visitors) from tally_month join scope using (scope_id) where kind = 'world'"
        )

        # A photo whose month is gone is counted all the same, at the second try.
        late = replace(photo, id=UUID(int=2)), BEGIN - timedelta(days=90)
        with pytest.raises(TransientError):
            await tallies.record([late[0]], late[1])
        assert (await tallies.record([late[0]], late[1])).photos == 1

        world.now += timedelta(days=200)
        await world.job(rollups, kept).round()
        for table in ("tally_hour", "tally_day", "tally_month", "tally_heat", "tally_camera_day"):
            column = "first_day" if table in ("tally_month", "tally_heat") else "local_day"
            assert await execute(database, f"select from {table} where {column} <= '{day}'") == [], table


async def _months(database: Database) -> set[str]:
    return {
        row[0]
        for row in await execute(
            database, "select inhrelid::regclass::text from pg_inherits where inhparent::regclass::text !~ 'pkey|idx'"
        )
    }


async def test_nothing_else_can_be_dropped(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("record"))
    try:
        with pytest.raises(asyncpg.RaiseError, match="not kept by month"):
            await connection.execute("select drop_months('camera', $1)", date(2030, 1, 1))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("drop table photo")
    finally:
        await connection.close()
