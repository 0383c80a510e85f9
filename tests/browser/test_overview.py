"""A manager opens the report: drills down, reads numbers, in the dark, on a phone, without a mouse."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site

ROOT = Path(__file__).parents[2]
# `make pictures` copies them to docs/images.
PICTURES = ROOT / "build" / "pictures"
AXE = ROOT / "services" / "report" / "web" / "node_modules" / "axe-core" / "axe.min.js"


def kpi(page: Page, label: str) -> str:
    tile = page.locator(".kpi", has=page.get_by_text(label, exact=True))
    return tile.locator(".val").inner_text()


def painted(page: Page) -> None:
    """Wait until every chart has drawn something."""
    page.wait_for_function(
        "[...document.querySelectorAll('[data-chart]')].every(e => e.offsetParent === null || e.querySelector('canvas'))"
    )


def pixels_of_colour(page: Page, chart: str) -> int:
    """How many different colours a chart's canvas shows: an empty one has one."""
    count: int = page.evaluate(
        """chart => { const c = document.querySelector(`[data-chart=${chart}] canvas`);
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, s = new Set();
        for (let i = 0; i < d.length; i += 40) s.add(d[i] << 24 | d[i+1] << 16 | d[i+2] << 8 | d[i+3]); return s.size; }""",
        chart,
    )
    return count


def test_a_manager_drills_from_the_world_to_a_shop_and_back(page: Page, site: Site) -> None:
    page.goto(site.url)
    painted(page)
    total = sum(site.visitors.values())
    assert kpi(page, "Visitors") == f"{total:,}"
    page.get_by_role("link", name="Europe").click()
    expect(page.locator("h1")).to_have_text("Europe")
    europe = site.visitors["berlin-mitte"] + site.visitors["berlin-ost"]
    assert kpi(page, "Visitors") == f"{europe:,}"
    page.get_by_role("link", name="Berlin").click()
    expect(page.locator("h1")).to_have_text("Berlin")
    page.get_by_role("link", name="Berlin-Mitte").click()
    expect(page.locator("h1")).to_have_text("Berlin-Mitte")
    assert page.url.startswith(f"{site.url}/shops/berlin-mitte")
    assert kpi(page, "Visitors") == f"{site.visitors['berlin-mitte']:,}"
    row = page.locator("#camera-table tbody tr").first
    assert row.locator("td").all_inner_texts()[:3] == ["berlin-mitte-cam", "1,000", "900"]
    painted(page)
    assert pixels_of_colour(page, "hours") > 3
    assert pixels_of_colour(page, "pyramid") > 3

    page.go_back()
    expect(page.locator("h1")).to_have_text("Berlin")
    page.reload()
    expect(page.locator("h1")).to_have_text("Berlin")
    page.locator(".crumbs").get_by_role("link", name="World").click()
    expect(page.locator("h1")).to_have_text("World")


def test_tables_say_the_same_as_the_tiles(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/shops/tokyo-ginza")
    for button in page.get_by_role("button", name="Show as table").all():
        button.click()
    total = f"{site.visitors['tokyo-ginza']:,}"
    assert page.locator("#age-table tbody tr").last.locator("td").last.inner_text() == total
    hours = page.locator("[aria-labelledby=t-hours] .figtable tbody td").all_inner_texts()
    assert sum(int(number.replace(",", "")) for number in hours) == site.visitors["tokyo-ginza"]
    moods = page.locator("#mood-table tbody tr td:nth-child(2)").all_inner_texts()
    assert sum(int(number.replace(",", "")) for number in moods) == site.visitors["tokyo-ginza"]


def test_the_period_is_in_the_address_and_survives_the_way_down(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.get_by_role("link", name="7 days").click()
    expect(page).to_have_url(re.compile("period=7d"))
    expect(page.locator(".seg [aria-current]")).to_have_text("7 days")
    page.get_by_role("link", name="Asia").click()
    expect(page.locator("h1")).to_have_text("Asia")
    expect(page).to_have_url(re.compile(r"/regions/asia\?period=7d"))
    week = int(kpi(page, "Visitors").replace(",", ""))
    assert 0 < week < site.visitors["tokyo-ginza"]
    page.get_by_role("link", name="Today").click()
    expect(page.locator(".digest")).to_contain_text("today")


@pytest.mark.parametrize("path", ["/", "/shops/berlin-mitte", "/regions/nowhere", "/?from=2020-01-01&to=2020-01-02"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_the_page(page: Page, site: Site, path: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(site.url + path)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))")
    assert found == []
    expect(page.locator("h1")).to_be_visible()


def test_dark_is_dark_and_is_remembered(page: Page, site: Site) -> None:
    page.goto(site.url)
    bright = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Use dark theme").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != bright
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    expect(page.get_by_role("button", name="Use light theme")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_sticks_out_on_a_small_screen(page: Page, site: Site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/shops/berlin-mitte"):
        page.goto(site.url + path)
        painted(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#camera-table")).to_be_attached()


def test_the_keyboard_is_enough(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    link = page.locator("#inside-table a").first
    name = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator("h1")).to_be_focused()
    button = page.get_by_role("button", name="Show as table").first
    button.focus()
    page.keyboard.press("Space")
    expect(page.locator("[aria-labelledby=t-hours] table")).to_be_visible()


def test_the_numbers_are_there_without_scripts(site: Site, browser: Browser) -> None:
    bare = browser.new_context(java_script_enabled=False)
    page = bare.new_page()
    page.goto(f"{site.url}/cities/berlin")
    assert kpi(page, "Visitors") == f"{site.visitors['berlin-mitte'] + site.visitors['berlin-ost']:,}"
    page.locator("#inside-table a").first.click()
    expect(page.locator("#camera-table")).to_be_visible()
    bare.close()


def test_pictures_are_made_of_every_kind_of_page(page: Page, site: Site) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)

    def picture(name: str) -> int:
        painted(page)
        page.wait_for_timeout(600)  # the charts grow for a moment
        page.screenshot(path=PICTURES / name, full_page=True)
        return (PICTURES / name).stat().st_size

    page.goto(f"{site.url}/regions/europe")
    assert picture("overview.png") > 50_000
    page.goto(f"{site.url}/shops/berlin-mitte")
    page.get_by_role("button", name="Use dark theme").click()
    assert picture("shop-dark.png") > 50_000
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Use light theme").click()
    assert picture("shop-phone.png") > 30_000
