"""PDF for print: A4, the charts, then the tables. WeasyPrint draws it, with Pango of the system."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.report.pages import i18n, templating
from services.report.pages.exports import tables
from services.report.pages.exports.export import Export

MEDIA_TYPE: Final = "application/pdf"
NEEDS: Final = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
# Of a longer table, print shows the beginning; spreadsheets have it all.
MOST_ROWS: Final = 120
# As many columns as fit an upright page; others are in the spreadsheet.
MOST_COLUMNS: Final = 11
_FONTS: Final = templating.STATIC / "vendor"


class PrinterMissingError(Exception):
    """The system's libraries for print are not installed."""


def write_pdf(export: Export) -> bytes:
    """Everything that is exported, on paper.

    Raises:
        PrinterMissingError: libraries of the system are missing.
    """
    printer = _printer()
    page = templating.written(
        "print/export.html",
        export=export,
        language=i18n.language(),
        shown=tables.shown_cell,
        most_rows=MOST_ROWS,
        most_columns=MOST_COLUMNS,
    )
    document: bytes | None = printer(page)
    assert document is not None
    return document


@cache
def _printer() -> Callable[[str], Any]:
    try:
        from weasyprint import HTML  # noqa: PLC0415  # loads libraries of the system, which may not be there
    except OSError as error:
        raise PrinterMissingError(NEEDS) from error

    def fetch(url: str, *_arguments: object, **_options: object) -> dict[str, object]:
        """Our fonts, and nothing else in the world."""
        name = re.fullmatch(r"font:([a-z-]+\.woff2)", url)
        if not name:
            raise ValueError("only fonts are fetched")
        return {"string": Path(_FONTS / name[1]).read_bytes(), "mime_type": "font/woff2"}

    return lambda page: HTML(string=page, base_url="font:", url_fetcher=fetch).write_pdf(
        uncompressed_pdf=False, pdf_variant=None
    )
