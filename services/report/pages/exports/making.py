"""Files of views, made beside the event loop, and only so many at once: drawing a PDF keeps a processor busy for seconds."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.report.domain.sheets import Sheet
from services.report.pages.exports import csv, pdf, xlsx
from services.report.pages.exports.export import Export

MOST_AT_ONCE: Final = 2


class Format(StrEnum):
    """What a view can be written as."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


_MEDIA_TYPES: Final = {Format.CSV: csv.MEDIA_TYPE, Format.XLSX: xlsx.MEDIA_TYPE, Format.PDF: pdf.MEDIA_TYPE}


class UnknownSheetError(Exception):
    """The view has no such table."""


@dataclass(frozen=True, slots=True)
class File:
    """A file and what it is called."""

    name: str
    media_type: str
    content: bytes


class Maker:
    """Makes files, a few at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def __call__(self, export: Export, form: Format, *, sheet: str = "", byte_order_mark: bool = True) -> File:
        """A view as a file, in the language that is spoken.

        Args:
            export: the view.
            form: what it is written as.
            sheet: key of the table that goes into a CSV; empty: the first one.
            byte_order_mark: whether a CSV begins with one.

        Raises:
            UnknownSheetError: there is no such table.
            PrinterMissingError: this machine cannot make PDFs.
        """
        async with self._turns:
            if form is Format.CSV:
                table = _table(export, sheet)
                content = await asyncio.to_thread(
                    csv.write_csv, table, export.min_cell, byte_order_mark=byte_order_mark
                )
            else:
                write = xlsx.write_xlsx if form is Format.XLSX else pdf.write_pdf
                content = await asyncio.to_thread(write, export)
        stem = f"{export.stem}-{sheet}" if form is Format.CSV and sheet else export.stem
        return File(f"{stem}.{form}", _MEDIA_TYPES[form], content)


def _table(export: Export, key: str) -> Sheet:
    for sheet in export.sheets:
        if key in ("", sheet.key):
            return sheet
    raise UnknownSheetError(key)
