"""Every page, for everybody: who may open it and who may not, on narrow screens, by axe, by day and by night."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.real_site import ADMIN, RealSite, listen
from tests.browser.tiny_site import AXE, DESK, is_wide, painted

PAGES = (
    "/",
    "/regions/europe",
    "/cities/berlin",
    "/shops/berlin-mitte",
    "/groups/spree",
    "/map?place=world",
    "/explore?place=city:berlin",
    "/compare?subject=city:berlin&subject=shop:tokyo-ginza",
    "/league",
    "/cameras",
    "/cameras/berlin-ost-cam",
    "/camera-check",
    "/privacy",
    "/privacy/notice",
    "/groups",
    "/find?q=ber",
    "/account",
    "/review",
    "/schedules",
    "/schedules/new",
    "/admin/estate",
    "/admin/estate?region=europe",
    "/admin/estate/regions/europe",
    "/admin/estate/shops/berlin-mitte",
    "/admin/estate/new-shop",
    "/admin/estate/shops/berlin-mitte/cameras/new",
    "/admin/estate/cameras/berlin-mitte-cam",
    "/admin/estate/import",
    "/admin/people",
    "/admin/people/new",
    "/admin/people/2",
    "/admin/audit",
    "/admin/models",
    "/regions/nowhere",
    "/?from=2026-11-24&to=2026-01-01",
)
# Charts shrink a moment after the window has.
COMES_TO_FIT = """() => new Promise(done => {
  const end = performance.now() + 5000;
  const look = () => {
    const fits = document.documentElement.scrollWidth <= innerWidth;
    if (fits || performance.now() > end) done(fits); else requestAnimationFrame(look);
  };
  look();
})"""
# Colours are all that a theme changes.
COLOURS = "{runOnly: ['color-contrast']}"


@pytest.fixture(scope="module")
def shared(site: RealSite, browser: Browser) -> Iterator[Page]:
    """One page of the admin's for all of these tests."""
    with site.window(browser, ADMIN) as window:
        yield window.new_page()


def faults(page: Page, options: str = "{}") -> list[str]:
    """What axe finds."""
    found: list[str] = page.evaluate(
        f"axe.run({options}).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))"
    )
    return found


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody(shared: Page, site: RealSite, path: str) -> None:
    complaints = listen(shared, site.url)
    shared.set_viewport_size(DESK)  # type: ignore[arg-type]
    shared.emulate_media(color_scheme="light")
    shared.goto(path)
    painted(shared)
    assert shared.locator("h1").count() == 1
    shared.evaluate(AXE.read_text())
    assert faults(shared) == []
    for width in (390, 320):
        shared.set_viewport_size({"width": width, "height": 844})
        assert shared.evaluate(COMES_TO_FIT), width
    shared.emulate_media(color_scheme="dark")
    shared.reload()
    shared.evaluate(AXE.read_text())
    assert faults(shared, COLOURS) == []
    assert complaints == []


def test_the_login_page_is_for_everybody(site: RealSite, browser: Browser) -> None:
    for scheme in ("light", "dark"):
        with site.page(browser, color_scheme=scheme) as page:
            page.goto("/login")
            page.evaluate(AXE.read_text())
            assert faults(page) == []
            page.set_viewport_size({"width": 320, "height": 640})
            assert not is_wide(page)
