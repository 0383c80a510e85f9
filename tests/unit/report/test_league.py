"""The league: ranks, order, search and pages, over the tiny world."""

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest

from services.report.domain.people import Role
from services.report.domain.places import Level
from services.report.domain.questions import Asked
from services.report.handler.league import LeagueAsked, ReadLeague
from tests.fakes.report_site import FakeSite
from tests.fakes.tiny_world import Hour


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
async def client(site: FakeSite) -> AsyncIterator[httpx.AsyncClient]:
    opened, _ = await site.browser(Role.MANAGER)
    async with opened:
        yield opened


def names(page: httpx.Response) -> list[str]:
    """Shops in the order of the table."""
    return re.findall(r'<td class="t name"><a href="[^"]+">([^<]+)</a>', page.text)


@pytest.mark.parametrize(
    ("query", "ranked"),
    [
        ("", ["Ginza", "Mitte", "Ostkreuz"]),
        ("?sort=visitors&order=up", ["Ostkreuz", "Mitte", "Ginza"]),
        ("?sort=name", ["Ginza", "Mitte", "Ostkreuz"]),
        ("?sort=name&order=down", ["Ostkreuz", "Mitte", "Ginza"]),
        ("?sort=per_open_hour", ["Ginza", "Mitte", "Ostkreuz"]),
        ("?sort=coverage&order=up", ["Mitte", "Ginza", "Ostkreuz"]),
        ("?place=city:berlin", ["Mitte", "Ostkreuz"]),
        ("?place=region:asia", ["Ginza"]),
    ],
)
async def test_shops_are_ranked_by_what_is_asked(client: httpx.AsyncClient, query: str, ranked: list[str]) -> None:
    page = await client.get(f"/league{query}")
    assert page.status_code == 200
    assert names(page)[: len(ranked)] == ranked


async def test_fewer_hours_without_photos_do_not_push_a_shop_down(site: FakeSite) -> None:
    # Of two shops with as many visitors an hour, the one that was open half of the time is as good.
    world = site.tallies.world
    for key, hour in list(world.hours.items()):
        if key[0] == "berlin-ost":
            world.hours[key] = (
                world.hours[("tokyo-ginza", key[1], key[2])] if key[2] < 14 else Hour(hour.cells * 0, 0, 0, 0)
            )
    client, _ = await site.browser()
    read = ReadLeague(site.tallies, 10)
    league = await read(1, Asked(Level.WORLD), LeagueAsked())
    by_name = {standing.place.site.place.name: standing.place for standing in league.standings}
    ost, ginza = by_name["Ostkreuz"], by_name["Ginza"]
    assert ost.visitors is not None
    assert ginza.visitors is not None
    assert ost.visitors < 0.55 * ginza.visitors
    assert ost.per_open_hour == pytest.approx(ginza.per_open_hour, rel=0.1)
    await client.aclose()


@pytest.mark.parametrize(
    "measure", ["visitors", "per_open_hour", "change", "median_age", "women", "mood", "coverage", "name"]
)
async def test_every_column_sorts_and_says_so(client: httpx.AsyncClient, measure: str) -> None:
    page = await client.get(f"/league?sort={measure}&period=7d")
    heads = re.findall(r'<th scope="col"[^>]*?(?:aria-sort="(\w+)")?><a class="sortb" href="([^"]+)">', page.text)
    assert len(heads) == 8
    directions = {unescape(address).split("sort=")[1].split("&")[0]: direction for direction, address in heads}
    assert directions == dict.fromkeys(directions, "") | {measure: "ascending" if measure == "name" else "descending"}
    assert all("period=7d" in address for _, address in heads)
    turned = next(unescape(address) for direction, address in heads if direction)
    other = await client.get(turned)
    assert f'aria-sort="{"descending" if measure == "name" else "ascending"}"' in other.text


async def test_shops_without_a_rank_say_why(site: FakeSite, client: httpx.AsyncClient) -> None:
    page = await client.get("/league")
    unranked = page.text.split('class="un"')[1]
    assert "Not ranked" in unranked
    louvre, westend = unranked.split("Louvre</a>")[1].split("Westend</a>")
    assert "Fewer than 10 visitors" in louvre
    assert "Photos of only 25.0% of its opening hours" in westend
    for key, hour in list(site.tallies.world.hours.items()):
        if key[0] == "tokyo-ginza":
            site.tallies.world.hours[key] = Hour(hour.cells * 0, 0, 0, 0)
    page = await client.get("/league")
    assert "Not open in this period" in page.text.split('class="un"')[1].split("Ginza</a>")[1]


async def test_gaps_are_hatched_and_warned_of(client: httpx.AsyncClient) -> None:
    page = await client.get("/league")
    mitte = page.text.split(">Mitte</a>")[1].split("</tr>")[0]
    assert '<rect class="g"' in mitte
    assert 'class="over"' in mitte
    ginza = page.text.split(">Ginza</a>")[1].split("</tr>")[0]
    assert '<rect class="g"' not in ginza
    assert 'class="over' not in ginza


@pytest.mark.parametrize(
    ("find", "found"),
    [("gin", ["Ginza"]), ("TOKYO", ["Ginza"]), ("ber", ["Mitte", "Ostkreuz", "Westend"]), ("%", []), ("x'y", [])],
)
async def test_shops_are_found_by_their_own_or_their_citys_name(
    client: httpx.AsyncClient, find: str, found: list[str]
) -> None:
    page = await client.get("/league", params={"find": find, "period": "7d"})
    assert sorted(names(page)) == found
    assert ("No shop is called that" in page.text) is not bool(found)


async def test_a_rank_stays_when_one_searches(client: httpx.AsyncClient) -> None:
    page = await client.get("/league?find=ost")
    assert re.findall(r'<td class="t rank">([^<]+)</td>', page.text) == ["3"]


async def test_twenty_are_shown_at_a_time(site: FakeSite, client: httpx.AsyncClient) -> None:
    read = ReadLeague(site.tallies, 10)
    first = await read(1, Asked(Level.WORLD), LeagueAsked(limit=2))
    second = await read(1, Asked(Level.WORLD), LeagueAsked(offset=2, limit=2))
    assert [standing.rank for standing in (*first.standings, *second.standings)] == [1, 2, 3, None]
    assert (first.found, first.ranked, first.shops) == (5, 3, 5)
    assert set(second.lines) == {standing.place.site.scope_id for standing in second.standings}
    beyond = await client.get("/league?page=2&period=7d")
    assert "Nothing more here" in beyond.text
    assert 'href="/league?period=7d"' in beyond.text


async def test_links_keep_the_rest_of_the_address(client: httpx.AsyncClient) -> None:
    page = await client.get("/league?period=7d&gender=male&sort=women&find=ginza")
    shop = unescape(re.search(r'<td class="t name"><a href="([^"]+)"', page.text)[1])  # type: ignore[index]
    assert shop == "/shops/tokyo-ginza?period=7d&gender=male"


async def test_a_league_is_only_of_what_one_may_see(site: FakeSite) -> None:
    client, _ = await site.browser(Role.MANAGER, ((Level.CITY, "berlin"),))
    async with client:
        page = await client.get("/league")
        assert set(names(page)) == {"Mitte", "Ostkreuz", "Westend"}
        for place in ("world", "region:europe", "city:tokyo", "shop:tokyo-ginza"):
            assert (await client.get(f"/league?place={place}")).status_code == 404
        for query in ("sort=faces", "order=sideways", "page=0", "page=x", "find=" + "x" * 101):
            assert (await client.get(f"/league?{query}")).status_code == 422
