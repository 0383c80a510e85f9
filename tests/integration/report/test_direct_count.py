"""What pages and API say equals a count of the faces: a random estate, recorded and added up as always, asked at random."""

import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from services.common.vocabulary import AgeBand, Gender, Mood
from services.record.adapters.postgres_rollups import PostgresRollups
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.retention import Kept
from services.record.handler.add_up import AddUp, Watch
from services.report.domain.people import Grant
from services.report.domain.places import Level
from tests.html_tables import read_tables
from tests.integration.record.estates import BEGIN, make_estate, random_row
from tests.servers.postgres import Database, PostgresServer
from tests.servers.report import ReportServer, report_server
from tests.servers.running import finish

PHOTOS = 1500
QUESTIONS = 12
MIN_CELL = 10
ALL = "all"
_FACES = """
select s.slug as shop, y.slug as city, r.slug as region, f.local_day as day, f.local_hour as hour,
       f.gender::text, f.age_band::text as band, f.mood::text
from face f join shop s using (shop_id) join city y using (city_id) join region r using (region_id) where f.counted
"""


async def estate(database: Database, seed: int) -> list[asyncpg.Record]:
    """A random estate with its photos recorded, some of them twice, and added up; the faces that count."""
    chance = random.Random(seed)
    shops = await make_estate(database, chance)
    rows = [random_row(chance, i, shops, BEGIN + timedelta(hours=i / 25)) for i in range(PHOTOS)]
    now = BEGIN + timedelta(hours=PHOTOS / 25 + 2)
    kept = Kept(results_days=365, camera_hours_days=365, tallies_days=1095)
    async with (
        PostgresTallies.connect(database.dsn("record")) as tallies,
        PostgresRollups.connect(database.dsn("record")) as rollups,
    ):
        job = AddUp(rollups, kept, lambda: now, Watch(_nothing, _nothing, _nothing))
        for first in range(0, PHOTOS, 100):
            again = chance.choices(rows[: first + 1], k=10)
            batch = {row.id: row for row in (*again, *rows[first : first + 100])}
            await tallies.record(list(batch.values()), BEGIN - timedelta(days=365))
            await job.round()
        connection = await asyncpg.connect(database.dsn("owner"))
        try:
            while await connection.fetchval("select exists (select from tally_stale)"):
                await job.round()
            return await connection.fetch(_FACES)
        finally:
            await connection.close()


def _nothing(*_: object) -> None:
    return


@dataclass(frozen=True)
class Question:
    """What is asked, and the faces that it is about."""

    level: str
    slug: str
    first: date
    last: date
    filters: dict[str, str]
    faces: list[asyncpg.Record]

    @property
    def words(self) -> dict[str, str]:
        return {"from": str(self.first), "to": str(self.last), "compare": "none", **self.filters}

    @property
    def place(self) -> str:
        return f"{self.level}:{self.slug}" if self.slug else self.level

    @property
    def page(self) -> str:
        return {"world": "/", "region": "/regions/", "city": "/cities/", "shop": "/shops/"}[self.level] + self.slug

    @property
    def all_of_them(self) -> list[asyncpg.Record]:
        """Faces of the place and the period, whoever they are."""
        return [
            face
            for face in self.faces
            if self.first <= face["day"] <= self.last and (not self.slug or face[self.level] == self.slug)
        ]

    @property
    def chosen(self) -> list[asyncpg.Record]:
        """Those that pass the filters."""
        return [face for face in self.all_of_them if all(face[key] == value for key, value in self.filters.items())]

    def by(self, key: Callable[[asyncpg.Record], object]) -> Counter[object]:
        return Counter(map(key, self.chosen))


def ask(chance: random.Random, faces: list[asyncpg.Record]) -> Question:
    level = chance.choice(["world", "region", "city", "shop"])
    slug = "" if level == "world" else chance.choice(sorted({face[level] for face in faces}))
    first = BEGIN.date() + timedelta(days=chance.choice([-40, -20, -3, -1, 0, 1]))
    kinds: list[tuple[str, list[str]]] = [
        ("gender", [*Gender]),
        ("band", [*AgeBand]),
        ("mood", [*Mood]),
    ]
    filters = {name: str(chance.choice(values)) for name, values in kinds if chance.random() < 0.3}
    return Question(level, slug, first, first + timedelta(days=chance.randint(0, 45)), filters, faces)


@pytest.fixture(scope="module", params=range(2))
def counted(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[tuple[Database, list[Any]]]:
    database = finish(postgres_server.fresh_database())
    yield database, finish(estate(database, request.param))
    finish(postgres_server.drop(database))


@asynccontextmanager
async def machine(server: ReportServer, token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=server.url, headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"}, timeout=30
    ) as client:
        yield client


class Check:
    """Compares numbers, where a hidden one is None.

    Args:
        min_cell: 0: nothing may be hidden.
    """

    def __init__(self, min_cell: int) -> None:
        self.min_cell = min_cell
        self.compared = 0

    def equal(self, pairs: list[tuple[int | None, int]]) -> None:
        """Each shown number is the true one; where some are hidden, one of them is small, or their sum is."""
        hidden = [true for shown, true in pairs if shown is None]
        for shown, true in pairs:
            if shown is not None:
                assert shown == true
                self.compared += 1
        assert not hidden or min(hidden) < self.min_cell or sum(hidden) == sum(true for _, true in pairs)
        if self.min_cell == 0:
            assert not hidden


async def check_api(client: httpx.AsyncClient, asked: Question, check: Check) -> None:
    async def get(path: str, **words: str | int) -> Any:
        answer = await client.get(f"/api/v1/{path}", params={"place": asked.place, **asked.words, **words})
        assert answer.status_code == 200, answer.text
        return answer.json()

    now = (await get("overview"))["now"]
    check.equal([(now["visitors"], len(asked.chosen))])
    for name in ("gender", "band", "mood"):
        true = asked.by(lambda face, name=name: face[name])
        check.equal([(shown, true[key]) for key, shown in now[f"by_{name}"].items()])
    everybody: Counter[tuple[str, str, str]] = Counter()
    for face in asked.all_of_them:
        for gender in (face["gender"], ALL):
            for band in (face["band"], ALL):
                for mood in (face["mood"], ALL):
                    everybody[gender, band, mood] += 1
    cells = (await get("cells"))["cells"]
    check.equal([(row["visitors"], everybody[row["gender"], row["band"], row["mood"]]) for row in cells])
    for step, start in (("hour", _hour), ("day", _day), ("week", _week), ("month", _month)):
        series = await get("series", step=step)
        if series["step"] == step:
            true = asked.by(start)
            points = {datetime.fromisoformat(point["start"]): point for point in series["points"]}
            assert set(true) <= set(points)
            unknown = [at for at, point in points.items() if point["gap"] or point["closed"]]
            assert not any(true[at] for at in unknown)
            check.equal([(point["visitors"], true[at]) for at, point in points.items() if at not in unknown])
    true = asked.by(lambda face: (face["day"].weekday(), face["hour"]))
    heat = {(cell["weekday"], cell["hour"]): cell for cell in (await get("heat"))["cells"]}
    assert set(true) <= set(heat)
    check.equal([(cell["visitors"], true[at]) for at, cell in heat.items() if not cell["gap"]])
    inside = {"world": "region", "region": "city", "city": "shop"}.get(asked.level)
    for path, level in (("breakdown", inside), ("league", "shop")):
        if level:
            true = asked.by(lambda face, level=level: f"{level}:{face[level]}")
            found = await get(path, **({"limit": 200} if path == "league" else {}))
            places = {one["place"]["place"]: one for one in found["places" if path == "breakdown" else "standings"]}
            assert set(true) <= set(places)
            check.equal(
                [(one["visitors"], true[at]) for at, one in places.items() if not one["gap"] and not one["closed"]]
            )


def _hour(face: asyncpg.Record) -> datetime:
    return _day(face) + timedelta(hours=face["hour"])


def _day(face: asyncpg.Record) -> datetime:
    return datetime.combine(face["day"], datetime.min.time())


def _week(face: asyncpg.Record) -> datetime:
    return _day(face) - timedelta(days=face["day"].weekday())


def _month(face: asyncpg.Record) -> datetime:
    return _day(face).replace(day=1)


def number(text: str) -> int | None:
    """As a page writes it; None where it is hidden."""
    return None if text.startswith("<") else int(text.replace(",", ""))


async def check_pages(client: httpx.AsyncClient, asked: Question, check: Check) -> None:
    overview = (await client.get(asked.page, params=asked.words)).text
    figure = re.search(r'<span class="lab">Visitors</span><span class="val">([^<]*|&lt;\d+)</span>', overview)
    if not figure:
        assert not asked.chosen
        return
    check.equal([(number(figure[1].replace("&lt;", "<")), len(asked.chosen))])
    explore = (await client.get("/explore", params={"place": asked.place, **asked.words})).text
    for page in (overview, explore):
        true = Counter((face["band"], face["gender"]) for face in asked.all_of_them if _fits(face, asked, "mood"))
        rows = read_tables(page)["age-table"].rows[1:-1]
        shown = [
            (number(cell.text), true[band, gender])
            for band, row in zip(AgeBand, rows, strict=True)
            for gender, cell in zip(Gender, row[1:], strict=False)
            if asked.filters.get("gender", gender) == gender and asked.filters.get("band", band) == band
        ]
        check.equal(shown)
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    hours = asked.by(lambda face: (days[face["day"].weekday()], face["hour"]))
    squares = []
    for row in read_tables(overview)["heat-table"].rows[1:]:
        for cell in row[1:]:
            found = re.match(r"(\w+), (\d\d).*: ([\d,]+|hidden.*)$", cell.title)
            if found:
                shown_number = None if found[3].startswith("hidden") else number(found[3])
                squares.append((shown_number, hours[found[1], int(found[2])]))
    assert asked.filters or sum(true for _, true in squares) == len(asked.chosen)
    check.equal(squares)
    league = (await client.get("/league", params={"place": asked.place, **asked.words})).text
    for page, table, column in ((explore, "places", 1), (league, "league", 2)):
        if table in read_tables(page):
            places = []
            for cells in read_tables(page)[table].rows[1:]:
                link = next((cell.link for cell in cells if cell.link), "")
                found = re.search(r"(?:/(?:regions|cities|shops)/|place=(?:region|city|shop)%3A)([\w-]+)", link)
                if found and re.fullmatch(r"[\d,]+|<\d+", cells[column].text):
                    level = {"s": "shop", "c": "city", "r": "region"}[found[1][0]]
                    places.append((number(cells[column].text), sum(f[level] == found[1] for f in asked.chosen)))
            check.equal(places)


def _fits(face: asyncpg.Record, asked: Question, name: str) -> bool:
    return asked.filters.get(name, face[name]) == face[name]


@pytest.mark.parametrize("min_cell", [0, MIN_CELL])
async def test_every_number_equals_a_count_of_the_faces(
    counted: tuple[Database, list[Any]], tmp_path: Path, min_cell: int
) -> None:
    database, faces = counted
    chance, check = random.Random(min_cell), Check(min_cell)
    with report_server(database, tmp_path, min_cell) as server:
        async with machine(server, server.token(Grant(Level.WORLD))) as client:
            for _ in range(QUESTIONS):
                asked = ask(chance, faces)
                await check_api(client, asked, check)
                await check_pages(client, asked, check)
    assert check.compared > 500
