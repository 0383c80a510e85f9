"""Signing in and out, and one's own account, as somebody at a browser meets it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from services.report.command import opened_people
from services.report.domain.people import NewPerson, Role, parse_grant
from services.report.domain.places import Level
from tests.browser.real_site import CITY, PASSWORD, Persona, RealSite, sign_in
from tests.browser.test_overview import kpi
from tests.servers.running import finish

NEW_PASSWORD = "a wholly new password"


async def _hire(site: RealSite, who: Persona) -> None:
    async with opened_people(site.database.dsn("account")) as (people, _):
        await people.add(NewPerson(who.email, who.name, who.role, tuple(map(parse_grant, who.places))), PASSWORD)


@contextmanager
def newcomer(site: RealSite, browser: Browser, name: str) -> Iterator[tuple[Persona, Page]]:
    """Somebody who is not in any other test, signed in."""
    who = replace(CITY, name=name)
    finish(_hire(site, who))
    with site.page(browser, who) as page:
        yield who, page


@pytest.fixture
def stranger(site: RealSite, browser: Browser) -> Iterator[Page]:
    """A page in which nobody has signed in."""
    with site.page(browser) as page:
        yield page


def test_one_lands_where_one_wanted_to_go(stranger: Page) -> None:
    stranger.goto("/shops/berlin-ost?period=7d")
    assert "/login?next=" in stranger.url
    sign_in(stranger, CITY)
    stranger.wait_for_url("**/shops/berlin-ost?period=7d")
    expect(stranger.locator("h1")).to_have_text("Ostkreuz")
    stranger.goto("/login?next=https://evil.example/")
    expect(stranger.locator("h1")).to_have_text("Berlin")


def test_a_wrong_password_is_said_so_and_tries_are_counted(stranger: Page) -> None:
    nobody = Persona("never-hired", Role.MANAGER, ())
    for left in (4, 3, 2, 1, 0):
        sign_in(stranger, nobody, "a wrong password")
        expect(stranger.get_by_role("alert")).to_contain_text(f"{left} tr")
        expect(stranger.get_by_label("E-mail")).to_have_value(nobody.email)
        expect(stranger.get_by_label("Password")).to_have_value("")
    sign_in(stranger, nobody, "a wrong password")
    expect(stranger.get_by_role("alert")).to_contain_text("Too many attempts. Try again in 15 minutes.")


def test_signing_out_ends_the_session_in_every_tab(site: RealSite, browser: Browser) -> None:
    with newcomer(site, browser, "leaver") as (_, page):
        other = page.context.new_page()
        other.goto("/")
        page.goto("/")
        kept = page.context.cookies()
        page.locator("summary.avatar").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/login")
        other.get_by_role("link", name="League").click()
        other.wait_for_url(re.compile("/login"))
        expect(other.get_by_label("Password")).to_be_visible()
        page.go_back()
        page.reload()
        assert "/login" in page.url, "nothing is kept to go back to"
        page.context.add_cookies(kept)  # type: ignore[arg-type]
        page.goto("/")
        assert "/login" in page.url, "the old cookie opens nothing"


def test_pages_speak_german_once_that_is_chosen(site: RealSite, browser: Browser) -> None:
    with newcomer(site, browser, "deutsch") as (_, page):
        page.goto("/account")
        page.get_by_role("combobox", name="Language").select_option(label="Deutsch")
        page.locator("[aria-labelledby=t-language]").get_by_role("button", name="Save").click()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("h1")).to_have_text("Konto")
        page.goto("/cities/berlin")
        number = f"{site.visitors(Level.CITY, 'berlin'):,}".replace(",", ".")
        assert kpi(page, "Besucher") == number
        expect(page.locator(".ctx")).to_contain_text("28 Tage")
        page.goto("/shops/nirgends")
        expect(page.locator("h1")).to_have_text("Hier ist nichts")


def test_a_new_password_signs_other_browsers_out(site: RealSite, browser: Browser) -> None:
    with newcomer(site, browser, "changer") as (who, page), site.page(browser) as other:
        sign_in(other, who)
        other.wait_for_url(re.compile("/cities/berlin"))
        page.goto("/account")
        for old, problem in (("not mine at all", "another one"), (PASSWORD, "")):
            page.get_by_label("Password now").fill(old)
            page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
            page.get_by_label("New password again").fill(NEW_PASSWORD)
            page.get_by_role("button", name="Change the password").click()
            expect(page.locator(".note")).to_contain_text(problem or "Your password is changed")
        page.reload()
        expect(page.locator("h1")).to_have_text("Account")
        other.goto("/")
        assert "/login" in other.url
        sign_in(other, who)
        expect(other.get_by_role("alert")).to_be_visible()
        sign_in(other, who, NEW_PASSWORD)
        other.wait_for_url(re.compile("/cities/berlin"))


def test_managers_make_no_tokens(site: RealSite, browser: Browser) -> None:
    with site.page(browser, CITY) as page:
        page.goto("/account")
        expect(page.locator("h1")).to_have_text("Account")
        expect(page.get_by_text("API tokens")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("Europe, Berlin")
