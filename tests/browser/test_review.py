"""An admin looks at drawn faces one by one, with the keyboard alone, and says what is right."""

import asyncpg
from playwright.sync_api import Browser, Page, expect

from tests.browser.real_site import ADMIN, ANALYST, RealSite
from tests.browser.tiny_site import PHONE, faults, is_wide
from tests.drawn_faces import draw_face
from tests.servers.running import finish


async def _draw(site: RealSite) -> list[str]:
    owner = await asyncpg.connect(site.database.dsn("owner"))
    try:
        return [
            await draw_face(owner, number, "berlin-mitte", doubt=doubt)
            for number, doubt in ((1, 2.0), (2, 1.5), (3, 1.0))
        ]
    finally:
        await owner.close()


async def _labels(site: RealSite) -> list[tuple[object, ...]]:
    owner = await asyncpg.connect(site.database.dsn("owner"))
    try:
        query = "select face_id, is_face, age_years, gender, emotion, labelled_by from face_label order by label_id"
        return [tuple(row) for row in await owner.fetch(query)]
    finally:
        await owner.close()


def test_faces_are_corrected_confirmed_and_refused(page: Page, site: RealSite, browser: Browser) -> None:
    page.goto("/review")
    expect(page.locator("main")).to_contain_text("No faces were drawn")
    first, second, third = finish(_draw(site))
    page.reload()
    expect(page.locator("main")).to_contain_text("3 of 3 faces are left")
    picture = page.get_by_role("img", name="The face")
    assert picture.evaluate("image => image.naturalWidth") == 144
    answer = page.request.get(f"/review/faces/{first}.png")
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == ("no-store", "image/png")
    with site.page(browser, ADMIN, viewport=PHONE, color_scheme="dark", locale="de-DE") as phone:
        phone.goto("/review")
        assert not is_wide(phone)
    assert faults_of(site, browser) == []
    with site.page(browser, ANALYST) as theirs:
        for path in ("/review", f"/review/faces/{first}.png"):
            refusal = theirs.goto(path)
            assert refusal is not None
            assert refusal.status == 403

    age = page.get_by_label("Age in years")
    expect(age).to_have_value("41")
    age.focus()
    age.fill("200")
    page.get_by_role("button", name="Save").evaluate("button => button.form.noValidate = true")
    age.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("from 0 to 120")
    age.fill("35")
    age.press("Tab")
    page.keyboard.press("ArrowDown")  # from female to male
    page.keyboard.press("Tab")
    page.keyboard.type("afraid")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("2 of 3 faces are left")
    page.get_by_role("button", name="Right as it is").click()
    expect(page.locator("main")).to_contain_text("1 of 3 faces are left")
    page.get_by_role("link", name="Skip", exact=True).click()
    page.get_by_role("link", name="Look at them again").click()
    page.get_by_role("button", name="No usable face").click()
    expect(page.locator("main")).to_contain_text("Every face is labelled")
    page.get_by_role("link", name="Change the last one").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("definition").last).to_have_text("No usable face")
    expect(age).to_have_value("")
    assert faults_of(site, browser, f"/review/faces/{third}") == []
    with site.page(browser, ADMIN, viewport=PHONE) as phone:
        phone.goto(f"/review/faces/{first}")
        expect(phone.get_by_role("radio", name="Man", exact=True)).to_be_checked()
        expect(phone.get_by_role("spinbutton")).to_have_value("35")
        phone.goto(f"/review?after={first}")
        assert not is_wide(phone)
        phone.get_by_role("link", name="Change the last one").click()
        phone.get_by_role("spinbutton").fill("36")
        phone.get_by_role("button", name="Save").click()
        expect(phone.locator("main")).to_contain_text("Every face is labelled")
    with site.page(browser, ANALYST) as theirs:
        refusal = theirs.goto(f"/review/faces/{first}")
        assert refusal is not None
        assert refusal.status == 403
    assert page.request.get(f"/review/faces/{first[:-1]}9").status == 404
    assert finish(_labels(site)) == [
        (first, True, 35.0, "male", "fear", ADMIN.email),
        (second, True, 41.0, "female", "surprise", ADMIN.email),
        (third, False, None, None, None, ADMIN.email),
        (first, True, 36.0, "male", "fear", ADMIN.email),
    ]
    page.goto("/admin/audit?action=face_labelled")
    expect(page.locator("main table")).to_contain_text(second)
    finish(site.execute("delete from drawn_face"))


def faults_of(site: RealSite, browser: Browser, path: str = "/review") -> list[str]:
    """What axe finds, in a window where it may run: the pages' policy forbids it."""
    with site.page(browser, ADMIN, bypass_csp=True) as looked_at:
        looked_at.goto(path)
        return faults(looked_at)
