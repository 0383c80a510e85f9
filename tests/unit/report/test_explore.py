"""Explore: what the page says of a place, over the tiny world."""

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest

from services.report.domain.people import Role
from services.report.domain.places import Level
from services.report.pages import words
from tests.fakes.report_site import FakeSite
from tests.fakes.tiny_world import Hour, TinyWorld


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
async def client(site: FakeSite) -> AsyncIterator[httpx.AsyncClient]:
    opened, _ = await site.browser(Role.MANAGER)
    async with opened:
        yield opened


def table(page: httpx.Response, name: str) -> list[list[str]]:
    """The cells of a table's body."""
    body = page.text.split(f'id="{name}"')[1].split("</table>")[0].split("<tbody>", 1)[1]
    rows = re.findall(r"<tr.*?>(.*?)</tr>", body, re.DOTALL)
    return [
        [
            unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def visitors(world: TinyWorld, *slugs: str, first: str, last: str) -> int:
    return sum(
        int(hour.cells.sum())
        for (slug, day, _), hour in world.hours.items()
        if slug in slugs and first <= day.isoformat() <= last
    )


async def test_one_drills_down_from_the_world_to_a_shop(site: FakeSite, client: httpx.AsyncClient) -> None:
    path = "/explore?period=7d&gender=female&compare=none"
    for inner, name in (("region:europe", "Europe"), ("city:berlin", "Berlin"), ("shop:berlin-ost", "Ostkreuz")):
        page = await client.get(path)
        assert page.status_code == 200
        links = re.findall(r'<td class="t name"><a href="([^"]+)">([^<]+)</a>', page.text)
        path = unescape(next(address for address, text in links if text == name))
        assert f"place={inner.replace(':', '%3A')}" in path
        # Every other word of the address stays.
        assert {"period=7d", "gender=female", "compare=none"} <= set(path.split("?")[1].split("&"))
    page = await client.get(path)
    assert "<h1" in page.text
    assert ">Ostkreuz</h1>" in page.text
    assert 'id="places"' not in page.text


async def test_places_and_steps_add_up_to_what_was_counted(site: FakeSite, client: httpx.AsyncClient) -> None:
    page = await client.get("/explore?place=city:berlin&from=2026-11-01&to=2026-11-14")
    world = site.tallies.world
    everybody = visitors(world, "berlin-mitte", "berlin-ost", "berlin-west", first="2026-11-01", last="2026-11-14")
    assert f"<b>{words.count(everybody)} visitors</b>" in page.text
    places = {row[0]: row for row in table(page, "places")}
    for slug, name in (("berlin-mitte", "Mitte"), ("berlin-ost", "Ostkreuz")):
        assert places[name][1] == words.count(visitors(world, slug, first="2026-11-01", last="2026-11-14"))
    steps = table(page, "steps")
    assert len(steps) == 14
    assert sum(int(row[1].replace(",", "")) for row in steps) == everybody


@pytest.mark.parametrize(
    ("period", "steps"),
    [
        ("period=today", ["Hour"]),
        ("period=7d", ["Hour", "Day"]),
        ("period=28d", ["Hour", "Day", "Week"]),
        ("period=13w", ["Day", "Week", "Month"]),
        ("from=2025-01-01&to=2026-11-01", ["Week", "Month"]),
    ],
)
async def test_only_steps_that_make_sense_are_offered(client: httpx.AsyncClient, period: str, steps: list[str]) -> None:
    page = await client.get(f"/explore?{period}&step=hour")
    offered = page.text.split('aria-label="Step">')[1].split("</nav>")[0]
    assert re.findall(r">(\w+)</a>", offered) == steps
    assert offered.count('aria-current="true"') == 1


async def test_filters_are_a_form_that_keeps_the_rest_of_the_address(client: httpx.AsyncClient) -> None:
    page = await client.get("/explore?place=city:berlin&period=7d&gender=male&band=25-34&mood=happiness&measure=mood")
    form = page.text.split('<form class="filters"')[1].split("</form>")[0]
    assert sorted(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form)) == [
        ("measure", "mood"),
        ("period", "7d"),
        ("place", "city:berlin"),
    ]
    assert re.findall(r'<option value="([^"]+)" selected>', form) == ["male", "25-34", "happiness"]
    # A choice that is not made is sent as an empty word.
    assert (await client.get("/explore?gender=&band=&mood=&step=")).status_code == 200
    assert "Only: Men, Age 25–34, Happy" in page.text


async def test_a_filter_counts_only_those_who_are_meant(site: FakeSite, client: httpx.AsyncClient) -> None:
    page = await client.get("/explore?place=shop:tokyo-ginza&period=7d&gender=female")
    women = sum(
        int(hour.cells[0].sum())
        for (slug, day, _), hour in site.tallies.world.hours.items()
        if slug == "tokyo-ginza" and "2026-11-17" <= day.isoformat() <= "2026-11-23"
    )
    assert f"<b>{words.count(women)} visitors</b>" in page.text


async def test_small_numbers_are_hidden_and_gaps_are_named(site: FakeSite, client: httpx.AsyncClient) -> None:
    page = await client.get("/explore?place=city:paris&period=28d")
    assert "<b>Fewer than 10 visitors</b>" in page.text
    assert {row[1] for row in table(page, "steps")} == {"<10"}
    total = visitors(site.tallies.world, "paris-louvre", first="2026-10-27", last="2026-11-23")
    assert 0 < total < 10
    assert 'class="few"' in page.text
    gap = await client.get("/explore?place=shop:berlin-mitte&period=7d")
    said = {row[0]: (row[1], row[-1]) for row in table(gap, "steps")}
    assert said["Tue 17 Nov"] == ("no photos", "0.0%")
    assert said["Fri 20 Nov"][1] == "100.0%"
    assert "30 camera hours are missing" in gap.text


async def test_closed_hours_are_no_gap(site: FakeSite, client: httpx.AsyncClient) -> None:
    world = site.tallies.world
    for key, hour in list(world.hours.items()):
        if key[0] == "tokyo-ginza" and key[1].isoformat() == "2026-11-20":
            world.hours[key] = Hour(hour.cells * 0, 0, 0, 0)
    page = await client.get("/explore?place=shop:tokyo-ginza&period=7d")
    said = {row[0]: (row[1], row[-1]) for row in table(page, "steps")}
    assert said["Fri 20 Nov"] == ("closed", "–")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/explore?place=city:nowhere", 404),
        ("/explore?place=city:tokyo", 404),
        ("/explore?place=world", 404),
        ("/explore?place=group:none", 404),
        ("/explore?place=Berlin", 422),
        ("/explore?place=city:berlin'--", 422),
        ("/explore?gender=women", 422),
        ("/explore?measure=faces", 422),
        ("/explore?from=2026-02-01&to=2026-01-01", 422),
        ("/explore?place=city:berlin", 200),
        ("/explore", 200),
    ],
)
async def test_nobody_gets_beyond_what_they_may_see(site: FakeSite, path: str, status: int) -> None:
    client, _ = await site.browser(Role.MANAGER, ((Level.CITY, "berlin"),))
    async with client:
        page = await client.get(path)
    assert page.status_code == status
    assert "Ginza" not in page.text


async def test_all_places_of_somebody_are_one(site: FakeSite) -> None:
    client, _ = await site.browser(Role.MANAGER, ((Level.CITY, "berlin"), (Level.SHOP, "tokyo-ginza")))
    async with client:
        page = await client.get("/explore")
    assert ">Your places</h1>" in page.text
    assert {row[0].split("Coverage")[0] for row in table(page, "places")} == {"Berlin", "Ginza"}


async def test_who_sees_nothing_is_told_so(site: FakeSite) -> None:
    client, _ = await site.browser(Role.MANAGER, ())
    async with client:
        for path in ("/explore", "/league"):
            assert "No places yet" in (await client.get(path)).text


async def test_strangers_are_asked_to_sign_in(site: FakeSite) -> None:
    async with site.stranger() as client:
        for path in ("/explore", "/league", "/compare", "/groups"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")


async def test_a_name_never_becomes_a_script(site: FakeSite, client: httpx.AsyncClient) -> None:
    page = await client.get("/explore?place=city:berlin&find=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page.text
