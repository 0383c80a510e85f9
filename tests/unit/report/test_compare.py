"""Compare: subjects in an address, side by side, over the tiny world."""

import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.report.domain.groups import ShopGroup
from services.report.domain.people import Role
from services.report.domain.periods import Comparison, PeriodError, Preset
from services.report.domain.places import Level
from services.report.domain.questions import period_of
from services.report.pages import words
from services.report.pages.questions import When
from services.report.pages.subjects import place_of, read_subject
from tests.fakes.report_site import FakeSite

TODAY = date(2026, 11, 24)


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
async def client(site: FakeSite) -> AsyncIterator[httpx.AsyncClient]:
    opened, _ = await site.browser(Role.MANAGER)
    async with opened:
        yield opened


def rows(page: httpx.Response) -> list[list[str]]:
    """The cells of the table of numbers."""
    body = page.text.split('id="subjects"')[1].split("</table>")[0].split("<tbody>", 1)[1]
    return [
        [
            re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", cell))).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


def subjects(address: str) -> list[str]:
    return parse_qs(urlsplit(unescape(address)).query).get("subject", [])


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("city:berlin", date(2026, 11, 17), date(2026, 11, 23)),
        ("city:berlin@previous", date(2026, 11, 10), date(2026, 11, 16)),
        ("city:berlin@year", date(2025, 11, 18), date(2025, 11, 24)),
        ("city:berlin@2026-10-01..2026-10-28", date(2026, 10, 1), date(2026, 10, 28)),
    ],
)
def test_a_word_says_a_place_and_a_period(word: str, first: date, last: date) -> None:
    asked = read_subject(word, When(period=Preset.WEEK))
    period = period_of(asked, TODAY)
    assert (asked.level, asked.slug) == (Level.CITY, "berlin")
    assert (period.first, period.last) == (first, last)
    assert place_of(word) == "city:berlin"


def test_days_that_are_none_are_no_period() -> None:
    with pytest.raises(PeriodError):
        read_subject("world@2026-02-30..2026-03-01", When())
    with pytest.raises(PeriodError):
        period_of(read_subject("world@2026-03-02..2026-03-01", When()), TODAY)


def test_a_moved_period_is_as_long_as_the_one_that_is_asked_for() -> None:
    asked = read_subject("world@previous", When(first=date(2026, 11, 1), last=date(2026, 11, 10)))
    assert asked.moved is Comparison.PREVIOUS
    assert period_of(asked, TODAY).days == 10


async def test_places_stand_side_by_side_with_their_differences(site: FakeSite, client: httpx.AsyncClient) -> None:
    page = await client.get("/compare?subject=shop:berlin-mitte&subject=shop:berlin-ost&period=7d&compare=none")
    mitte, ost = rows(page)
    count = {
        slug: sum(
            int(hour.cells.sum())
            for (shop, day, _), hour in site.tallies.world.hours.items()
            if shop == slug and date(2026, 11, 17) <= day <= date(2026, 11, 23)
        )
        for slug in ("berlin-mitte", "berlin-ost")
    }
    assert mitte[0].startswith("Mitte")
    assert mitte[1] == words.count(count["berlin-mitte"])
    assert ost[1].split()[0] == words.count(count["berlin-ost"])
    # Mitte has photos of 40 of 70 hours: the difference is corrected for the missing ones.
    corrected = count["berlin-ost"] / (count["berlin-mitte"] * 70 / 40) - 1
    assert ost[1].split()[1] == words.change(corrected)
    assert ost[3].endswith("pts")
    assert [row[-2].split()[0] for row in (mitte, ost)] == ["57.1%", "100.0%"]


async def test_periods_stand_side_by_side(client: httpx.AsyncClient) -> None:
    page = await client.get(
        "/compare?subject=city:berlin&subject=city:berlin@previous&subject=city:berlin@year&period=7d"
    )
    assert [row[0] for row in rows(page)] == [
        "Berlin 17 Nov – 23 Nov 2026",
        "Berlin 10 Nov – 16 Nov 2026",
        "Berlin 18 Nov – 24 Nov 2025",
    ]
    # Nothing is known of a year ago: that is said, and is not zero.
    assert rows(page)[2][1] == "no data –"
    assert "Berlin, 10 Nov – 16 Nov 2026" in page.text


async def test_subjects_are_found_added_and_taken_away(site: FakeSite, client: httpx.AsyncClient) -> None:
    site.tallies.groups.append(ShopGroup("near", "Near", 99, True, ("berlin-mitte", "berlin-ost", "berlin-west")))
    start = await client.get("/compare")
    assert "Nothing to compare yet" in start.text
    assert subjects(re.findall(r'href="(/compare\?subject=[^"]+)"', start.text.split('id="found-periods"')[1])[0]) == [
        "world",
        "world@previous",
    ]
    page = await client.get("/compare?subject=city:berlin&period=7d&find=gin")
    form = page.text.split('<form class="filters"')[1].split("</form>")[0]
    assert 'type="hidden" name="subject" value="city:berlin"' in form
    assert 'name="period" value="7d"' in form
    found = re.findall(r'href="(/compare\?[^"]+)"', page.text.split('id="found-subjects"')[1].split("</ul>")[0])
    assert [subjects(address) for address in found] == [["city:berlin", "shop:tokyo-ginza"]]
    page = await client.get(unescape(found[0]))
    assert page.status_code == 200
    assert len(rows(page)) == 2
    offered = re.findall(r'href="(/compare\?[^"]+)"', page.text.split('id="found-subjects"')[1].split("</ul>")[0])
    assert ["city:berlin", "shop:tokyo-ginza", "group:near"] in [subjects(address) for address in offered]
    removed = re.findall(r'<a class="iconbtn sm" href="(/compare[^"]*)" aria-label="Take away', page.text)
    assert [subjects(address) for address in removed] == [["shop:tokyo-ginza"], ["city:berlin"]]
    assert all("period=7d" in address for address in removed)


async def test_there_is_room_for_six(client: httpx.AsyncClient) -> None:
    words_ = ["world", "region:europe", "region:asia", "city:berlin", "city:paris", "city:tokyo", "shop:berlin-ost"]
    page = await client.get("/compare", params={"subject": words_})
    assert len(rows(page)) == 6
    assert "There is room for no more" in page.text
    twice = await client.get("/compare", params={"subject": ["world", "world"]})
    assert len(rows(twice)) == 1


async def test_small_numbers_are_hidden(client: httpx.AsyncClient) -> None:
    page = await client.get("/compare?subject=city:paris&subject=city:tokyo")
    paris, _ = rows(page)
    assert paris[1:6] == ["<10", "–", "–", "–", "–"]
    bands = page.text.split('id="t-bands-table"')[1].split("</table>")[0]
    assert bands.count('class="few"') == 8


async def test_namesakes_are_told_apart(site: FakeSite, client: httpx.AsyncClient) -> None:
    shops = ("berlin-mitte", "berlin-ost", "berlin-west")
    site.tallies.groups += [ShopGroup("a", "Berlin", 99, True, shops), ShopGroup("b", "Berlin", 99, True, shops)]
    page = await client.get("/compare?subject=city:berlin&subject=group:a&subject=group:b")
    assert [row[0].split(" 27")[0] for row in rows(page)] == ["Berlin (City)", "Berlin (a)", "Berlin (b)"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("subject=city:tokyo", 404),
        ("subject=city:berlin&subject=world", 404),
        ("subject=group:none", 404),
        ("subject=berlin", 422),
        ("subject=city:berlin@tomorrow", 422),
        ("subject=city:berlin@2026-13-01..2026-13-02", 422),
        ("subject=city:berlin@2026-11-02..2026-11-01", 422),
        ("&".join(f"subject=shop:s-{i}" for i in range(21)), 422),
        ("measure=faces", 422),
        ("find=" + "x" * 101, 422),
        ("subject=city:berlin&measure=mood", 200),
    ],
)
async def test_nobody_gets_beyond_what_they_may_see(site: FakeSite, query: str, status: int) -> None:
    client, _ = await site.browser(Role.MANAGER, ((Level.CITY, "berlin"),))
    async with client:
        page = await client.get(f"/compare?{query}")
    assert page.status_code == status
    assert "Ginza" not in page.text


async def test_a_title_and_the_table_follow_the_measure(client: httpx.AsyncClient) -> None:
    page = await client.get("/compare?subject=world&measure=mood&period=7d")
    assert ">Mood index per day</h2>" in page.text
    assert '<caption class="sr">Mood index</caption>' in page.text
    chosen = page.text.split('aria-label="Measure">')[1].split("</nav>")[0]
    assert re.findall(r'aria-current="true">([^<]+)<', chosen) == ["Mood index"]
