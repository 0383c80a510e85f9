"""CSV as other programs read it."""

import csv
import io
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report.domain.sheets import FEW, Column, Kind, Sheet
from services.report.pages.exports.csv import write_csv
from services.report.pages.exports.export import Export

text = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


def sheet_of(*cells: object) -> Sheet:
    return Sheet("s", "S", tuple(Column(f"c{i}", Kind.TEXT) for i in range(len(cells))), (cells,))  # type: ignore[arg-type]


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(st.lists(text, min_size=1, max_size=4))
def test_whatever_is_written_is_read_again_and_nothing_is_a_formula(cells: list[str]) -> None:
    _head, row = read(write_csv(sheet_of("x", *cells), 10))
    for written, cell in zip(row[1:], cells, strict=True):
        assert written in (cell, f"'{cell}")
        assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("formula", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(formula: str) -> None:
    assert read(write_csv(sheet_of(formula), 10))[1] == [f"'{formula}"]


def test_numbers_stay_numbers_even_below_zero() -> None:
    row = read(write_csv(sheet_of(-12, 0.25, -0.1), 10))[1]
    assert row == ["-12", "0.25", "-0.1"]


def test_hidden_counts_gaps_and_days() -> None:
    cells = (FEW, None, date(2026, 11, 2), datetime(2026, 11, 2, 9))
    assert read(write_csv(sheet_of(*cells), 10))[1] == ["<10", "", "2026-11-02", "2026-11-02 09:00"]


def test_lines_end_as_the_rfc_says_and_a_mark_is_there_only_if_wanted() -> None:
    assert write_csv(sheet_of("Zürich"), 10) == b"c0\r\nZ\xc3\xbcrich\r\n"
    assert write_csv(sheet_of("a"), 10, byte_order_mark=True).startswith(b"\xef\xbb\xbfc0")


def test_a_view_has_a_row_for_every_step_with_its_coverage(export: Export) -> None:
    head, *rows = read(write_csv(export.sheets[0], export.min_cell))
    assert head[:3] == ["Day", "Visitors", "Coverage"]
    assert len(rows) == 28
    assert all(len(row) == len(head) for row in rows)
