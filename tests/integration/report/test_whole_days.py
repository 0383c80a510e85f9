"""Where dates differ, a period of whole days ends before the first shop whose day is not over."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import pytest

from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.domain.places import Level, Setting
from tests.fakes.tiny_world import TinyWorld
from tests.servers.postgres import Database
from tests.tiny_estate import fill

# Where a day begins first and where it begins last, 26 hours later: their dates are never the same.
_ZONES = {"tokyo-ginza": "Pacific/Kiritimati", "berlin-west": "Etc/GMT+12"}


@pytest.fixture
async def tallies(database: Database) -> AsyncIterator[PostgresTallies]:
    await fill(
        database, TinyWorld(), {1: ((Level.WORLD, ""),), 2: ((Level.REGION, "asia"), (Level.CITY, "berlin"))}, ()
    )
    owner = await asyncpg.connect(database.dsn("owner"))
    for shop, zone in _ZONES.items():
        await owner.execute("update shop set time_zone = $2 where slug = $1", shop, zone)
    await owner.close()
    async with PostgresTallies.connect(database.dsn("report"), 1) as opened:
        yield opened


async def _setting(tallies: PostgresTallies, person: int, level: Level, slug: str = "") -> Setting:
    async with tallies.seen_by(person) as reader:
        found = await reader.setting(level, slug)
    assert found is not None
    return found


@pytest.mark.parametrize(("person", "level"), [(1, Level.WORLD), (2, Level.YOURS)])
async def test_a_day_is_today_until_it_is_over_everywhere(tallies: PostgresTallies, person: int, level: Level) -> None:
    first, last = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    before = datetime.now(UTC)
    place = await _setting(tallies, person, level)
    after = datetime.now(UTC)
    assert before.astimezone(last).date() <= place.today <= after.astimezone(last).date()
    assert before.astimezone(first).date() <= place.latest_day <= after.astimezone(first).date()
    assert place.today < place.latest_day


async def test_a_place_of_one_time_zone_has_one_today(tallies: PostgresTallies) -> None:
    place = await _setting(tallies, 1, Level.REGION, "asia")
    assert place.today == place.latest_day
