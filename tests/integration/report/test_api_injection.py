"""Every word of every question, with what attackers write into it; and a manager of one city who asks for others."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from services.report.domain.people import Grant
from services.report.domain.places import Level
from services.report.pages.api import description
from tests.fakes.tiny_world import TinyWorld
from tests.servers.postgres import PostgresServer
from tests.servers.report import ReportServer, report_server
from tests.servers.running import finish
from tests.tiny_estate import fill

ATTACKS = (
    "'",
    "' or '1'='1",
    "'; drop table tally_day; --",
    "x' union select email, password_hash from person --",
    "1); select pg_sleep(9); --",
    "$$; select pg_sleep(9); $$",
    "%",
    "_",
    "\\",
    "{}",
    "{{7*7}}",
    "%s%d%n",
    "\x00",
    "a\x00b",
    "\ud7ff\ue000\uffff",
    "\U0001f937\u200d\u2642\ufe0f",
    "\u202etxt.exe",
    "I\u0307\u0131\u017f",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "-1",
    "99999999999999999999",
    "1e400",
    "nan",
    "",
    " ",
    "world\n",
    "shop:berlin-mitte\n",
    "x" * 6000,
)
OTHERS = ["world", "region:europe", "region:asia", "city:paris", "city:tokyo", "shop:paris-louvre", "shop:tokyo-ginza"]


@pytest.fixture(scope="module")
def server(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportServer]:
    """The service over the tiny world, up to the present."""
    database = finish(postgres_server.fresh_database())
    finish(fill(database, TinyWorld(datetime.now(UTC)), {}, ()))
    with report_server(database, tmp_path_factory.mktemp("report"), min_cell=0) as running:
        yield running
    finish(postgres_server.drop(database))


@pytest.fixture(scope="module")
def admin_token(server: ReportServer) -> str:
    return server.token(Grant(Level.WORLD))


@pytest.fixture(scope="module")
def city_token(server: ReportServer) -> str:
    return server.token(Grant(Level.CITY, "berlin"))


def asking(server: ReportServer, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=20)


@pytest.fixture
async def client(server: ReportServer, admin_token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(server, admin_token) as client:
        yield client


@pytest.fixture
async def manager(server: ReportServer, city_token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(server, city_token) as client:
        yield client


def questions() -> list[tuple[str, str]]:
    """Path and word, of every word of the description."""
    return [
        (path, word["name"])
        for path, methods in description()["paths"].items()
        for word in methods["get"].get("parameters", ())
        if word["in"] == "query"
    ]


async def counted(server: ReportServer) -> int:
    connection = await asyncpg.connect(server.database.dsn("owner"))
    try:
        return int(await connection.fetchval("select sum(visitors) from tally_day"))
    finally:
        await connection.close()


@pytest.mark.parametrize(("path", "word"), questions())
async def test_no_word_reaches_the_database_as_anything_but_a_value(
    server: ReportServer, client: httpx.AsyncClient, path: str, word: str
) -> None:
    before = await counted(server)
    base = {"place": "shop:berlin-mitte"} if path.endswith("compare") else {}
    for attack in ATTACKS:
        answer = await client.get(path.replace("{slug}", "berlin-mitte-cam"), params={**base, word: attack})
        assert answer.status_code in (200, 404, 422), (attack, answer.text)
        assert answer.elapsed.total_seconds() < 8, attack
        assert "password" not in answer.text
        if answer.status_code == 200:
            assert word == "q", attack
    assert await counted(server) == before


@pytest.mark.parametrize("attack", ATTACKS)
async def test_no_camera_is_called_so(client: httpx.AsyncClient, attack: str) -> None:
    answer = await client.get(f"/api/v1/cameras/{quote(attack, safe='')}")
    assert answer.status_code in ((404, 422) if attack else (307,))
    assert "password" not in answer.text


def numbers_in(value: Any) -> list[float]:
    """Every number in an answer."""
    match value:
        case bool():
            return []
        case int() | float():
            return [value]
        case list():
            return [number for one in value for number in numbers_in(one)]
        case dict():
            return [number for one in value.values() for number in numbers_in(one)]
    return []


ASKING = [path for path, word in questions() if word == "place"]


# Of cameras, the world means all that one may see.
@pytest.mark.parametrize(
    ("path", "place"), [pair for pair in product(ASKING, OTHERS) if pair != ("/api/v1/cameras", "world")]
)
async def test_of_another_place_a_manager_gets_not_one_number(
    manager: httpx.AsyncClient, client: httpx.AsyncClient, path: str, place: str
) -> None:
    assert numbers_in((await client.get(path, params={"place": place})).json())
    for extra in ({}, {"period": "7d"}, {"from": "2020-01-01", "to": "2020-01-02"}, {"gender": "female"}):
        words = extra if path != "/api/v1/cameras" else {}
        answer = await manager.get(path, params={"place": place, **words})
        assert answer.status_code == 404
        assert set(answer.json()) == {"error"}
        assert numbers_in(answer.json()) == []


async def test_a_manager_gets_the_same_numbers_of_their_own_places_as_an_admin(
    manager: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    for path in ASKING:
        for place in ("city:berlin", "shop:berlin-ost"):
            mine, theirs = await asyncio.gather(
                manager.get(path, params={"place": place}), client.get(path, params={"place": place})
            )
            assert mine.status_code == theirs.status_code == 200
            assert mine.json() == theirs.json()


async def test_what_a_manager_gets_without_naming_a_place_is_of_their_city(manager: httpx.AsyncClient) -> None:
    others = {"paris", "tokyo", "louvre", "ginza", "asia"}
    for path in description()["paths"]:
        if path.endswith(("{slug}", "compare")):
            continue
        answer = await manager.get(path)
        assert answer.status_code == 200
        assert not [word for word in others if word in answer.text.casefold()], path


async def test_cameras_of_other_places_are_not_there(manager: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    for camera in [one["camera"] for one in (await client.get("/api/v1/cameras")).json()["cameras"]]:
        answer = await manager.get(f"/api/v1/cameras/{camera}")
        assert answer.status_code == (200 if camera.startswith("berlin") else 404)
    assert {one["shop"] for one in (await manager.get("/api/v1/cameras?place=world")).json()["cameras"]} == {
        "berlin-mitte",
        "berlin-ost",
        "berlin-west",
    }
