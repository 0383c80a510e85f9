"""From the world to a shop: by clicks, by keyboard, with period and filters along."""

import re

from playwright.sync_api import Page, expect

from services.report.domain.places import Level
from tests.browser.real_site import RealSite
from tests.browser.test_overview import kpi
from tests.browser.tiny_site import painted

WAY = ((Level.REGION, "europe", "Europe"), (Level.CITY, "berlin", "Berlin"), (Level.SHOP, "berlin-mitte", "Mitte"))


def test_one_drills_from_the_world_to_a_shop_and_back(page: Page, site: RealSite) -> None:
    page.goto("/")
    for level, slug, name in WAY:
        painted(page)
        page.locator("#inside-table").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)
        assert kpi(page, "Visitors") == f"{site.visitors(level, slug):,}"
    expect(page).to_have_title(re.compile("^Mitte"))
    page.go_back()
    expect(page.locator("h1")).to_have_text("Berlin")
    page.locator(".crumbs").get_by_role("link", name="World").click()
    expect(page.locator("h1")).to_have_text("World")


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    for _level, _slug, name in WAY:
        page.locator("#inside-table").get_by_role("link", name=name).focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(name)
        expect(page.locator("h1")).to_be_focused()
    button = page.get_by_role("button", name="Show as table").first
    button.press("Space")
    expect(page.locator("#time-panel .figtable")).to_be_visible()


def test_filters_are_in_the_address_and_come_along(page: Page) -> None:
    page.goto("/?period=7d")
    page.locator("summary", has_text="Filter").click()
    page.locator(".ctx .choices").get_by_role("link", name="Women", exact=True).click()
    expect(page.locator(".chip")).to_contain_text("Women")
    of_world = kpi(page, "Visitors")
    page.reload()
    assert kpi(page, "Visitors") == of_world
    for _level, _slug, name in WAY:
        page.locator("#inside-table").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)
        expect(page.locator(".chip")).to_contain_text("Women")
        assert {"period=7d", "gender=female"} <= set(page.url.split("?")[1].split("&"))
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Overview").click()
    expect(page.locator("h1")).to_have_text("World")


def test_one_explores_the_same_numbers(page: Page, site: RealSite) -> None:
    page.goto("/explore")
    for level, slug, name in WAY:
        page.locator("#places").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)
        assert kpi(page, "Visitors") == f"{site.visitors(level, slug):,}"
    page.goto("/league")
    for shop in ("berlin-mitte", "tokyo-ginza"):
        expect(page.locator("#league")).to_contain_text(
            f"{site.visitors(Level.SHOP, shop, among=[(Level.WORLD, '')]):,}"
        )
    page.goto("/compare?subject=city:tokyo&subject=city:berlin")
    for city in ("tokyo", "berlin"):
        expect(page.locator("#subjects")).to_contain_text(f"{site.visitors(Level.CITY, city):,}")
