"""Somebody compares places and periods and makes a group: on a desk and a phone, by day and by night, without a mouse."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.report.domain.people import Role
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


def subjects(page: Page) -> list[str]:
    return [re.sub(r"\s+", " ", text).strip() for text in page.locator("#subjects tbody th").all_inner_texts()]


def test_places_are_added_and_taken_away(page: Page) -> None:
    page.goto("/compare?period=7d")
    for letters, name in (("berl", "Berlin"), ("gin", "Ginza")):
        page.get_by_label("Region, city, shop or group").fill(letters)
        page.keyboard.press("Enter")
        page.locator("#found-subjects").get_by_role("link", name=re.compile(f"^{name}")).click()
        expect(page.locator("#subjects")).to_contain_text(name)
    assert [text.split(" 17")[0] for text in subjects(page)] == ["Berlin", "Ginza"]
    painted(page)
    page.reload()
    assert len(subjects(page)) == 2
    page.get_by_role("link", name="Take away Berlin").click()
    expect(page.locator("#subjects tbody tr")).to_have_count(1)
    assert "period=7d" in page.url


def test_a_place_stands_beside_its_own_past(page: Page) -> None:
    page.goto("/compare?subject=city:berlin&period=7d")
    page.locator("#found-periods").get_by_role("link", name="Berlin Period before").click()
    expect(page.locator("#subjects tbody tr")).to_have_count(2)
    assert subjects(page) == ["Berlin 17 Nov – 23 Nov 2026", "Berlin 10 Nov – 16 Nov 2026"]
    page.get_by_role("navigation", name="Measure").get_by_role("link", name="Mood index").click()
    expect(page.locator("#t-time")).to_have_text("Mood index per day")
    card = page.locator("section", has=page.locator("#t-time"))
    card.get_by_role("button", name="Show as table").click()
    expect(card.locator("table tbody tr")).to_have_count(7)


def test_a_group_is_made_without_a_mouse_and_compared(tiny: TinySite, browser: Browser) -> None:
    with tiny.page(browser, Role.ANALYST) as page:
        page.goto("/groups")
        page.get_by_label("Name").fill("Near the Spree")
        page.get_by_label("Shop or city").fill("berlin")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("find=berlin"))
        assert "csrf" not in page.url
        expect(page.get_by_label("Name")).to_have_value("Near the Spree")
        for shop in ("Mitte", "Ostkreuz"):
            page.get_by_label(shop).focus()
            page.keyboard.press("Space")
        page.get_by_role("button", name="Keep").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("A group has 3 shops at least")
        page.get_by_label("Shop or city").fill("west")
        page.keyboard.press("Enter")
        page.get_by_label("Westend").check()
        page.get_by_role("button", name="Keep").press("Enter")
        page.wait_for_url(re.compile("/groups$"))
        expect(page.locator("#groups")).to_contain_text("Near the Spree")
        page.goto("/compare?subject=city:berlin")
        page.locator("#found-subjects").get_by_role("link", name=re.compile("^Near the Spree")).click()
        expect(page.locator("#subjects tbody tr")).to_have_count(2)
        visitors = page.locator("#subjects tbody tr td:nth-child(2) .vb").all_inner_texts()
        assert visitors[0] == visitors[1]
        page.goto("/groups")
        page.get_by_role("button", name="Delete Near the Spree").click()
        expect(page.locator("#groups")).to_have_count(0)


PATH = "/compare?subject=city:berlin&subject=city:berlin@previous&subject=shop:paris-louvre"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [PATH, "/compare?find=a", "/groups?name=Mine&shop=berlin-mitte&find=a"])
def test_axe_finds_nothing(tiny: TinySite, browser: Browser, scheme: str, path: str) -> None:
    with tiny.page(browser, color_scheme=scheme) as page:
        page.goto(path)
        painted(page)
        assert faults(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_nothing_scrolls_sideways(tiny: TinySite, browser: Browser, width: int) -> None:
    with tiny.page(browser, viewport={**PHONE, "width": width}) as page:
        for path in (PATH, "/compare", "/groups?name=Mine&shop=berlin-mitte&find=a"):
            page.goto(path)
            painted(page)
            assert not is_wide(page)
