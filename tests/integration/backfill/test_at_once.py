"""Who records, excludes, estimates again and adds up at once loses nothing."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

from services.backfill.adapters import database as adapter
from services.backfill.adapters.postgres_results import PostgresResults
from services.backfill.adapters.postgres_versions import PostgresVersions
from services.backfill.domain import BackfillError, Estimate, Estimates, Period
from services.backfill.handler import settle
from services.common.errors import TransientError
from services.common.tally_sql import EXCLUDED_VERSIONS
from services.common.visitors import Thresholds
from services.common.vocabulary import Quality
from services.record.domain.results import PhotoRow
from tests.integration.record.estates import BEGIN, Shop, counted, make_estate, random_row, tallied
from tests.integration.record.test_rollups import OLDEST, World, connected, execute, until_done
from tests.servers.postgres import Database

THRESHOLDS = Thresholds(0.6, 0.4, Quality.GOOD)
PERIOD = Period(date(2026, 1, 1), date(2026, 12, 31))


@asynccontextmanager
async def backfill(database: Database) -> AsyncIterator[tuple[PostgresResults, PostgresVersions]]:
    async with adapter.Database.connect(database.dsn("backfill")) as connected_database:
        yield PostgresResults(connected_database, THRESHOLDS), PostgresVersions(connected_database)


def rows_of(chance: random.Random, shops: list[Shop], count: int) -> list[PhotoRow]:
    rows = [random_row(chance, number, shops, BEGIN + timedelta(hours=2)) for number in range(count)]
    return [
        replace(row, classifier_version=chance.choice(["one", "two", "three"]))
        for row in rows
        if isinstance(row, PhotoRow)
    ]


def anything(chance: random.Random) -> Estimate:
    emotions = tuple(chance.random() for _ in range(7))
    return Estimate(chance.uniform(0, 90), 0.0, 99.0, chance.random(), emotions)


async def estimate_everything(results: PostgresResults, chance: random.Random, version: str) -> None:
    """As the handler does it, without photos; a deadlock would be a TransientError."""
    job = await results.job("release", version, PERIOD)
    while photos := await results.next_photos(job, 7):
        estimates: Estimates = {
            photo.place.photo_id: tuple(anything(chance) for _ in photo.boxes)
            for photo in photos
            if chance.random() < 0.9
        }
        await results.save(job, photos, estimates)
        job = await results.job("release", version, PERIOD)
    await results.finish(job)


async def test_tallies_are_exact_whoever_is_at_work_at_the_same_time(database: Database) -> None:
    chance, world = random.Random(1), World()
    shops = await make_estate(database, chance)
    rows = rows_of(chance, shops, 240)
    done = asyncio.Event()
    async with (
        connected(database) as (tallies, rollups),
        backfill(database) as (results, versions),
        backfill(database) as (_, other_versions),
    ):
        job = world.job(rollups)
        await job.round()
        await tallies.record(rows[:80], OLDEST)
        world.now += timedelta(hours=3)

        async def write() -> None:
            for start in range(80, len(rows), 10):
                await tallies.record(rows[start : start + 10], OLDEST)

        async def change_their_minds(of: PostgresVersions, names: list[str]) -> None:
            while not done.is_set():
                name = chance.choice(names)
                with suppress(BackfillError):  # there may be no photo of it just now: others are at work
                    await (of.exclude(name, "alice", "bad") if chance.random() < 0.5 else of.include(name))
                await of.settle(name, 5)

        async def add_up() -> None:
            while not done.is_set():
                await job.round()

        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(add_up())
            jobs.create_task(change_their_minds(versions, ["one", "two"]))
            jobs.create_task(change_their_minds(other_versions, ["two", "three"]))
            async with asyncio.TaskGroup() as writers:
                writers.create_task(write())
                for version in ("two", "three", "one"):
                    await estimate_everything(results, chance, version)
            done.set()
        for version in ("one", "two", "three"):
            await settle(versions, version, lambda _: None)
        wrong = "select from photo p where excluded <> (classifier_version in (select e.classifier_version from excluded_version e))"
        assert await execute(database, wrong) == []
        assert world.failures == 0
        await until_done(database, job)
    assert await tallied(database) == await counted(database, shops, world.now)


async def test_a_version_is_excluded_once_those_who_record_photos_of_it_are_done(database: Database) -> None:
    """Somebody has read which versions are excluded, and has not committed the photo yet."""
    shops = await make_estate(database, random.Random(3))
    (row,) = rows_of(random.Random(3), shops[:1], 3)[:1]
    async with connected(database) as (tallies, _), backfill(database) as (_, versions):
        await tallies.record([row], OLDEST)
        writer = await asyncpg.connect(database.dsn("record"))
        try:
            recording = writer.transaction()
            await recording.start()
            assert await writer.fetch(EXCLUDED_VERSIONS) == []
            excluding = asyncio.create_task(versions.exclude(row.classifier_version, "alice", "bad"))
            waiting = (
                "select count(*) from pg_stat_activity where application_name = 'backfill' and wait_event = 'advisory'"
            )
            async with asyncio.timeout(10):
                while (await execute(database, waiting))[0][0] == 0:
                    await asyncio.sleep(0.01)
            assert not excluding.done()
            await recording.commit()
            assert await excluding
        finally:
            await writer.close()
        assert await versions.settle(row.classifier_version, 10) == 1


async def test_of_two_commands_on_the_same_period_one_ends(database: Database) -> None:
    chance = random.Random(5)
    shops = await make_estate(database, chance)
    async with connected(database) as (tallies, _), backfill(database) as (results, _):
        await tallies.record(rows_of(chance, shops, 40), OLDEST)
        job = await results.job("release", "new", PERIOD)
        photos = await results.next_photos(job, 5)
        estimates: Estimates = {photo.place.photo_id: tuple(anything(chance) for _ in photo.boxes) for photo in photos}
        await results.save(job, photos, estimates)
        with pytest.raises(BackfillError, match="another command is at work"):
            await results.save(job, photos, estimates)
        moved = await results.job("release", "new", PERIOD)
        assert (moved.id, moved.done, moved.place) == (job.id, 5, photos[-1].place)


async def test_a_database_that_is_away_is_said_to_be(database: Database) -> None:
    async with backfill(Database(1, database.name)) as (results, versions):
        with pytest.raises(TransientError):
            await results.job("release", "new", PERIOD)
        with pytest.raises(TransientError):
            await versions.all()


async def test_its_role_changes_estimates_and_tallies_and_nothing_else(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("backfill"))
    try:
        for command in (
            "select secret_sha256 from login",
            "select login_id from camera",
            "update face set counted = true",
            "update face set box_left_px = 0",
            "update photo set object_key = 'other'",
            "delete from photo",
            "delete from tally_hour",
            "insert into counted_once (id) values (gen_random_uuid())",
            "insert into excluded_version (classifier_version, excluded_by, reason) values ('c', 'nobody', 'past the lock')",
            "select from person",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(command)
    finally:
        await connection.close()


async def test_the_place_of_a_job_is_a_photo_that_was_recorded(database: Database) -> None:
    """The order goes on across cameras and months, whatever the size of batches."""
    chance = random.Random(6)
    shops = await make_estate(database, chance)
    rows = rows_of(chance, shops, 120)
    async with connected(database) as (tallies, _), backfill(database) as (results, _):
        await tallies.record(rows, OLDEST)
        seen: list[UUID] = []
        job = await results.job("release", "new", PERIOD)
        while photos := await results.next_photos(job, 7):
            seen += [photo.place.photo_id for photo in photos]
            await results.save(job, photos, {})
            job = await results.job("release", "new", PERIOD)
    assert len(seen) == len(set(seen))
    assert set(seen) == {row.id for row in rows}
    assert (job.done, job.skipped) == (0, len(rows))
