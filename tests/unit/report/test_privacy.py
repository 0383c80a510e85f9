"""The privacy page says what is so, to everybody who is signed in."""

from services.report.domain.people import Role
from services.report.pages.privacy import Kept
from tests.fakes.report_site import FakeSite


async def test_everybody_who_is_signed_in_reads_for_how_long_things_are_kept() -> None:
    site = FakeSite(kept=Kept(photos=30, results=0, tallies=None, audit=400), min_cell=12)
    client, _ = await site.browser(Role.MANAGER)
    page = (await client.get("/privacy")).text
    for said in ("30 days", "until somebody deletes it", "as long as whoever runs this has set", "400 days", "&lt;12"):
        assert said in page
    stranger = await site.stranger().get("/privacy")
    assert stranger.status_code == 303


async def test_the_notice_is_there_in_every_language_with_what_was_typed_as_text() -> None:
    client, _ = await FakeSite(kept=Kept(photos=30)).browser(Role.MANAGER)
    page = (
        await client.get("/privacy/notice", params={"who": "<b>Shop & Co</b>\u202e", "contact": "dpo@example.com"})
    ).text
    assert '<article class="card notice" lang="en"' in page
    assert '<article class="card notice" lang="de"' in page
    assert page.count("&lt;b&gt;Shop &amp; Co&lt;/b&gt;") == 3, "in the form, and in both notices"
    assert "<b>Shop" not in page
    assert "Photos are deleted after 30 days" in page
    empty = (await client.get("/privacy/notice")).text
    assert empty.count("blank-line") == 4
