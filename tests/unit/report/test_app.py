"""What the application answers, over fakes."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from services.report.domain.places import Level
from tests.fakes.report_site import FakeSite


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
async def client(site: FakeSite) -> AsyncIterator[httpx.AsyncClient]:
    opened, _ = await site.browser()
    async with opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/regions/europe", "/cities/berlin", "/shops/berlin-mitte"])
async def test_every_place_has_an_overview(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert "visitors" in page.text
    assert 'id="chart-data"' in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/regions/nowhere", 404),
        ("/nothing", 404),
        ("/static/nothing.js", 404),
        ("/static/../settings.py", 404),
        ("/?period=1y", 422),
        ("/?from=yesterday", 422),
        ("/?from=2026-02-01&to=2026-01-01", 422),
        ("/?from=2000-01-01", 422),
        ("/?gender=both", 422),
        ("/regions/Europe", 422),
        ("/shops/" + "x" * 200, 422),
        ("/regions/%27%3B%20drop", 422),
    ],
)
async def test_a_wrong_question_gets_a_page_that_helps(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert "Go to the overview" in answer.text


async def test_away_is_said_and_tried_again(client: httpx.AsyncClient, site: FakeSite) -> None:
    site.tallies.away = True
    answer = await client.get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "data-retry" in answer.text
    site.tallies.away = False
    assert (await client.get("/")).status_code == 200


async def test_every_answer_forbids_what_is_not_ours(client: httpx.AsyncClient) -> None:
    for path in ("/", "/api/openapi.json", "/static/app.css", "/nothing", "/login"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/")).headers["cache-control"] == "no-store"
    assert "immutable" in (await client.get("/static/app.css?v=1")).headers["cache-control"]


async def test_static_texts_are_compressed_for_whoever_understands_it(client: httpx.AsyncClient) -> None:
    short = await client.get("/static/app.css", headers={"Accept-Encoding": "gzip"})
    long = await client.get("/static/app.css", headers={"Accept-Encoding": "identity"})
    assert short.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in long.headers
    assert short.text == long.text
    assert int(short.headers["content-length"]) < int(long.headers["content-length"]) / 2


async def test_another_name_for_this_machine_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 400


async def test_the_api_describes_itself_and_no_page(client: httpx.AsyncClient) -> None:
    description = (await client.get("/api/openapi.json")).json()
    assert all(path.startswith("/api/") for path in description["paths"])
    assert json.dumps(description).count("//cdn") == 0


async def test_places_are_found_by_their_letters(client: httpx.AsyncClient) -> None:
    answer = await client.get("/find", params={"q": "ber"})
    assert answer.status_code == 200
    assert 'href="/cities/berlin"' in answer.text
    assert (await client.get("/find", params={"q": "\0"})).status_code == 200
    assert "Ginza" not in (await client.get("/find", params={"q": "%"})).text


async def test_whoever_may_see_one_place_begins_there(site: FakeSite) -> None:
    one, _ = await site.browser(access=((Level.CITY, "berlin"),))
    answer = await one.get("/?period=7d")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cities/berlin?period=7d")
    two, _ = await site.browser(access=((Level.CITY, "berlin"), (Level.SHOP, "tokyo-ginza")))
    answer = await two.get("/")
    assert answer.status_code == 200
    assert "Your places" in answer.text
    none, _ = await site.browser(access=())
    assert (await none.get("/")).status_code == 200
