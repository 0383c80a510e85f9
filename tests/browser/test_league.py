"""Somebody reads the league: sorts it, searches it, on a desk and a phone, by day and by night, without a mouse."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.tiny_site import PHONE, TinySite, is_wide
from tests.fakes.report_site import FakeSite


@pytest.fixture(scope="module")
def tiny() -> Iterator[TinySite]:
    with TinySite(FakeSite()) as site:
        yield site


@pytest.fixture
def page(tiny: TinySite, browser: Browser) -> Iterator[Page]:
    with tiny.page(browser) as opened:
        yield opened


def names(page: Page) -> list[str]:
    return page.locator("#league tbody:not(.un) .name a").all_inner_texts()


def test_a_column_sorts_by_it_and_turns_around(page: Page) -> None:
    page.goto("/league?period=7d")
    assert names(page) == ["Ginza", "Ostkreuz", "Mitte"]
    page.get_by_role("link", name="Per open hour").click()
    page.wait_for_url(re.compile("sort=per_open_hour"))
    head = page.get_by_role("columnheader", name="Per open hour")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert names(page) == ["Ginza", "Mitte", "Ostkreuz"]
    page.get_by_role("link", name="Per open hour").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert names(page) == ["Ostkreuz", "Mitte", "Ginza"]
    page.reload()
    assert names(page) == ["Ostkreuz", "Mitte", "Ginza"]
    assert "period=7d" in page.url


def test_one_sorts_by_keyboard_alone(page: Page) -> None:
    page.goto("/league")
    page.get_by_role("link", name="Coverage").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Coverage")).to_have_attribute("aria-sort", "descending")


def test_shops_are_found_and_the_place_narrows_them(page: Page) -> None:
    page.goto("/league?sort=mood")
    page.get_by_label("Shop or city").fill("tokyo")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("find=tokyo"))
    assert names(page) == ["Ginza"]
    assert "sort=mood" in page.url
    page.goto("/league")
    page.locator("details.now > summary").click()
    page.get_by_role("link", name="Europe").click()
    page.wait_for_url(re.compile("place=region"))
    assert names(page) == ["Mitte", "Ostkreuz"]
    page.get_by_role("link", name="Remove this filter").click()
    expect(page.locator("#league .name")).to_have_count(5)


def test_shops_without_a_rank_stand_apart_and_say_why(page: Page) -> None:
    page.goto("/league")
    unranked = page.locator("#league tbody.un")
    expect(unranked).to_contain_text("Not ranked")
    expect(unranked.get_by_role("row", name="Louvre")).to_contain_text("Fewer than 10 visitors")
    expect(unranked.get_by_role("row", name="Westend")).to_contain_text("Photos of only 25.0%")


@pytest.mark.parametrize("sort", ["visitors", "mood", "name"])
@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_name_measure_and_change(tiny: TinySite, browser: Browser, width: int, sort: str) -> None:
    with tiny.page(browser, viewport={**PHONE, "width": width}) as page:
        page.goto(f"/league?sort={sort}")
        assert not is_wide(page)
        heads = [text.strip() for text in page.locator("#league thead th:visible").all_inner_texts()]
        measure = "Mood index" if sort == "mood" else "Visitors"
        assert sorted(heads) == sorted(["#", "Shop", measure, "Change"])
        table, wrap = page.locator("#league").bounding_box(), page.locator(".tblwrap").bounding_box()
        assert table is not None
        assert wrap is not None
        assert table["width"] <= wrap["width"] + 1
