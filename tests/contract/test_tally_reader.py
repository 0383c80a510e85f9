"""What every tally reader does, the fake and the real one."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from services.common.vocabulary import AgeBand, Gender, Mood
from services.estate.domain import CameraLine
from services.report.adapters.postgres_reader import PostgresReader
from services.report.domain import Cell, Level, Period
from services.report.handler import CameraRegistry, TallyReader
from tests.estates import register
from tests.fakes.tally_reader import FakeTallyReader
from tests.servers.postgres import Database

LINE = CameraLine(
    "europe", "Europe", "berlin", "Berlin", "berlin-1", "Mitte", "Europe/Berlin", "cam-1",
    identifiers=("00:40:8C:77:F8:26",),
)  # fmt: skip
MOODS = tuple(range(len(Mood)))


@pytest.fixture(params=["fake", "postgres"])
async def reader(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[TallyReader]:
    if request.param == "fake":
        cell = Cell(12, Gender.FEMALE, AgeBand.AGE_25_34, MOODS)
        yield FakeTallyReader([cell], {"faces": 3}, called={"cam-1": "cam-1", "00408c77f826": "cam-1"})
        return
    await register(database, [LINE])
    connection = await asyncpg.connect(database.dsn("owner"))
    today = await connection.fetchval("select (now() at time zone 'Europe/Berlin')::date")
    shop = await connection.fetchval("select shop_id from shop")
    await connection.copy_records_to_table("tally_hour", records=[(shop, today, 12, "female", "25-34", *MOODS)])
    await connection.execute("insert into tally_upload select camera_id, $1, 12, 'faces', 3 from camera", today)
    await connection.close()
    async with PostgresReader.connect(database.dsn("report"), 2) as opened:
        yield opened


@pytest.mark.parametrize(
    ("level", "slug", "names"),
    [
        (Level.WORLD, "", ["World"]),
        (Level.REGION, "europe", ["World", "Europe"]),
        (Level.CITY, "berlin", ["World", "Europe", "Berlin"]),
        (Level.SHOP, "berlin-1", ["World", "Europe", "Berlin", "Mitte"]),
    ],
)
async def test_every_level_is_found_and_counted(reader: TallyReader, level: Level, slug: str, names: list[str]) -> None:
    setting = await reader.setting(level, slug)
    assert setting is not None
    assert [place.name for place in setting.path] == names
    assert setting.time_zones == ("Europe/Berlin",)
    period = Period(setting.today - timedelta(days=1), setting.today)
    assert list(await reader.cells(level, slug, period)) == [Cell(12, Gender.FEMALE, AgeBand.AGE_25_34, MOODS)]
    assert await reader.uploads(level, slug, period) == {"faces": 3}
    assert await reader.latest(level, slug) == (setting.today, 12)
    if level is not Level.SHOP:
        (child,) = await reader.children(level, slug, period)
        assert (child.visitors, child.women, child.men) == (sum(MOODS), sum(MOODS), 0)
        assert child.by_mood[Mood.FEAR] == MOODS[list(Mood).index(Mood.FEAR)]
    else:
        (camera,) = await reader.cameras(slug, period)
        assert camera.camera == "cam-1"
        assert camera.by_outcome == {"faces": 3}


async def test_a_place_that_is_not_there_is_nothing(reader: TallyReader) -> None:
    assert await reader.setting(Level.SHOP, "nowhere") is None


@pytest.mark.parametrize(("called", "camera"), [("00408c77f826", "cam-1"), ("cam-1", "cam-1"), ("cam-2", None)])
async def test_a_camera_is_known_by_its_identifiers_and_its_name(
    reader: CameraRegistry, called: str, camera: str | None
) -> None:
    assert await reader.camera_called(["folder", called]) == camera
