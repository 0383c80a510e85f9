"""Small counts are hidden, and as many others as it takes for nobody to work them out.

All numbers of a view come from one table and its margins, so that hiding in that table protects every filter at once.
What is and is not protected: docs/privacy.md.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.report.domain.attack import slack

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

ALL = -1  # the index of an axis's margin
_NEVER = np.inf


@dataclass(frozen=True, slots=True)
class Published:
    """A table as it may be shown.

    Attributes:
        values: Counts with margins, index -1 of each axis. Those that are hidden must not leave the service.
        hidden: Of the same shape; True where "<10" is shown instead.
    """

    values: Counts
    hidden: Mask

    def at(self, *index: int) -> int | None:
        """One number, or None if it is hidden; `ALL` for a margin."""
        return None if self.hidden[index] else int(self.values[index])

    def line(self, *index: int | None) -> tuple[int | None, ...]:
        """The numbers along the axis whose index is None, without its margin."""
        where = tuple(slice(None, -1) if i is None else i for i in index)
        pairs = zip(self.values[where].tolist(), self.hidden[where].tolist(), strict=True)
        return tuple(None if hidden else value for value, hidden in pairs)

    @property
    def total(self) -> int | None:
        """The grand total, or None if it is hidden."""
        return self.at(*(ALL,) * self.values.ndim)


def publish(counts: Counts, threshold: int, closed: Mask | None = None, *, margins_known: bool = False) -> Published:
    """The table as it may be shown; arguments as of `suppress`."""
    return Published(with_margins(counts), suppress(counts, threshold, closed, margins_known=margins_known))


def with_margins(counts: Counts) -> Counts:
    """The counts with their sums appended to each axis."""
    for axis in range(counts.ndim):
        counts = np.concatenate([counts, counts.sum(axis=axis, keepdims=True)], axis=axis)
    return counts


def suppress(counts: Counts, threshold: int, closed: Mask | None = None, *, margins_known: bool = False) -> Mask:
    """Which numbers of a table and its margins must be hidden.

    Every number under the threshold is hidden, 0 included; everything is, if the grand total is. Others are hidden with them,
    the cheapest that do, until no hidden number follows from the shown ones, each line's hidden numbers sum to the threshold
    or more, and each hidden number could be another one by at least `least_slack(threshold)`. The same table always gives the
    same answer.

    Args:
        counts: Of 1 to 3 axes, without margins, none negative.
        threshold: The least count that may be shown.
        closed: True where everybody knows that nobody can have been: the shop was shut, or there are no photos. Such cells are
            neither hidden nor used to hide others. It counts only where the count is 0.
        margins_known: Margins are shown elsewhere, so that hiding them here hides nothing. None of them may be small.

    Returns:
        Shape + 1 in each axis; index -1 is the axis's margin. True is hidden.

    Raises:
        ValueError: Not 1 to 3 axes, or a negative count.
    """
    if not 1 <= counts.ndim <= 3 or (counts < 0).any():
        raise ValueError("a table has 1 to 3 axes and no negative count")
    table = with_margins(counts)
    shut = _shut(counts, closed)
    hidden = (table < threshold) & ~shut
    total = (ALL,) * counts.ndim
    if hidden[total]:
        return ~shut
    # The grand total is shown, and whatever is the sum of the same open cells, as where there is one region: hiding it hides nothing.
    open_cells = with_margins((~shut[(slice(-1),) * counts.ndim]).astype(np.int64))
    fixed = shut | (open_cells == open_cells[total])
    if margins_known:
        cells = np.zeros(table.shape, dtype=bool)
        cells[(slice(-1),) * counts.ndim] = True
        fixed |= ~cells
    least = least_slack(threshold)
    while True:
        _mend_lines(table, hidden, fixed, threshold)
        if not hidden.any():
            return hidden
        loose = slack(table, hidden, least)
        if (loose >= least).all() or not _hide_beside(table, hidden, fixed, loose < least):
            return hidden


def least_slack(threshold: int) -> float:
    """By how much a hidden number can at least differ, for all that a reader can know."""
    return threshold / 10


def _shut(counts: Counts, closed: Mask | None) -> Mask:
    """Closed cells, and margins of which all cells are closed."""
    if closed is None:
        return np.zeros([n + 1 for n in counts.shape], dtype=bool)
    shut: Mask = closed & (counts == 0)
    for axis in range(counts.ndim):
        shut = np.concatenate([shut, shut.all(axis=axis, keepdims=True)], axis=axis)
    return shut


def _mend_lines(table: Counts, hidden: Mask, fixed: Mask, threshold: int) -> None:
    """Hide more, until no line has a lone hidden number, or hidden numbers that sum to less than the threshold."""
    changed = True
    while changed:
        changed = False
        for axis in range(table.ndim):
            t, h = np.moveaxis(table, axis, -1), np.moveaxis(hidden, axis, -1)
            count = h.sum(axis=-1)
            inside = (t[..., :-1] * h[..., :-1]).sum(axis=-1)
            bad = (count == 1) | ((count > 0) & ~h[..., -1] & (inside < threshold))
            if not bad.any():
                continue
            price = np.moveaxis(_prices(table, hidden, fixed, axis), axis, -1)[bad]
            choice = price.argmin(axis=-1)
            possible = np.isfinite(price[np.arange(len(choice)), choice])
            where = tuple(np.argwhere(bad)[possible].T)
            h[(*where, choice[possible])] = True
            changed = changed or bool(possible.any())


def _prices(table: Counts, hidden: Mask, fixed: Mask, axis: int) -> NDArray[np.float64]:
    """What it costs to hide each number: its count, times the lines along other axes in which it would stand alone.

    A line's margin comes after all its cells.
    """
    price = table + 1.0
    alone = np.ones(table.shape)
    for other in range(table.ndim):
        if other != axis:
            alone = alone + ~hidden.any(axis=other, keepdims=True)
    price = price * alone
    np.moveaxis(price, axis, -1)[..., -1] += 4.0 * float(table.max())
    return np.where(hidden | fixed, _NEVER, price)


def _hide_beside(table: Counts, hidden: Mask, fixed: Mask, tight: Mask) -> bool:
    """Hide the cheapest number in the lines of each that is too tight; the cheapest of all, if those are hidden already."""
    price = np.where(hidden | fixed, _NEVER, table + 1.0)
    if not np.isfinite(price).any():
        return False
    axes = range(table.ndim)
    cheapest = [price.argmin(axis=axis).tolist() for axis in axes]
    least = [price.min(axis=axis).tolist() for axis in axes]
    helped: set[tuple[int, ...]] = set()
    for where in np.argwhere(tight).tolist():
        lines = [(axis, *where[:axis], *where[axis + 1 :]) for axis in axes]
        if not helped.isdisjoint(lines):
            continue
        axis = min(axes, key=lambda axis: _pick(least[axis], lines[axis]))
        if _pick(least[axis], lines[axis]) < _NEVER:
            where[axis] = int(_pick(cheapest[axis], lines[axis]))
            hidden[tuple(where)] = True
            helped.update((axis, *where[:axis], *where[axis + 1 :]) for axis in axes)
    if not helped:
        hidden[np.unravel_index(int(price.argmin()), table.shape)] = True
    return True


def _pick(nested: Any, line: tuple[int, ...]) -> float:
    for i in line[1:]:
        nested = nested[i]
    return float(nested)
