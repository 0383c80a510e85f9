"""What each role opens, what it is refused, and that nobody sees a place that is not theirs, by whatever address."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.report.domain.places import Level
from tests.browser.real_site import ADMIN, ANALYST, CITY, NOBODY, PAIR, PERSONAS, Persona, RealSite, listen
from tests.browser.test_every_page import PAGES

OPEN = (
    "/", "/explore", "/compare", "/league", "/cameras", "/camera-check", "/privacy", "/privacy/notice", "/groups",
    "/find?q=mitte", "/account", "/schedules", "/schedules/new",
)  # fmt: skip
ADMINS = tuple(path for path in PAGES if path.startswith("/admin"))
# The admin opens every page in test_every_page.
OTHERS = tuple(who for who in PERSONAS if who is not ADMIN)
# Where each of them may see what is there, and where there is nothing for them.
THEIRS = {
    ADMIN: ("/regions/asia", "/shops/paris-louvre", "/cameras/tokyo-ginza-cam", "/groups/far"),
    ANALYST: ("/regions/europe", "/cities/paris", "/shops/berlin-ost", "/cameras/berlin-mitte-cam", "/groups/spree"),
    CITY: ("/cities/berlin", "/shops/berlin-west", "/cameras/berlin-ost-cam", "/groups/spree"),
    PAIR: ("/cities/tokyo", "/shops/berlin-mitte", "/shops/tokyo-ginza", "/cameras/tokyo-ginza-cam"),
    NOBODY: (),
}
NOT_THEIRS = {
    ADMIN: ("/regions/atlantis", "/shops/nothing", "/cameras/nothing"),
    ANALYST: ("/regions/asia", "/cities/tokyo", "/shops/tokyo-ginza", "/cameras/tokyo-ginza-cam", "/groups/far"),
    CITY: ("/regions/europe", "/cities/paris", "/shops/paris-louvre", "/cameras/paris-louvre-cam", "/groups/far"),
    PAIR: ("/regions/asia", "/cities/berlin", "/shops/berlin-ost", "/cameras/berlin-ost-cam", "/groups/spree"),
    NOBODY: ("/regions/europe", "/cities/berlin", "/shops/berlin-mitte", "/cameras/berlin-mitte-cam", "/groups/spree"),
}


@pytest.fixture(scope="module")
def pages(site: RealSite, browser: Browser) -> Iterator[dict[Persona, Page]]:
    """A page of everybody's."""
    windows = [site.window(browser, who) for who in PERSONAS]
    yield {who: window.__enter__().new_page() for who, window in zip(PERSONAS, windows, strict=True)}
    for window in windows:
        window.__exit__(None, None, None)


def status(page: Page, path: str) -> int:
    """Open a page; what the server says of it."""
    answer = page.goto(path, wait_until="domcontentloaded")
    assert answer
    assert page.locator("h1").count() == 1
    return answer.status


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("who", OTHERS, ids=str)
def test_every_page_is_open_to_who_may_see_it(
    pages: dict[Persona, Page], site: RealSite, who: Persona, path: str
) -> None:
    complaints = listen(pages[who], site.url)
    assert status(pages[who], path) == 200
    assert not is_sent_to_admins(pages[who]), "whoever may not go there is not sent there"
    assert complaints == []


def test_an_admin_is_sent_to_the_admins_pages(pages: dict[Persona, Page]) -> None:
    assert status(pages[ADMIN], "/") == 200
    assert is_sent_to_admins(pages[ADMIN])


def is_sent_to_admins(page: Page) -> bool:
    return page.get_by_role("link", name="Admin", exact=True).count() > 0


@pytest.mark.parametrize("path", ADMINS)
@pytest.mark.parametrize("who", [ANALYST, CITY], ids=str)
def test_admin_pages_are_for_admins(pages: dict[Persona, Page], who: Persona, path: str) -> None:
    assert status(pages[who], path) == 403
    expect(pages[who].locator("h1")).to_have_text("That is not for you")


@pytest.mark.parametrize("who", PERSONAS, ids=str)
def test_a_place_is_there_for_who_may_see_it_alone(pages: dict[Persona, Page], who: Persona) -> None:
    for path in THEIRS[who]:
        assert status(pages[who], path) == 200, path
    for path in NOT_THEIRS[who]:
        assert status(pages[who], path) == 404, path
        expect(pages[who].locator("h1")).to_have_text("There is nothing here")


def test_nobody_reads_anything_before_they_sign_in(site: RealSite, browser: Browser) -> None:
    with site.window(browser) as window:
        for path in (*OPEN, *ADMINS, "/export/overview.csv", "/static/../admin/people"):
            answer = window.request.get(path)
            assert "/login" in answer.url, path
            assert "Mitte" not in answer.text()
        for path in ("/api/v1/overview", "/api/v1/places", "/api/v1/cameras"):
            assert window.request.get(path).status == 401, path


PLACES = ("region:asia", "region:europe", "city:tokyo", "city:paris", "shop:tokyo-ginza", "shop:paris-louvre",
          "group:far", "world")  # fmt: skip
TOKYO = "city:tokyo"
# Every address that numbers or names can be asked for at; {} is a place.
ASKED = (
    "/explore?place={}", "/map?place={}", "/league?place={}", "/cameras?place={}", "/compare?subject={}&subject=city:berlin",
    "/compare?subject=city:berlin@previous&subject={}",
    "/export/overview.csv?place={}", "/export/overview.xlsx?place={}", "/export/overview.pdf?place={}",
    "/export/explore.csv?place={}", "/export/league.csv?place={}", "/export/cameras.csv?place={}",
    "/export/compare.xlsx?subject=city:berlin&subject={}",
    "/api/v1/overview?place={}", "/api/v1/series?place={}", "/api/v1/cells?place={}", "/api/v1/heat?place={}",
    "/api/v1/breakdown?place={}", "/api/v1/league?place={}", "/api/v1/cameras?place={}",
    "/api/v1/compare?place=city:berlin&place={}",
)  # fmt: skip


@pytest.mark.parametrize("pattern", ASKED)
def test_a_manager_of_one_city_sees_no_other(pages: dict[Persona, Page], site: RealSite, pattern: str) -> None:
    ask = pages[CITY].context.request
    assert ask.get(pattern.format("city:berlin")).status == 200, "it is the place that is refused"
    for place in PLACES:
        answer = ask.get(pattern.format(place))
        if (place, "cameras" in pattern) != ("world", True):  # to cameras, the world is all that one may see
            assert answer.status in (403, 404), place
        assert tells(site, answer.text()) == [], place


def test_lists_hold_nothing_of_other_places(pages: dict[Persona, Page], site: RealSite) -> None:
    ask = pages[CITY].context.request
    for path in (
        "/", "/explore", "/league", "/league?find=ginz", "/cameras", "/cameras?q=toky", "/compare?find=tok",
        "/compare?find=louv", "/find?q=tok", "/find?q=Louv", "/groups", "/schedules", "/account",
        "/api/v1/places", "/api/v1/me", "/api/v1/league?limit=100", "/api/v1/cameras?q=ginz",
        "/export/league.csv", "/export/cameras.csv", "/export/overview.csv",
    ):  # fmt: skip
        answer = ask.get(path)
        assert answer.status == 200, path
        assert tells(site, answer.text()) == [], path


def tells(site: RealSite, text: str) -> list[str]:
    """What a text says of places outside Berlin; the names of time zones, and what somebody typed, say nothing."""
    for typed in ("Asia/", "city:tokyo", "tokyo-ginza", "paris-louvre", "region:asia", "city:paris"):
        text = text.replace(typed, "")
    text = re.sub(r'value="[^"]*"|Europe/\w+', "", text)
    numbers = [site.visitors(Level.WORLD), site.visitors(Level.REGION, "asia")]
    secret = ["Ginza", "Louvre", "Tokyo", "Paris", "Asia", "Far away", *map(str, numbers), *map("{:,}".format, numbers)]
    return [word for word in secret if word in text]


def test_a_schedule_tells_nobody_more_than_they_may_see(site: RealSite, browser: Browser) -> None:
    with site.page(browser, CITY) as page:
        page.goto("/schedules/new?place=city:tokyo")
        page.get_by_label("Name").fill("Not mine")
        page.get_by_role("textbox", name="Place", exact=True).fill("city:tokyo")
        page.get_by_label("Recipients").fill("ana@example.com")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".note.bad")).to_be_visible()
        page.goto("/schedules")
        expect(page.locator("#schedules")).to_have_count(0)


def test_a_group_cannot_be_made_of_other_peoples_shops(pages: dict[Persona, Page]) -> None:
    page = pages[ANALYST]
    page.goto("/groups?name=Spy&shop=berlin-mitte&shop=berlin-ost&shop=tokyo-ginza")
    assert "Ginza" not in page.content()
    csrf = page.locator("meta[name=csrf]").get_attribute("content")
    shops = ("berlin-mitte", "berlin-ost", "tokyo-ginza")
    form = "&".join(["name=Spy", f"csrf={csrf}", *(f"shop={shop}" for shop in shops)])
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = page.context.request.post("/groups", data=form, headers=headers)
    assert answer.status == 422
    assert "Ginza" not in answer.text()


def test_who_sees_no_place_is_told_so(pages: dict[Persona, Page]) -> None:
    page = pages[NOBODY]
    page.goto("/")
    expect(page.locator("main")).to_contain_text("No places yet")
    assert "Mitte" not in page.content()
