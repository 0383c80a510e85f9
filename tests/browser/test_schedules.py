"""Somebody has numbers sent: makes a schedule, pauses it, deletes it."""

import re

from playwright.sync_api import Browser, expect

from tests.browser.real_site import CITY, PAIR, RealSite


def test_a_schedule_is_made_paused_and_deleted(site: RealSite, browser: Browser) -> None:
    with site.page(browser, CITY) as page:
        page.goto("/")
        page.locator("summary.avatar").click()
        page.get_by_role("link", name="Scheduled reports").click()
        expect(page.locator("main")).to_contain_text("No mail is sent yet")
        page.get_by_role("link", name="New schedule").click()
        page.get_by_label("Name").fill("Monday numbers")
        page.get_by_role("textbox", name="Place", exact=True).fill("city:berlin")
        page.get_by_label("How often").select_option("weekly")
        page.get_by_label("Recipients").fill("not an address")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".note.bad")).to_be_visible()
        expect(page.get_by_label("Name")).to_have_value("Monday numbers")
        page.get_by_label("Recipients").fill("ana@example.com\nben@example.com")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(re.compile("/schedules$"))
        row = page.locator("#schedules tbody tr")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("Next:")
        page.get_by_role("button", name="Pause Monday numbers").click()
        expect(row).to_contain_text("Paused")
        page.reload()
        expect(row).to_contain_text("Paused")
        with site.page(browser, PAIR) as other:
            other.goto("/schedules")
            expect(other.locator("#schedules")).to_have_count(0)
            number = page.get_by_role("link", name="Monday numbers").get_attribute("href")
            assert number
            answer = other.goto(number)
            assert answer
            assert answer.status == 404
        page.get_by_role("button", name="Go on with Monday numbers").click()
        expect(row).to_contain_text("Next:")
        page.get_by_role("button", name="Delete Monday numbers").click()
        expect(page.locator("#schedules")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("No schedules yet")
