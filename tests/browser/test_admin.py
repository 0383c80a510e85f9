"""An admin lets people in and looks after shops and cameras; names that want to be scripts stay names."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.report.domain.people import Role
from tests.browser.real_site import ADMIN, Persona, RealSite, listen, sign_in
from tests.browser.test_every_page import PAGES
from tests.servers.running import finish

# Each would run, were it written into a page as it is.
EVIL = {
    "region": "<script>window.hurt = 1</script>",
    "city": '"><img src=x onerror="window.hurt = 1">',
    "shop": "</script><script>window.hurt = 1</script>'\"><svg onload=window.hurt=1>",
    "shop_group": "{{ 7 * 7 }}<img src=x onerror=window.hurt=1>",
    "person": "<script>window.hurt=1</script> \"'><b>",
}
RENAME = {
    "region": ("slug = 'europe'", "Europe"),
    "city": ("slug = 'berlin'", "Berlin"),
    "shop": ("slug = 'berlin-mitte'", "Mitte"),
    "shop_group": ("slug = 'spree'", "Along the Spree"),
    "person": ("email = 'admin@example.com'", "Admin"),
}


def test_an_admin_lets_somebody_in_who_then_sees_their_place(page: Page, site: RealSite, browser: Browser) -> None:
    page.goto("/admin/people")
    page.get_by_role("link", name="Let somebody in").click()
    page.get_by_label("E-mail").fill("Noor@Example.com")
    page.get_by_label("Name", exact=True).fill("Noor")
    page.get_by_role("radio", name="Manager").check()
    page.get_by_label("One more place").fill("Asia, Tokyo (city:tokyo)")
    page.get_by_role("button", name="Let them in").click()
    password = page.locator(".secret").inner_text()
    noor = Persona("noor", Role.MANAGER, ("city:tokyo",))
    with site.page(browser) as theirs:
        sign_in(theirs, noor, password)
        expect(theirs.locator("h1")).to_have_text("Tokyo")
        page.goto("/admin/people")
        assert password not in page.content()
        page.get_by_role("link", name="Noor", exact=True).click()
        page.get_by_role("button", name="Disable").click()
        expect(page.locator("main")).to_contain_text("Disabled")
        theirs.reload()
        assert "/login" in theirs.url, "signed out at once"
    page.get_by_role("link", name="What they have seen and done").click()
    expect(page.locator("main table")).to_contain_text("/cities/tokyo")


def test_opening_hours_are_edited_and_a_slip_is_said_so(page: Page) -> None:
    page.goto("/admin/estate")
    page.get_by_role("link", name="Ginza").click()
    hours = page.get_by_label("Opening hours")
    hours.fill("Mo-Fr 8-20")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note.bad")).to_contain_text("Nothing was changed")
    hours.fill("Mo-Fr 08:00-20:00; Sa 10:00-18:00; Su off")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#week")).to_contain_text("10:00")
    expect(page.locator(".note.warn")).to_have_count(0)  # the cells have been told
    page.reload()
    expect(hours).to_have_value("Mo-Fr 08:00-20:00; Sa 10:00-18:00; Su off")


def test_a_new_camera_has_a_secret_that_is_shown_once(page: Page) -> None:
    page.goto("/admin/estate/shops/tokyo-ginza")
    page.get_by_role("link", name="Add a camera").click()
    page.get_by_label("Camera, by its short name").fill("ginza-door")
    page.get_by_role("button", name="Add the camera").click()
    secret = page.locator("#secrets code").last.inner_text()
    assert len(secret) >= 12
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="ginza-door").click()
    assert secret not in page.content()
    page.get_by_role("button", name="Make a new secret").click()
    assert page.locator("#secrets code").last.inner_text() != secret
    page.goto("/cameras/ginza-door")
    expect(page.locator("main")).to_contain_text("No photo has come yet")


def test_a_list_of_cameras_is_looked_at_before_it_is_imported(page: Page) -> None:
    page.goto("/admin/estate")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Export").click()
    text = coming.value.path().read_text()
    assert "berlin-mitte-cam" in text
    page.get_by_role("link", name="Import a list").click()
    lines = text.splitlines()
    file = {"name": "cameras.csv", "mimeType": "text/csv", "buffer": "\n".join(lines[:2]).encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator(".note")).to_contain_text("Everything is registered like this already")


@pytest.fixture
def renamed(site: RealSite) -> Iterator[None]:
    """Names that would be scripts, for as long as a test runs."""
    for table, (which, _) in RENAME.items():
        finish(site.execute(f"update {table} set name = $1 where {which}", EVIL[table]))
    yield
    for table, (which, name) in RENAME.items():
        finish(site.execute(f"update {table} set name = $1 where {which}", name))


@pytest.mark.usefixtures("renamed")
def test_a_name_never_becomes_a_script(site: RealSite, browser: Browser) -> None:
    shown = 0
    with site.window(browser, ADMIN) as window:
        page = window.new_page()
        complaints = listen(page, site.url)
        for path in (*PAGES, "/find?q=<script>alert(1)</script>", "/league?find=%22%3E%3Cimg%20src%3Dx%3E"):
            answer = page.goto(path, wait_until="domcontentloaded")
            assert answer
            assert answer.status < 500, path
            assert page.evaluate("window.hurt") is None, path
            assert page.locator("img[src=x], svg[onload]").count() == 0, path
            shown += "window.hurt" in page.locator("body").inner_text()
        assert complaints == []
    assert shown > 10, "they are there, as text"


def test_somebody_else_changed_it_meanwhile(page: Page, site: RealSite) -> None:
    page.goto("/admin/estate/shops/paris-louvre")
    finish(site.execute("update shop set name = 'Louvre East' where slug = 'paris-louvre'"))
    try:
        page.get_by_label("Name", exact=True).fill("Louvre West")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#conflict")).to_contain_text("Louvre East")
        page.get_by_role("link", name="Keep theirs").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Louvre East")
        expect(page).to_have_url(re.compile("paris-louvre"))
    finally:
        finish(site.execute("update shop set name = 'Louvre' where slug = 'paris-louvre'"))
