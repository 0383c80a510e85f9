"""Workbooks, read again with openpyxl."""

import io
from datetime import datetime

from openpyxl import Workbook, load_workbook

from services.report.domain.sheets import FEW, Column, Kind, Sheet
from services.report.pages.exports.export import Export
from services.report.pages.exports.xlsx import write_xlsx


def book_of(export: Export) -> Workbook:
    return load_workbook(io.BytesIO(write_xlsx(export)))


def one_sheet(*sheets: Sheet) -> Export:
    return Export("Overview", "Berlin", "", (("Place", "=Berlin"),), sheets, 10, "overview", notes=("Hidden.",))


def test_numbers_are_numbers_with_a_format_and_the_head_stays_in_sight(export: Export) -> None:
    page = book_of(export).worksheets[0]
    assert page.freeze_panes == "A2"
    head = [cell.value for cell in page[1]]
    first = page[2]
    assert isinstance(first[head.index("Visitors")].value, int)
    share = first[head.index("Women, share of known")]
    assert isinstance(share.value, float)
    assert share.number_format == "0.0%"
    assert isinstance(first[0].value, datetime)


def test_notes_say_place_period_filters_who_and_when(export: Export) -> None:
    notes = book_of(export)["Notes"]
    said = {str(row[0].value): str(row[1].value) for row in notes.iter_rows() if row[0].value}
    assert said["Place"] == "Europe, Berlin"
    assert "2026-10-27 / 2026-11-23" in said["Period"]
    assert said["Who"] == "Everybody"
    assert said["Exported by"] == "Ann <ann@example.com>"
    assert "08:30 UTC" in said["Exported at"]


def test_hidden_counts_are_text_and_gaps_are_empty() -> None:
    columns = (Column("Place", Kind.TEXT), Column("Visitors"), Column("Mood index", Kind.INDEX))
    page = book_of(one_sheet(Sheet("s", "S", columns, (("Mitte", FEW, None), ("=A1", 12, -3.5))))).worksheets[0]
    assert [cell.value for cell in page[2]] == ["Mitte", "<10", None]
    assert [cell.value for cell in page[3]] == ["'=A1", 12, -3.5]
    assert page["A3"].data_type == "s"


def test_sheets_have_names_that_excel_takes_each_once() -> None:
    sheets = [
        Sheet("s", title, (Column("a"),), ()) for title in ("A/B: [all]?", "A/B: [all]?", "x" * 60, "x" * 60, "''")
    ]
    names = book_of(one_sheet(*sheets)).sheetnames
    assert len({name.lower() for name in names}) == 6
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_letters_that_xml_cannot_hold_are_left_out() -> None:
    page = book_of(one_sheet(Sheet("s", "S", (Column("a", Kind.TEXT),), (("a\x00\x1fb",),)))).worksheets[0]
    assert page["A2"].value == "ab"
