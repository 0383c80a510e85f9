"""What is collected and what is hidden, said on a page, and a notice for the entrance."""

from playwright.sync_api import Page, expect

from tests.browser.tiny_site import painted


def test_the_page_says_what_is_kept_for_how_long(page: Page) -> None:
    page.goto("/")
    page.locator("summary.avatar").click()
    page.get_by_role("link", name="Privacy").click()
    expect(page.locator("h1")).to_have_text("Privacy")
    kept = page.locator("#kept tbody tr td:last-child").all_inner_texts()
    for_ever = "until somebody deletes it"
    assert kept == ["30 days", "400 days", "400 days", "30 days", for_ever, for_ever, "log: 365 days"]
    expect(page.locator("[aria-labelledby=t-few]")).to_contain_text("<10")


def test_a_notice_is_filled_in_and_printed_without_the_form(page: Page) -> None:
    page.goto("/privacy/notice")
    page.get_by_label("Who is responsible").fill("Shops & Sons <Berlin>")
    page.get_by_role("button", name="Put it into the notice").click()
    notices = page.locator("article.notice")
    expect(notices).to_have_count(2)
    expect(notices.first).to_contain_text("Shops & Sons <Berlin>")
    page.emulate_media(media="print")
    expect(page.locator("form.form")).to_be_hidden()
    expect(notices.first).to_be_visible()


def test_few_visitors_are_hidden_everywhere(page: Page) -> None:
    for path in ("/shops/paris-louvre?period=7d", "/explore?place=shop:paris-louvre&period=7d"):
        page.goto(path)
        painted(page)
        expect(page.locator(".few").first).to_have_text("<10")
    page.goto("/league?period=7d")
    expect(page.get_by_role("row", name="Louvre")).to_contain_text("Fewer than 10 visitors")
