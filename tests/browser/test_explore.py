"""Somebody explores: down to a shop, by filters and steps, on a desk and a phone, by day and by night, without a mouse."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.report.domain.people import Role
from services.report.domain.places import Level
from tests.browser.tiny_site import PHONE, TinySite, faults, is_wide, painted
from tests.fakes.report_site import FakeSite


@pytest.fixture(scope="module")
def tiny() -> Iterator[TinySite]:
    with TinySite(FakeSite()) as site:
        yield site


@pytest.fixture
def page(tiny: TinySite, browser: Browser) -> Iterator[Page]:
    with tiny.page(browser) as opened:
        yield opened


def test_one_drills_down_to_a_shop_and_keeps_period_and_filters(page: Page) -> None:
    page.goto("/explore?period=7d&gender=female")
    for name in ("Europe", "Berlin", "Ostkreuz"):
        page.locator("#places").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)
        assert {"period=7d", "gender=female"} <= set(page.url.split("?")[1].split("&"))
    painted(page)
    page.get_by_role("navigation", name="Place").get_by_role("link", name="Berlin").click()
    expect(page.locator("h1")).to_have_text("Berlin")
    assert "gender=female" in page.url
    page.go_back()
    expect(page.locator("h1")).to_have_text("Ostkreuz")


def test_a_filter_is_in_the_address_and_survives_a_reload(page: Page) -> None:
    page.goto("/explore?place=city:berlin")
    before = page.locator(".kpi .val").first.inner_text()
    page.get_by_role("combobox", name="Gender").select_option(label="Men")
    page.get_by_role("combobox", name="Mood").select_option(label="Happy")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("gender=male"))
    assert "mood=happiness" in page.url
    assert "place=city" in page.url
    expect(page.locator(".facts")).to_have_text("Only: Men, Happy")
    after = page.locator(".kpi .val").first.inner_text()
    assert after != before
    page.reload()
    expect(page.get_by_role("combobox", name="Gender")).to_have_value("male")
    assert page.locator(".kpi .val").first.inner_text() == after
    page.get_by_role("link", name="Everybody").click()
    expect(page.locator(".kpi .val").first).to_have_text(before)


def test_steps_and_measures_change_the_chart_and_its_table(page: Page) -> None:
    page.goto("/explore?place=city:berlin&period=28d")
    painted(page)
    expect(page.locator("#steps tbody tr")).to_have_count(28)
    page.get_by_role("navigation", name="Step").get_by_role("link", name="Week").click()
    expect(page.locator("#time-title")).to_have_text("Visitors per week")
    expect(page.locator("#steps tbody tr")).to_have_count(5)
    page.get_by_role("tab", name="Mood index").click()
    expect(page.locator("#time-title")).to_have_text("Mood index per week")
    card = page.locator("section", has=page.locator("#time-title"))
    card.get_by_role("button", name="Show as table").click()
    expect(card.locator("table")).to_be_visible()
    expect(card.locator("[data-chart]")).to_be_hidden()


def test_the_chart_begins_with_the_measure_of_the_address(page: Page) -> None:
    page.goto("/explore?measure=coverage")
    expect(page.locator("#time-title")).to_have_text("Coverage per day")
    expect(page.get_by_role("tab", name="Coverage")).to_have_attribute("aria-selected", "true")


def test_one_explores_by_keyboard_alone(page: Page) -> None:
    page.goto("/explore")
    link = page.locator("#places").get_by_role("link", name="Europe")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Europe")
    page.get_by_role("tab", name="Visitors").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Median age")).to_be_focused()
    expect(page.locator("#time-title")).to_have_text("Median age per day")
    page.get_by_role("combobox", name="Gender").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Apply").press("Enter")
    page.wait_for_url(re.compile("gender=female"))


def test_gaps_and_small_numbers_are_shown_as_what_they_are(page: Page) -> None:
    page.goto("/explore?place=shop:berlin-mitte&period=7d")
    expect(page.locator("#steps")).to_contain_text("no photos")
    expect(page.locator(".note")).to_contain_text("30 camera hours are missing")
    page.goto("/explore?place=shop:paris-louvre&period=7d")
    expect(page.locator("#steps .few").first).to_have_text("<10")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/explore", "/explore?place=shop:berlin-mitte&period=7d&step=hour&gender=female"])
def test_axe_finds_nothing(tiny: TinySite, browser: Browser, scheme: str, path: str) -> None:
    with tiny.page(browser, color_scheme=scheme) as page:
        page.goto(path)
        painted(page)
        assert faults(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_nothing_scrolls_sideways(tiny: TinySite, browser: Browser, width: int) -> None:
    with tiny.page(browser, viewport={**PHONE, "width": width}) as page:
        page.goto("/explore?place=city:berlin&gender=female&period=7d")
        painted(page)
        assert not is_wide(page)
        expect(page.locator("#places")).to_be_visible()


def test_a_manager_of_one_city_sees_no_other(tiny: TinySite, browser: Browser) -> None:
    with tiny.page(browser, Role.MANAGER, ((Level.CITY, "berlin"),)) as page:
        page.goto("/explore")
        expect(page.locator("h1")).to_have_text("Berlin")
        assert "Ginza" not in page.content()
        expect(page.get_by_role("navigation", name="Place").get_by_role("link")).to_have_count(0)
