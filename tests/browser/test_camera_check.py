"""An installer tries out a photo: drops it, reads what is wrong, on a phone, in the dark, without scripts."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.real_site import ADMIN, RealSite
from tests.browser.test_every_page import faults
from tests.browser.tiny_site import AXE, is_wide

ROOT = Path(__file__).parents[2]
# To be looked at; they show people, and so are kept out of the documentation.
PICTURES = ROOT / "build" / "camera-check"

pytestmark = pytest.mark.usefixtures("detect")


def choose(page: Page, photo: Path) -> None:
    page.locator("#photo").set_input_files(photo)
    page.get_by_role("button", name="Check the photo").click()


def verdicts(page: Page) -> dict[str, bool]:
    said = page.locator(".checks li b").all_text_contents()
    return {name: verdict == "pass" for name, verdict in (text.split(": ") for text in said)}


def test_an_installer_sees_faces_and_verdicts(page: Page, site: RealSite, demo_photos: Path, tmp_path: Path) -> None:
    page.goto(site.url)
    page.locator("summary.avatar").click()
    page.get_by_role("link", name="Camera check").click()
    expect(page.locator("h1")).to_have_text("Camera check")
    named = tmp_path / "K3TA_00_20220307125217.jpg"
    named.write_bytes((demo_photos / "photo-01.jpg").read_bytes())
    choose(page, named)
    expect(page.locator("#t-result")).to_have_text("All 8 requirements met")
    assert set(verdicts(page).values()) == {True}
    faces = page.locator(".photo .counts .face")
    expect(faces).to_have_count(2)
    picture = page.locator(".photo image").bounding_box()
    face = faces.first.bounding_box()
    assert picture
    assert face
    assert picture["x"] < face["x"] < picture["x"] + picture["width"]
    page.screenshot(path=PICTURES / "good.png", full_page=True)


def test_what_is_wrong_has_an_advice(page: Page, site: RealSite, demo_photos: Path) -> None:
    page.goto("/camera-check")
    choose(page, demo_photos / "too-small.jpg")
    expect(page.locator(".photo .small .face").first).to_be_visible()
    assert {name for name, passed in verdicts(page).items() if not passed} == {"Face", "Between the eyes", "Which time"}
    expect(page.locator(".checks .advice").first).to_contain_text("Move the camera nearer")
    choose(page, demo_photos / "no-face.jpg")
    expect(page.locator(".photo figcaption")).to_have_text("No face was found.")


def test_a_photo_can_be_dropped(page: Page, site: RealSite, demo_photos: Path) -> None:
    page.goto("/camera-check")
    content = base64.b64encode((demo_photos / "photo-02.jpg").read_bytes()).decode()
    transfer = page.evaluate_handle(
        """content => { const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
        const transfer = new DataTransfer(); transfer.items.add(new File([bytes], "dropped.jpg", {type: "image/jpeg"}));
        return transfer; }""",
        content,
    )
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": transfer})
    expect(page.locator("#t-result")).to_contain_text("requirements met")
    expect(page.locator("section .name")).to_have_text("dropped.jpg")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
def test_everybody_can_use_it(page: Page, site: RealSite, demo_photos: Path, theme: str, width: int) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/camera-check")
    choose(page, demo_photos / "too-small.jpg")
    expect(page.locator(".checks li")).to_have_count(8)
    assert not is_wide(page)
    page.evaluate(AXE.read_text())
    assert faults(page) == []
    page.screenshot(path=PICTURES / f"{theme}-{width}.png", full_page=True)


def test_it_works_without_scripts_and_by_keyboard(site: RealSite, browser: Browser, demo_photos: Path) -> None:
    with site.page(browser, ADMIN, java_script_enabled=False) as page:
        page.goto("/camera-check")
        page.locator("#photo").set_input_files(demo_photos / "photo-01.jpg")
        page.locator("#photo").focus()
        page.keyboard.press("Tab")
        expect(page.locator("#path")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".photo .counts .face")).to_have_count(2)


def test_a_file_that_is_no_photo_is_said_so(page: Page, site: RealSite, tmp_path: Path) -> None:
    text = tmp_path / "photo.jpg"
    text.write_text("a letter")
    page.goto("/camera-check")
    choose(page, text)
    expect(page.locator("[role=alert]")).to_contain_text("not a JPEG photo")
