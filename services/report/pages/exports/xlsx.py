"""XLSX: real numbers in their formats, a frozen head, and a sheet that says what it all is."""

import io
import re
from collections.abc import Iterable
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from services.report.domain.sheets import Cell, Few, Kind, Sheet
from services.report.pages import words
from services.report.pages.exports.csv import guarded
from services.report.pages.exports.export import Export
from services.report.pages.i18n import _

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMATS: Final = {
    Kind.TEXT: "@",
    Kind.DATE: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
    Kind.COUNT: "#,##0",
    Kind.DECIMAL: "#,##0.0",
    Kind.SHARE: "0.0%",
    Kind.CHANGE: "+0.0%;-0.0%;0.0%",
    Kind.INDEX: "+0;-0;0",
    Kind.YEARS: "0",
}
_LONGEST_NAME: Final = 31
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
# What XML cannot hold.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEAD = Font(bold=True)
_HATCH = PatternFill("lightUp", fgColor="B9BBB1", bgColor="F6F6F2")
_RIGHT = Alignment(horizontal="right")
_WRAPPED = Alignment(wrap_text=True, vertical="top")


def write_xlsx(export: Export) -> bytes:
    """A workbook: a sheet for each table, then the notes."""
    book = Workbook(write_only=True)
    book.properties.title = f"{export.title}: {export.place}"
    book.properties.creator = "facetally"
    taken: set[str] = set()
    for sheet in export.sheets:
        _write(book.create_sheet(_name(sheet.title, taken)), sheet, export.min_cell)
    _write_notes(book.create_sheet(_name(_("Notes"), taken)), export)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _write(page: Any, sheet: Sheet, min_cell: int) -> None:
    page.freeze_panes = "A2"
    for number, column in enumerate(sheet.columns, 1):
        texts = [cell for row in sheet.rows if isinstance(cell := row[number - 1], str)]
        widest = max(map(len, (column.title, *texts)))
        page.column_dimensions[get_column_letter(number)].width = min(40, max(11, widest + 2))
    page.append(_cell(page, guarded(column.title), font=_HEAD) for column in sheet.columns)
    for row in sheet.rows:
        page.append(_value(page, cell, column.kind, min_cell) for cell, column in zip(row, sheet.columns, strict=True))


def _value(page: Any, cell: Cell, kind: Kind, min_cell: int) -> Any:
    match cell:
        case None:
            return None
        case Few():
            return _cell(page, words.hidden(min_cell), fill=_HATCH, alignment=_RIGHT)
        case str():
            return _cell(page, guarded(_UNPRINTABLE.sub("", cell)))
        case _:
            return _cell(page, cell, number_format=_FORMATS[kind])


def _write_notes(page: Any, export: Export) -> None:
    page.column_dimensions["A"].width = 24
    page.column_dimensions["B"].width = 90
    notes = ((sheet.title, note) for sheet in export.sheets for note in sheet.notes)
    lines: Iterable[tuple[str, str]] = (*export.facts, *(("", note) for note in export.notes), *notes)
    for label, text in lines:
        page.append((_cell(page, guarded(label), font=_HEAD), _cell(page, guarded(text), alignment=_WRAPPED)))


def _cell(page: Any, value: Any, **style: object) -> Any:
    cell: Any = WriteOnlyCell(page, value=value)
    for name, one in style.items():
        setattr(cell, name, one)
    return cell


def _name(title: str, taken: set[str]) -> str:
    """A name for a sheet, as Excel allows: short, without some signs, each once."""
    plain = _NOT_IN_NAMES.sub(" ", title)[:_LONGEST_NAME].strip("' ") or "-"
    name, number = plain, 1
    while name.lower() in taken:
        number += 1
        name = f"{plain[: _LONGEST_NAME - 4]} {number}"
    taken.add(name.lower())
    return name
