"""How far labelling is, and data sets, as tables for a terminal."""

from collections.abc import Iterable

from rich.table import Table

from models.dataset.face import Split
from models.dataset.manifest import About
from services.labels.domain.labels import Progress


def progress_table(rows: Iterable[Progress]) -> Table:
    """A row for each way in which faces were drawn."""
    table = _table("drawn by", "drawn", "labelled", "no usable face", "left", "with consent")
    for row in rows:
        numbers = (row.drawn, row.labelled, row.no_face, row.left, row.consent)
        table.add_row(row.by, *(f"{number:,}" for number in numbers))
    return table


def datasets_table(rows: Iterable[About]) -> Table:
    """A row for each version of each data set."""
    table = _table("name", "version", "made (UTC)", *Split, "drawn from")
    for about in rows:
        numbers = (f"{about.faces.get(split, 0):,}" for split in Split)
        table.add_row(about.name, about.version, f"{about.made_at:%Y-%m-%d %H:%M}", *numbers, about.drawn_from)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
