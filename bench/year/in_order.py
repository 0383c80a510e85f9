"""Rows in the order in which a year of work would have written them: by time, all places beside each other.

That is not the order in which they are read, and it matters: a year of one shop lies on thousands of pages.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench.year.binary_copy import rows

Columns = dict[str, npt.NDArray[Any]]
ROWS_AT_ONCE: Final = 20_000


class InOrder:
    """Rows of a table, by column."""

    def __init__(self) -> None:
        self._blocks: list[Columns] = []

    def add(self, columns: Columns) -> None:
        """More rows; all blocks have the same columns."""
        if len(next(iter(columns.values()))):
            self._blocks.append(columns)

    def __len__(self) -> int:
        """How many rows there are."""
        return sum(len(next(iter(block.values()))) for block in self._blocks)

    def take(self, *keys: str) -> Iterator[Columns]:
        """All rows, which are forgotten, ordered by some columns: in blocks of `rows` of a size that is handled well."""
        if not self._blocks:
            return
        names = list(self._blocks[0])
        columns = {name: np.concatenate([block.pop(name) for block in self._blocks]) for name in names}
        self._blocks.clear()
        order = np.lexsort([columns[key] for key in reversed(keys)])
        for start in range(0, len(order), ROWS_AT_ONCE):
            chosen = order[start : start + ROWS_AT_ONCE]
            yield {name: values[chosen] for name, values in columns.items()}


def blocks(table: InOrder, *keys: str) -> Iterator[bytes]:
    """For COPY: a table's rows, ordered by some columns."""
    return (rows(columns) for columns in table.take(*keys))


def labelled_blocks(table: InOrder, labels: tuple[str, ...], column: str, *keys: str) -> Iterator[bytes]:
    """As `blocks`, where one column holds indices into an enumeration's labels: a block for each."""
    for columns in table.take(*keys):
        for index in np.unique(columns[column]):
            chosen = columns[column] == index
            yield rows({
                name: labels[index].encode() if name == column else values[chosen] for name, values in columns.items()
            })  # fmt: skip
