"""What every store of schedules does, the fake and the real one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_schedules import PostgresSchedules
from services.report.domain.people import Role
from services.report.domain.places import Level
from services.report.domain.schedules import MOST_ATTEMPTS, Cadence, Draft, Owner, Timing
from services.report.handler.schedules import ScheduleStore
from services.standalone.adapters.postgres_server import OWNER
from tests.fakes.schedule_store import FakeScheduleStore
from tests.servers.postgres import Database

DUE = datetime(2026, 12, 1, 6, tzinfo=UTC)
LATER = DUE + timedelta(days=7)
DRAFT = Draft(
    "Morning", Level.CITY, "berlin", "period=7d", Timing(Cadence.WEEKLY, 7, "Europe/Berlin", 1), ("ann@example.com",)
)


@dataclass
class World:
    store: ScheduleStore
    ann: int
    bob: int
    fake: FakeScheduleStore | None = None
    owner: "asyncpg.Connection[asyncpg.Record] | None" = None

    async def disable_ann(self) -> None:
        if self.fake:
            self.fake.disabled.add(self.ann)
        else:
            assert self.owner
            await self.owner.execute("update person set disabled = true where person_id = $1", self.ann)


@pytest.fixture(params=["fake", "postgres"])
async def world(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[World]:
    if request.param == "fake":
        owners = {n: Owner(n, f"{name}@example.com", name, Role.MANAGER) for n, name in ((1, "ann"), (2, "bob"))}
        fake = FakeScheduleStore(owners)
        yield World(fake, 1, 2, fake)
        return
    owner = await asyncpg.connect(database.dsn(OWNER))
    ids = [
        await owner.fetchval(
            "insert into person (email, name, role) values ($1, $2, 'manager') returning person_id",
            f"{name}@example.com",
            name,
        )
        for name in ("ann", "bob")
    ]
    async with AccountDatabase.connect(database.dsn("account")) as account:
        yield World(PostgresSchedules(account), ids[0], ids[1], owner=owner)
    await owner.close()


async def note_due(world: World, now: datetime = DUE) -> int:
    return await world.store.note_due(now, lambda _draft: LATER)


async def test_what_is_kept_is_read_again_changed_and_deleted(world: World) -> None:
    number = await world.store.add(world.ann, DRAFT, DUE)
    (schedule,) = await world.store.of(world.ann)
    assert (schedule.schedule_id, schedule.draft, schedule.active, schedule.next_at) == (number, DRAFT, True, DUE)
    monthly = replace(DRAFT, name="Monthly", timing=Timing(Cadence.MONTHLY, 0, "UTC"), level=Level.WORLD, slug="")
    assert await world.store.change(world.ann, number, monthly, LATER)
    assert (await world.store.of(world.ann))[0].draft == monthly
    assert await world.store.of(world.bob) == []
    assert await world.store.delete(world.ann, number)
    assert not await world.store.delete(world.ann, number)


async def test_schedules_of_others_are_not_there(world: World) -> None:
    number = await world.store.add(world.ann, DRAFT, DUE)
    assert not await world.store.change(world.bob, number, DRAFT, DUE)
    assert not await world.store.pause(world.bob, number, None)
    assert not await world.store.send_now(world.bob, number, DUE)
    assert not await world.store.delete(world.bob, number)


async def test_a_run_is_one_callers_alone_and_sent_once(world: World) -> None:
    await world.store.add(world.ann, DRAFT, DUE)
    assert await note_due(world, DUE - timedelta(seconds=1)) == 0
    assert await note_due(world) == 1
    assert await note_due(world) == 0
    claims = await asyncio.gather(*(world.store.claim(DUE, DUE + timedelta(minutes=5)) for _ in range(4)))
    (run,) = [claim for claim in claims if claim]
    assert (run.due_at, run.attempt, run.owner.email, run.draft) == (DUE, 1, "ann@example.com", DRAFT)
    await world.store.sent(run, DUE)
    assert await world.store.claim(DUE + timedelta(days=1), LATER) is None
    (schedule,) = await world.store.of(world.ann)
    assert (schedule.next_at, schedule.last_at) == (LATER, DUE)


async def test_what_failed_is_tried_again_at_its_time_and_so_often(world: World) -> None:
    await world.store.add(world.ann, DRAFT, DUE)
    await note_due(world)
    now = DUE
    for attempt in range(1, MOST_ATTEMPTS + 1):
        run = await world.store.claim(now, now + timedelta(minutes=5))
        assert run
        assert run.attempt == attempt
        await world.store.failed(run, "mail_away", now + timedelta(minutes=1))
        assert await world.store.claim(now, now) is None
        now += timedelta(minutes=1)
    assert await world.store.claim(now, now) is None
    assert (await world.store.of(world.ann))[0].last_error == "mail_away"


async def test_what_failed_for_good_is_not_tried_again(world: World) -> None:
    await world.store.add(world.ann, DRAFT, DUE)
    await note_due(world)
    run = await world.store.claim(DUE, DUE)
    assert run
    await world.store.failed(run, "refused", None)
    assert await world.store.claim(LATER, LATER) is None


async def test_a_run_that_was_left_lying_is_taken_over(world: World) -> None:
    await world.store.add(world.ann, DRAFT, DUE)
    await note_due(world)
    assert await world.store.claim(DUE, DUE + timedelta(minutes=5))
    assert await world.store.claim(DUE + timedelta(minutes=4), LATER) is None
    assert await world.store.claim(DUE + timedelta(minutes=5), LATER)


async def test_paused_schedules_and_those_of_disabled_people_are_not_sent(world: World) -> None:
    number = await world.store.add(world.ann, DRAFT, DUE)
    await note_due(world)
    assert await world.store.pause(world.ann, number, None)
    assert await world.store.claim(DUE, LATER) is None
    assert await note_due(world, LATER) == 0
    assert await world.store.pause(world.ann, number, DUE)
    await world.store.send_now(world.ann, number, DUE + timedelta(seconds=9, microseconds=7))
    await world.disable_ann()
    assert await note_due(world) == 0
    assert await world.store.claim(LATER, LATER) is None


async def test_sent_at_once_besides_its_times(world: World) -> None:
    number = await world.store.add(world.ann, DRAFT, LATER)
    assert await world.store.send_now(world.ann, number, DUE)
    run = await world.store.claim(DUE, LATER)
    assert run
    await world.store.sent(run, DUE)
    assert (await world.store.of(world.ann))[0].next_at == LATER
