"""CSV as RFC 4180 has it: commas, CRLF, UTF-8; shares as fractions, days as 2026-11-24, a point before decimals."""

import csv
import io
from datetime import date, datetime
from typing import Final

from services.report.domain.sheets import Cell, Few, Sheet
from services.report.pages import words

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
# Spreadsheets run text that begins so as a formula.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_DIGITS: Final = 6


def write_csv(sheet: Sheet, min_cell: int, *, byte_order_mark: bool = False) -> bytes:
    """A sheet as CSV.

    Args:
        sheet: what is written; its notes are not.
        min_cell: the least count that is shown; hidden ones are written as "<10".
        byte_order_mark: begin with one, by which Excel knows UTF-8.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guarded(column.title) for column in sheet.columns])
    writer.writerows([_written(cell, min_cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _written(cell: Cell, min_cell: int) -> str | int | float:
    if isinstance(cell, Few):
        return words.hidden(min_cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return round(cell, _DIGITS)
    return "" if cell is None else guarded(cell) if isinstance(cell, str) else cell
