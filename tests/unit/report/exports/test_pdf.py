"""PDFs, read again with pdfplumber."""

import io
import sys
from collections.abc import Iterator
from dataclasses import replace

import pdfplumber
import pytest

from services.report.domain.sheets import FEW, Column, Kind, Sheet
from services.report.handler.overview import Overview
from services.report.pages import i18n
from services.report.pages.exports import pdf, views
from services.report.pages.exports.export import Export
from tests.unit.report.exports.conftest import NOW, VIEWER


@pytest.fixture
def _no_libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    pdf._printer.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    yield
    pdf._printer.cache_clear()


def pages_of(export: Export) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf.write_pdf(export))) as document:
        return [page.extract_text() for page in document.pages]


def test_a_page_has_the_charts_and_tables_and_its_number(export: Export) -> None:
    first, *others = pages_of(export)
    assert "Europe, Berlin" in first
    assert "27 Oct – 23 Nov 2026" in first
    for chart in ("Visitors per day", "Age and gender", "Mood", "Hours of the week"):
        assert chart in first
    assert f"Page 1 / {len(others) + 1}" in first
    assert "Ann <ann@example.com>" in others[-1]


def test_it_is_a4_and_the_charts_are_drawn(export: Export) -> None:
    with pdfplumber.open(io.BytesIO(pdf.write_pdf(export))) as document:
        page = document.pages[0]
        assert (round(page.width), round(page.height)) == (595, 842)
        assert len(page.rects) + len(page.curves) > 60


def test_german(overview: Overview) -> None:
    i18n.speak("de")
    first, *_others = pages_of(views.overview(overview, VIEWER, NOW))
    assert "Seite 1 / " in first
    assert "Besucher" in first


def test_names_are_text_and_hidden_counts_are_said(export: Export) -> None:
    rows = (("<script>alert(1)</script>", FEW), ("</style><b>", 12))
    sheet = Sheet("s", "S", (Column("Place", Kind.TEXT), Column("Visitors")), rows)
    text = "\n".join(pages_of(replace(export, place='"} <img src="http://x">', drawings=(), sheets=(sheet,))))
    assert "<script>alert(1)</script> <10" in text
    assert "</style><b> 12" in text
    assert '"} <img src="http://x">' in text


def test_a_long_table_is_cut_and_says_so(export: Export) -> None:
    sheet = Sheet("s", "S", (Column("n"),), tuple((i,) for i in range(pdf.MOST_ROWS + 5)))
    text = "\n".join(pages_of(replace(export, drawings=(), sheets=(sheet,))))
    assert f"{pdf.MOST_ROWS + 5} rows" in text
    assert f"\n{pdf.MOST_ROWS + 1}\n" not in text


@pytest.mark.usefixtures("_no_libraries")
def test_without_the_systems_libraries_it_says_what_to_install(export: Export) -> None:
    with pytest.raises(pdf.PrinterMissingError, match="libpango"):
        pdf.write_pdf(export)
