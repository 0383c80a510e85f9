"""What somebody takes home: files of each view, got by the menu on its page, with the numbers of the page."""

import csv
import io
import re
from pathlib import Path

import openpyxl
import pdfplumber
import pytest
from playwright.sync_api import Browser, Page, expect

from services.report.domain.people import Role
from services.report.domain.periods import Preset
from services.report.domain.places import Level
from tests.browser.real_site import ANALYST, RealSite
from tests.browser.test_overview import kpi

VIEWS = {
    "overview": "/cities/berlin?period=7d",
    "explore": "/explore?place=city:berlin&period=7d",
    "compare": "/compare?subject=city:berlin&subject=shop:berlin-mitte&period=7d",
    "league": "/league?place=city:berlin&period=7d",
    "cameras": "/cameras?place=city:berlin",
}
FILES = {"csv": "Numbers as CSV", "xlsx": "Numbers as XLSX", "pdf": "Report as PDF"}


def export(page: Page, form: str, folder: Path) -> Path:
    """Choose a file from the page's menu; where it lies now."""
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as coming:
        page.get_by_role("link", name=FILES[form]).click()
    name = coming.value.suggested_filename
    assert re.fullmatch(rf"(overview|explore|compare|league|cameras)-[\w-]+\.{form}", name), name
    path = folder / name
    coming.value.save_as(path)
    return path


def total_of(site: RealSite, view: str) -> int:
    """A number that the file of a view has to hold."""
    if view in ("league", "compare"):
        return site.visitors(Level.SHOP, "berlin-mitte", Preset.WEEK)
    return site.visitors(Level.CITY, "berlin", Preset.WEEK)


def cells(path: Path) -> list[list[object]]:
    """Every cell of the first sheet."""
    book = openpyxl.load_workbook(path)
    assert "Notes" in book.sheetnames
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


@pytest.mark.parametrize("view", VIEWS)
def test_a_workbook_holds_what_its_page_shows(page: Page, site: RealSite, view: str, tmp_path: Path) -> None:
    page.goto(VIEWS[view])
    rows = cells(export(page, "xlsx", tmp_path))
    head, *rest = rows
    if view == "cameras":
        assert {row[0] for row in rest} == {"berlin-mitte-cam", "berlin-ost-cam", "berlin-west-cam"}
        return
    at = head.index("Visitors")
    numbers = [row[at] for row in rest if isinstance(row[at], int)]
    wanted = total_of(site, view)
    # Over time, days add up to the whole; other tables have the number itself.
    assert wanted in numbers or wanted == sum(n for n in numbers if isinstance(n, int)), numbers
    expect(page.locator("main")).to_contain_text(f"{wanted:,}")


def test_a_csv_holds_the_filtered_numbers_of_the_page(page: Page, tmp_path: Path) -> None:
    page.goto("/cities/berlin?period=7d&gender=female")
    text = export(page, "csv", tmp_path).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 7
    assert f"{sum(int(row['Visitors']) for row in rows):,}" == kpi(page, "Visitors")


@pytest.mark.parametrize("view", ["overview", "league"])
def test_a_report_in_print_says_what_it_is_of_and_how_many(
    page: Page, site: RealSite, view: str, tmp_path: Path
) -> None:
    page.goto(VIEWS[view])
    with pdfplumber.open(export(page, "pdf", tmp_path)) as printed:
        first = printed.pages[0]
        text = "\n".join(sheet.extract_text() for sheet in printed.pages)
        assert (round(first.width), round(first.height)) in ((595, 842), (842, 595)), "A4"
    assert any("Berlin" in line for line in text.split("\n")[:6]), text[:500]
    assert f"{total_of(site, view):,}" in text


def test_a_machine_reads_what_the_page_shows(site: RealSite, browser: Browser) -> None:
    assert ANALYST.role is Role.ANALYST
    with site.page(browser, ANALYST) as page:
        page.goto("/account")
        page.get_by_label("What it is for").fill("nightly")
        page.get_by_role("button", name="Make an API token").click()
        token = page.locator(".secret").inner_text()
        page.reload()
        assert token not in page.content()
        bearer = {"Authorization": f"Bearer {token}"}
        with site.window(browser, extra_http_headers=bearer) as machine:
            answer = machine.request.get("/api/v1/overview?place=region:europe").json()
            assert answer["now"]["visitors"] == site.visitors(Level.REGION, "europe")
            assert machine.request.get("/api/v1/overview?place=region:asia").status == 404
        page.get_by_role("button", name="Revoke nightly").click()
        expect(page.get_by_text("nightly")).to_have_count(0)
        with site.window(browser, extra_http_headers=bearer) as machine:
            assert machine.request.get("/api/v1/me").status == 401
