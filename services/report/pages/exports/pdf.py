"""PDF for print: A4, the charts, then the tables. WeasyPrint draws it, with Pango of the system."""

import re
from collections.abc import Callable
from functools import cache
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
    print_page = _printer()
    page = templating.written(
        "print/export.html",
        export=export,
        language=i18n.language(),
        shown=tables.shown_cell,
        most_rows=MOST_ROWS,
        most_columns=MOST_COLUMNS,
    )
    return print_page(page)


@cache
def _printer() -> Callable[[str], bytes]:
    try:
        from weasyprint import HTML  # noqa: PLC0415  # loads libraries of the system, which may not be there
        from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415
    except OSError as error:
        raise PrinterMissingError(NEEDS) from error

    class Fonts(URLFetcher):  # type: ignore[misc]  # it has no types
        """Fetches our fonts, and nothing else in the world."""

        def fetch(self, url: str, headers: object = None) -> Any:
            name = re.fullmatch(r"font:([a-z-]+\.woff2)", url)
            if not name:
                raise ValueError("only fonts are fetched")
            return URLFetcherResponse(url, (_FONTS / name[1]).read_bytes(), {"Content-Type": "font/woff2"})

    def print_page(page: str) -> bytes:
        document: bytes = HTML(string=page, base_url="font:", url_fetcher=Fonts()).write_pdf()
        return document

    return print_page
