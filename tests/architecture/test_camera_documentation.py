"""The cameras' guide says what the code does: vendors, examples, columns, patterns and answers."""

import re
from pathlib import Path

import pytest

from services.common.cameras.path_patterns import _FIELDS, _TIMES, ANY, PATTERN_NAMES
from services.estate.adapters.estate_csv import read_estate
from services.estate.domain import COLUMNS, REQUIRED_COLUMNS
from services.ingest.domain import BUSY, NO_DATA_CONNECTION, RENAMED, REPLIES, Reply
from tests.vendors import EXAMPLES, Example

GUIDE = Path(__file__).parents[2] / "docs/cameras.md"
PAGES = GUIDE.with_suffix("")
VENDORS = [name for name in PATTERN_NAMES if name != ANY]
DOCUMENTS = [GUIDE, *sorted(PAGES.glob("*.md"))]


def section(title: str) -> str:
    """A part of the guide, from its heading to the next of its level."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert match, title
    return match[1]


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_vendor_has_a_page_that_names_its_pattern_and_that_the_guide_leads_to(vendor: str) -> None:
    assert f"The `pattern` is `{vendor}`" in (PAGES / f"{vendor}.md").read_text()
    assert f"(cameras/{vendor}.md)" in GUIDE.read_text()
    assert f"`{vendor}`" in section("How a camera is told from others")


def test_every_page_is_a_vendors_or_for_any_other() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {*VENDORS, "other"}


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e.vendor}-{e.path[-30:]}" for e in EXAMPLES])
def test_every_vendors_example_stands_on_its_page(example: Example) -> None:
    assert example.path in (PAGES / f"{example.vendor}.md").read_text().splitlines()


def test_every_column_of_an_estate_is_explained() -> None:
    for column in COLUMNS:
        assert re.search(rf"^\|[^|]*`{column}`", section("estate.csv"), re.MULTILINE), column


def test_every_field_and_time_of_patterns_is_explained() -> None:
    for token in (*(f"{{{field}}}" for field in _FIELDS), *(f"%{letter}" for letter in _TIMES)):
        assert re.search(rf"^\|[^|]*`{re.escape(token)}`", section("How a camera is told from others"), re.MULTILINE), (
            token
        )


@pytest.mark.parametrize("reply", [*REPLIES.values(), NO_DATA_CONNECTION, BUSY], ids=str)
def test_every_answer_to_an_upload_stands_in_the_table_word_by_word(reply: Reply) -> None:
    assert re.search(rf"^\|[^|]*\| `{re.escape(str(reply))}`", section("What a camera is answered"), re.MULTILINE)


def test_the_table_of_answers_to_uploads_names_no_other_kept_or_refused_upload() -> None:
    uploads = section("What a camera is answered").split("\n\n| command")[0]
    stated = set(re.findall(r"^\|[^|]*\| `(\d{3} [^`]+)`", uploads, re.MULTILINE))
    assert stated - {str(reply) for reply in (*REPLIES.values(), NO_DATA_CONNECTION, BUSY)} == {
        "522 TLS handshake failed on the data connection."
    }
    assert str(RENAMED) in GUIDE.read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_estate_that_is_shown_can_be_imported(document: Path, tmp_path: Path) -> None:
    estates = re.findall(r"^```csv\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    assert estates
    for text in estates:
        file = tmp_path / "estate.csv"
        file.write_text(text)
        assert set(REQUIRED_COLUMNS) < set(text.splitlines()[0].split(","))
        assert read_estate(file)
