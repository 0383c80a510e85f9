"""What every page shares: bars, menus, sheets, figures and their tables, on the overview of the tiny world."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.tiny_site import DESK, PHONE, TinySite, faults, is_wide, painted
from tests.fakes.report_site import FakeSite

PLACES = ("/", "/regions/europe", "/cities/berlin", "/?period=yesterday", "/find?q=ber", "/regions/nowhere")


@pytest.fixture(scope="module")
def tiny() -> Iterator[TinySite]:
    with TinySite(FakeSite()) as site:
        yield site


@pytest.fixture
def page(tiny: TinySite, browser: Browser) -> Iterator[Page]:
    with tiny.page(browser) as opened:
        yield opened


# By day on a desk and by night on a phone test_every_page looks.
@pytest.mark.parametrize(("theme", "window"), [("dark", DESK), ("light", PHONE)], ids=["dark desk", "light phone"])
def test_axe_finds_nothing(tiny: TinySite, browser: Browser, theme: str, window: dict[str, int]) -> None:
    with tiny.page(browser, color_scheme=theme, viewport=window) as page:
        for path in PLACES:
            page.goto(path)
            painted(page)
            assert faults(page) == [], path


@pytest.mark.parametrize("width", [320, 390, 768, 1200, 1440])
def test_nothing_sticks_out(tiny: TinySite, browser: Browser, width: int) -> None:
    with tiny.page(browser, viewport={"width": width, "height": 800}) as page:
        for path in ("/", "/cities/berlin?gender=female&band=25-34&mood=happiness"):
            page.goto(path)
            painted(page)
            assert not is_wide(page)


def test_key_figures_choose_the_chart_by_mouse_and_by_arrows(page: Page) -> None:
    page.goto("/")
    painted(page)
    expect(page.locator("#time-title")).to_have_text("Visitors per day")
    page.get_by_role("tab", name="Median age").click()
    expect(page.locator("#time-title")).to_have_text("Median age per day")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#time-title")).to_have_text("Women per day")
    expect(page.get_by_role("tab", name="Women")).to_be_focused()
    expect(page.get_by_role("tab", name="Women")).to_have_attribute("aria-selected", "true")


def test_every_figure_has_its_table(page: Page) -> None:
    page.goto("/")
    page.locator("#shop-map").scroll_into_view_if_needed()  # it comes when somebody gets there
    expect(page.locator("#shop-map [data-table-button]")).to_be_visible()
    sections = page.locator("section:has([data-table-button])")
    assert sections.count() >= 4
    for section in sections.all():
        section.get_by_role("button", name="Show as table").click()
        expect(section.locator(".figtable")).to_be_visible()
        expect(section.locator("[data-when=chart]").first).to_be_hidden()
        assert section.locator(".figtable tbody tr").count() > 0


def test_the_heat_map_changes_what_it_shows(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Mood", exact=True).click()
    expect(page.locator("[data-panel=mood]")).to_be_visible()
    expect(page.locator("[data-panel=visitors]")).to_be_hidden()


def test_menus_open_one_at_a_time_and_escape_gives_the_focus_back(page: Page) -> None:
    page.goto("/")
    place = page.locator(".crumbs summary")
    place.click()
    field = page.get_by_role("searchbox", name="Filter the list").first
    expect(field).to_be_focused()
    field.fill("eur")
    assert page.locator(".crumbs [data-filtered] li:visible").all_inner_texts() == ["Europe"]
    page.locator("summary", has_text="Filter").click()
    expect(page.locator(".crumbs .pop")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Filter")).to_be_focused()


def test_a_filter_is_in_the_address_and_goes_away_by_its_chip(page: Page) -> None:
    page.goto("/?period=7d")
    page.locator("summary", has_text="Filter").click()
    page.locator(".ctx .choices").get_by_role("link", name="Women", exact=True).click()
    chip = page.locator(".chip")
    expect(chip).to_contain_text("Women")
    assert "period=7d" in page.url
    assert "gender=female" in page.url
    chip.click()
    expect(chip).to_have_count(0)
    assert "period=7d" in page.url
    assert "gender" not in page.url


def test_another_period_keeps_place_and_filters(page: Page) -> None:
    page.goto("/cities/berlin?gender=male")
    page.locator(".seg summary").click()
    page.locator(".ctx .dates").get_by_label("From").fill("2026-11-02")
    page.locator(".ctx .dates").get_by_label("To").fill("2026-11-08")
    page.locator(".ctx .dates").get_by_role("button", name="Show").click()
    page.wait_for_url("**from=2026-11-02**")
    expect(page.locator(".range b")).to_have_text("2 Nov – 8 Nov 2026")
    assert "gender=male" in page.url
    page.get_by_role("link", name="7 days earlier").click()
    expect(page.locator(".range b")).to_have_text("26 Oct – 1 Nov 2026")


def test_the_search_opens_by_a_key_and_finds_places(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    field = page.locator("#find input")
    expect(field).to_be_focused()
    field.type("ber")
    page.locator("#found").get_by_role("link", name="Berlin").first.click()
    expect(page.locator("h1")).to_have_text("Berlin")


def test_on_a_phone_place_period_and_filters_are_sheets(tiny: TinySite, browser: Browser) -> None:
    with tiny.page(browser, viewport=PHONE) as page:
        page.goto("/")
        page.get_by_role("button", name="Period:").click()
        sheet = page.get_by_role("dialog", name="Period")
        expect(sheet).to_be_visible()
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        page.get_by_role("button", name="Place:").click()
        page.get_by_role("dialog", name="Place").get_by_role("link", name="Europe").click()
        expect(page.locator("h1")).to_have_text("Europe")
        page.get_by_role("button", name="Filter visitors").click()
        page.get_by_role("dialog", name="Filter visitors").get_by_role("link", name="Men", exact=True).click()
        expect(page.locator(".chip")).to_contain_text("Men")


def test_a_theme_is_remembered(page: Page) -> None:
    page.goto("/")
    bright = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Use dark theme").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != bright
    expect(page.get_by_role("button", name="Use light theme")).to_be_visible()


def test_everything_can_be_chosen_without_scripts(tiny: TinySite, browser: Browser) -> None:
    with tiny.page(browser, java_script_enabled=False) as page:
        page.goto("/cities/berlin")
        page.get_by_role("link", name="7 days").click()
        assert "period=7d" in page.url
        page.locator("summary", has_text="Filter").click()
        page.locator(".ctx .choices").get_by_role("link", name="Women", exact=True).click()
        expect(page.locator(".chip")).to_contain_text("Women")
        page.locator("summary.avatar").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
