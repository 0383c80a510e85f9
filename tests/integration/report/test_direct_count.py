"""What pages and API say equals a count of the faces: a random estate, recorded and added up as always, asked at random."""

import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from services.common.vocabulary import AgeBand, Gender
from services.record.adapters.postgres_rollups import PostgresRollups
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.retention import Kept
from services.record.handler.add_up import AddUp, Watch
from services.report.domain.people import Grant
from services.report.domain.places import Level
from tests.html_tables import Table, read_tables
from tests.integration.record.estates import BEGIN, make_estate, random_row
from tests.integration.report.direct_count import ALL, STARTS, Check, Question, ask
from tests.servers.postgres import Database, PostgresServer
from tests.servers.report import ReportServer, report_server
from tests.servers.running import finish

PHOTOS = 1500
QUESTIONS = 12
MIN_CELL = 10
KINDS = {
    *("visitors", "gender", "band", "mood", "cells", "heat", "hour", "day", "week", "month", "breakdown", "league"),
    *("figure", "age table", "heat table", "places table", "league table"),
}
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
        job = AddUp(rollups, kept, lambda: now, Watch(_nothing, _nothing, _nothing, _nothing))
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


async def check_api(client: httpx.AsyncClient, asked: Question, check: Check) -> None:
    async def get(path: str, **words: str | int) -> Any:
        answer = await client.get(f"/api/v1/{path}", params={"place": asked.place, **asked.words, **words})
        assert answer.status_code == 200, answer.text
        return answer.json()

    now = (await get("overview"))["now"]
    check.equal("visitors", [(now["visitors"], len(asked.chosen))])
    for name in ("gender", "band", "mood"):
        true = asked.by(itemgetter(name))
        check.equal(name, [(shown, true[key]) for key, shown in now[f"by_{name}"].items()])
    cells, everybody = (await get("cells"))["cells"], asked.by_cell()
    check.equal("cells", [(row["visitors"], everybody[row["gender"], row["band"], row["mood"]]) for row in cells])
    true = asked.by(lambda face: (face["day"].weekday(), face["hour"]))
    heat = {(cell["weekday"], cell["hour"]): cell for cell in (await get("heat"))["cells"]}
    # The hours of the week are everybody's.
    assert not heat if asked.filters else set(true) <= set(heat)
    check.equal("heat", [(cell["visitors"], true[at]) for at, cell in heat.items() if not cell["gap"]])
    for step in STARTS:
        series = await get("series", step=step)
        if series["step"] == step:
            check_series(series["points"], asked.by(STARTS[step]), step, check)
    inside = {"world": "region", "region": "city", "city": "shop"}.get(asked.level)
    if inside:
        check_places((await get("breakdown"))["places"], asked.by(itemgetter(inside)), "breakdown", check)
    check_places((await get("league", limit=200))["standings"], asked.by(itemgetter("shop")), "league", check)


def check_series(points: list[Any], true: Counter[object], step: str, check: Check) -> None:
    by_start = {datetime.fromisoformat(point["start"]): point for point in points}
    assert set(true) <= set(by_start)
    unknown = [at for at, point in by_start.items() if point["gap"] or point["closed"]]
    assert not any(true[at] for at in unknown)
    check.equal(step, [(point["visitors"], true[at]) for at, point in by_start.items() if at not in unknown])


def check_places(places: list[Any], true: Counter[object], kind: str, check: Check) -> None:
    by_slug = {one["place"]["place"].partition(":")[2]: one for one in places}
    assert set(true) <= set(by_slug)
    known = {slug: one["visitors"] for slug, one in by_slug.items() if not one["gap"] and not one["closed"]}
    check.equal(kind, [(shown, true[slug]) for slug, shown in known.items()])


def number(text: str) -> int | None:
    """As a page writes it; None where it is hidden."""
    return None if text.startswith("<") else int(text.replace(",", ""))


async def check_pages(client: httpx.AsyncClient, asked: Question, check: Check) -> None:
    overview = (await client.get(asked.page, params=asked.words)).text
    figure = re.search(r'<span class="lab">Visitors</span><span class="val">([^<]*|&lt;\d+)</span>', overview)
    if not figure:
        assert not asked.chosen
        return
    check.equal("figure", [(number(figure[1].replace("&lt;", "<")), len(asked.chosen))])
    explore = (await client.get("/explore", params={"place": asked.place, **asked.words})).text
    league = (await client.get("/league", params={"place": asked.place, **asked.words})).text
    for page in (overview, explore):
        check.equal("age table", ages_and_genders(read_tables(page)["age-table"], asked))
    if not asked.filters:
        check.equal("heat table", squares(read_tables(overview)["heat-table"], asked))
    check.equal("places table", places(read_tables(explore).get("places", Table()), 1, asked))
    check.equal("league table", places(read_tables(league).get("league", Table()), 2, asked))


Pairs = list[tuple[int | None, int]]


def ages_and_genders(table: Table, asked: Question) -> Pairs:
    """Shown and true numbers of those who may be in the table."""
    everybody, mood = asked.by_cell(), asked.filters.get("mood", ALL)
    return [
        (number(cell.text), everybody[gender, band, mood])
        for band, row in zip(AgeBand, table.rows[1:-1], strict=True)
        for gender, cell in zip(Gender, row[1:], strict=False)
        if asked.filters.get("gender", gender) == gender and asked.filters.get("band", band) == band
    ]


def squares(table: Table, asked: Question) -> Pairs:
    """Shown and true numbers of the heat map's squares, closed ones and gaps left out."""
    true = asked.by(lambda face: (f"{face['day']:%A}", face["hour"]))
    found: Pairs = []
    for cell in (cell for row in table.rows[1:] for cell in row[1:]):
        square = re.match(r"(\w+), (\d\d).*: ([\d,]+|hidden.*)$", cell.title)
        if square:
            shown = None if square[3].startswith("hidden") else number(square[3])
            found.append((shown, true[square[1], int(square[2])]))
    assert sum(true for _, true in found) == len(asked.chosen)
    return found


def places(table: Table, column: int, asked: Question) -> Pairs:
    """Shown and true numbers of places, gaps and closed ones left out."""
    found: Pairs = []
    for cells in table.rows[1:]:
        link = next((cell.link for cell in cells if cell.link), "")
        place = re.search(r"(?:/(?:regions|cities|shops)/|place=(?:region|city|shop)%3A)([\w-]+)", link)
        if place and re.fullmatch(r"[\d,]+|<\d+", cells[column].text):
            level = {"s": "shop", "c": "city", "r": "region"}[place[1][0]]
            found.append((number(cells[column].text), asked.by(itemgetter(level))[place[1]]))
    return found


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
    # Of a small estate much is hidden.
    assert len({kind for kind, count in check.compared.items() if count > 5}) >= (
        len(KINDS) / 2 if min_cell else len(KINDS)
    )
