"""Tables as they leave the service: what every export is made of, whatever it is written as."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum


class Kind(StrEnum):
    """What a column holds, and so how its numbers are written."""

    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"
    COUNT = "count"
    DECIMAL = "decimal"
    SHARE = "share"
    CHANGE = "change"
    INDEX = "index"
    YEARS = "years"


class Few(Enum):
    """A count that is hidden, because there are too few people or because it would give such a count away."""

    FEW = "few"


FEW = Few.FEW
# None is a gap: nobody knows.
Cell = str | int | float | date | datetime | Few | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head and what is in it."""

    title: str
    kind: Kind = Kind.COUNT


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    Args:
        key: a short name without blanks, the same in every language.
        rows: each with a cell for every column. Shares are 0 to 1, indexes -100 to 100.
        notes: what has to be known to read it.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of {self.key} does not fit its columns")


def few_if_none(count: int | None) -> Cell:
    """A count that is None only where it is hidden."""
    return FEW if count is None else count
