"""Somebody opens the overview in the morning: its numbers are right, day and night, with and without scripts."""

from playwright.sync_api import Browser, Page, expect

from services.report.domain.periods import Preset
from services.report.domain.places import Level
from tests.browser.real_site import ADMIN, CITY, PAIR, RealSite
from tests.browser.tiny_site import painted

BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def kpi(page: Page, label: str) -> str:
    """What the figure at the top says."""
    tile = page.locator(".kpi", has=page.locator(".lab", has_text=label))
    return tile.locator(".val").inner_text()


def colours(page: Page, chart: str) -> int:
    """How many different colours a chart's canvas shows: an empty one has one."""
    count: int = page.evaluate(
        """chart => { const c = document.querySelector(`[data-chart=${chart}] canvas`);
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, s = new Set();
        for (let i = 0; i < d.length; i += 40) s.add(d[i] << 24 | d[i+1] << 16 | d[i+2] << 8 | d[i+3]); return s.size; }""",
        chart,
    )
    return count


def test_the_numbers_are_those_of_the_world(page: Page, site: RealSite) -> None:
    page.goto("/")
    assert kpi(page, "Visitors") == f"{site.visitors(Level.WORLD):,}"
    page.goto("/regions/asia?period=7d")
    assert kpi(page, "Visitors") == f"{site.visitors(Level.REGION, 'asia', Preset.WEEK):,}"
    page.goto("/shops/berlin-ost?period=yesterday")
    assert kpi(page, "Visitors") == f"{site.visitors(Level.SHOP, 'berlin-ost', Preset.YESTERDAY):,}"


def test_every_chart_draws_something(page: Page) -> None:
    page.goto("/cities/berlin")
    painted(page)
    for chart in ("time", "pyramid", "mood"):
        assert colours(page, chart) > 3, chart


def test_places_that_somebody_sees_are_one_place(site: RealSite, browser: Browser) -> None:
    with site.page(browser, PAIR) as page:
        page.goto("/")
        expect(page.locator("h1")).to_have_text("Your places")
        places = ((Level.SHOP, "berlin-mitte"), (Level.CITY, "tokyo"))
        seen = sum(site.visitors(*place, among=places) for place in places)
        assert kpi(page, "Visitors") == f"{seen:,}"
        assert page.locator("#inside-table .name a").all_inner_texts() == ["Tokyo", "Mitte"]


def test_a_manager_of_a_city_begins_there(site: RealSite, browser: Browser) -> None:
    with site.page(browser, CITY) as page:
        page.goto("/")
        expect(page.locator("h1")).to_have_text("Berlin")
        assert kpi(page, "Visitors") == f"{site.visitors(Level.CITY, 'berlin'):,}"


def test_a_group_is_seen_as_one_place(page: Page, site: RealSite) -> None:
    page.goto("/groups/spree")
    expect(page.locator("h1")).to_have_text("Along the Spree")
    assert kpi(page, "Visitors") == f"{site.visitors(Level.CITY, 'berlin'):,}"


def test_a_theme_is_remembered_and_else_follows_the_machine(site: RealSite, browser: Browser) -> None:
    with site.page(browser, ADMIN) as page:
        page.goto("/")
        bright = page.evaluate(BACKGROUND)
        page.get_by_role("button", name="Use dark theme").click()
        dark = page.evaluate(BACKGROUND)
        assert dark != bright
        page.goto("/league")
        assert page.evaluate(BACKGROUND) == dark
        expect(page.get_by_role("button", name="Use light theme")).to_be_visible()
    with site.page(browser, ADMIN, color_scheme="dark") as page:
        page.goto("/")
        assert page.evaluate(BACKGROUND) == dark
        page.emulate_media(color_scheme="light")
        page.reload()
        assert page.evaluate(BACKGROUND) == bright


def test_the_numbers_are_there_without_scripts(site: RealSite, browser: Browser) -> None:
    with site.page(browser, CITY, java_script_enabled=False) as page:
        page.goto("/")
        assert kpi(page, "Visitors") == f"{site.visitors(Level.CITY, 'berlin'):,}"
        page.locator("#inside-table a").first.click()
        assert "/shops/" in page.url
