"""What every store of groups does, the fake and the real one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_groups import PostgresGroups
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.domain.groups import GroupDraft, ShopGroup
from services.report.domain.places import Level
from services.report.handler.groups import Groups, GroupStore
from services.report.handler.tallies import Tallies
from tests.fakes.group_store import FakeGroupStore
from tests.fakes.tally_reader import FakeTallies, Key
from tests.fakes.tiny_world import TinyWorld
from tests.servers.postgres import Database
from tests.tiny_estate import fill

OWNER, BERLINER = 1, 2
ACCESS: dict[int, tuple[Key, ...]] = {OWNER: ((Level.WORLD, ""),), BERLINER: ((Level.CITY, "berlin"),)}
BERLINERS = ("berlin-mitte", "berlin-ost", "berlin-west")
FAR = ("berlin-mitte", "berlin-ost", "tokyo-ginza")


@dataclass
class Bench:
    """A store, and what people see of it."""

    store: GroupStore
    tallies: Tallies

    async def seen_by(self, person_id: int) -> list[ShopGroup]:
        async with self.tallies.seen_by(person_id) as reader:
            return list(await reader.groups())


@pytest.fixture(params=["fake", "postgres"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    # The groups are what matters here: nobody came.
    empty = TinyWorld()
    empty.hours.clear()
    if request.param == "fake":
        tallies = FakeTallies(empty, ACCESS)
        yield Bench(FakeGroupStore(tallies), tallies)
        return
    database: Database = request.getfixturevalue("database")
    await fill(database, empty, ACCESS, [])
    async with (
        AccountDatabase.connect(database.dsn("account")) as account,
        PostgresTallies.connect(database.dsn("report"), 2) as opened,
    ):
        yield Bench(PostgresGroups(account), opened)


async def test_a_group_is_kept_changed_and_deleted(bench: Bench) -> None:
    assert await bench.store.add(OWNER, "near", GroupDraft("Near", BERLINERS))
    assert await bench.seen_by(OWNER) == [ShopGroup("near", "Near", OWNER, False, BERLINERS)]
    assert await bench.seen_by(BERLINER) == []
    await bench.store.change("near", GroupDraft("Nearer", BERLINERS, shared=True))
    assert await bench.seen_by(BERLINER) == [ShopGroup("near", "Nearer", OWNER, True, BERLINERS)]
    await bench.store.change("near", GroupDraft("Far", FAR, shared=True))
    assert await bench.seen_by(OWNER) == [ShopGroup("near", "Far", OWNER, True, FAR)]
    assert await bench.seen_by(BERLINER) == []
    await bench.store.delete("near")
    assert await bench.seen_by(OWNER) == []


async def test_a_short_name_is_taken_once(bench: Bench) -> None:
    assert await bench.store.add(OWNER, "near", GroupDraft("Near", BERLINERS))
    assert not await bench.store.add(BERLINER, "near", GroupDraft("Mine", BERLINERS))
    assert [group.name for group in await bench.seen_by(OWNER)] == ["Near"]
    assert await bench.seen_by(BERLINER) == []
    groups = Groups(bench.tallies, bench.store)
    assert await groups.make(BERLINER, GroupDraft("Near", BERLINERS)) == "near-2"


async def test_what_is_not_there_is_left_alone(bench: Bench) -> None:
    await bench.store.change("nowhere", GroupDraft("Near", BERLINERS))
    await bench.store.delete("nowhere")
    assert await bench.seen_by(OWNER) == []
