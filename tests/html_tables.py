"""Tables of a page as people read them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class TableCell:
    """A cell: its words, the address of its first link, its title."""

    text: str = ""
    link: str = ""
    title: str = ""
    kind: str = ""


@dataclass
class Table:
    """Rows of a table, its head included."""

    rows: list[list[TableCell]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, Table] = {}
        self._table: Table | None = None
        self._cell: TableCell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "table":
            self._table = self.tables.setdefault(values.get("id", ""), Table())
        elif tag == "tr" and self._table is not None:
            self._table.rows.append([])
        elif tag in ("td", "th") and self._table is not None:
            self._cell = TableCell(title=values.get("title", ""), kind=values.get("class", ""))
            self._table.rows[-1].append(self._cell)
        elif tag == "a" and self._cell is not None:
            self._cell.link = self._cell.link or values.get("href", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = None
        elif tag == "table":
            self._table = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.text = " ".join((self._cell.text + data).split())


def read_tables(page: str) -> dict[str, Table]:
    """The tables of a page, by their id."""
    reader = _Reader()
    reader.feed(page)
    return reader.tables
