"""Somebody looks after cameras: what is wrong comes first, and says what to do."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.real_site import CITY, RealSite
from tests.browser.test_overview import colours
from tests.browser.tiny_site import PHONE, painted


def names(page: Page) -> list[str]:
    """Cameras of the list, in its order."""
    return page.locator("#cameras .name a").all_inner_texts()


def test_the_worst_come_first_and_a_state_picks_some(page: Page) -> None:
    page.goto("/cameras")
    listed = names(page)
    assert listed[0] == "tokyo-ginza-cam"
    assert set(listed[1:3]) == {"berlin-ost-cam", "berlin-west-cam"}
    assert "berlin-mitte-cam" in listed[3:]
    page.get_by_role("navigation", name="State").get_by_role("link", name="Attention").click()
    page.wait_for_url(re.compile("state=attention"))
    assert set(names(page)) == {"berlin-ost-cam", "berlin-west-cam"}
    page.get_by_role("searchbox", name="Camera, shop or city").fill("ostkreuz")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=ostkreuz"))
    assert "state=attention" in page.url
    assert names(page) == ["berlin-ost-cam"]


def test_one_camera_says_what_is_wrong_and_what_to_do(page: Page) -> None:
    page.goto("/cameras")
    page.get_by_role("link", name="berlin-west-cam").click()
    expect(page.locator("h1")).to_have_text("berlin-west-cam")
    expect(page.locator(".checks .x")).to_have_count(1)
    expect(page.locator(".checks .advice")).to_contain_text("time server")
    page.goto("/cameras/berlin-mitte-cam")
    expect(page.locator(".checks")).to_contain_text("Nothing is wrong")
    painted(page)
    assert colours(page, "bars") > 2
    expect(page.locator("#outcomes")).to_contain_text("Cut off")
    card = page.locator("section", has=page.locator("#t-photos"))
    card.get_by_role("button", name="Show as table").last.click()
    expect(page.locator("section[aria-labelledby=t-photos] table tbody tr")).to_have_count(28)


def test_gaps_on_the_overview_lead_to_the_cameras(page: Page) -> None:
    page.goto("/shops/berlin-west")
    page.locator(".note").get_by_role("link", name="See cameras").click()
    page.wait_for_url(re.compile("/cameras.*place=shop"))
    assert names(page) == ["berlin-west-cam"]


def test_a_manager_on_a_phone_sees_their_own(site: RealSite, browser: Browser) -> None:
    with site.page(browser, CITY, viewport=PHONE) as page:
        page.goto("/")
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Cameras").click()
        expect(page.locator("#cameras")).to_be_visible()
        assert set(names(page)) == {"berlin-mitte-cam", "berlin-ost-cam", "berlin-west-cam"}
        expect(page.get_by_role("link", name="Add a camera")).to_have_count(0)
