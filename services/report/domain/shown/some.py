"""Those who pass filters, of steps and places: out of tables that are hidden as a whole, whoever is asked for.

First the totals of steps or places are hidden where they are small; then, of the others, a table along genders, age bands or
moods. That table is the same for every filter, so that nobody learns more from several filters than from one.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from services.report.domain.counts import BANDS, GENDERS, MOODS, Counts
from services.report.domain.filters import Filters
from services.report.domain.suppression import ALL, Published, publish

Numbers = list[int | None]


def totals(everyone: Sequence[Counts], groups: Sequence[Sequence[int]], threshold: int) -> Numbers:
    """Everybody of each step or place, None where that is hidden.

    Small ones are hidden, and others, the smallest first, until in each group at least two are hidden, who sum to the
    threshold. So nobody gets one from the sum of its group, which may be shown elsewhere.

    Args:
        everyone: counts of each. Where there was nothing to see they hide nobody.
        groups: indexes of those that add up to something: the hours of each day, the days of each week and of each month.
        threshold: the least count that is shown.
    """
    numbers = np.array([counts.visitors for counts in everyone], dtype=np.int64)
    empty = empty_ones(everyone)
    hidden = (numbers < threshold) & ~empty
    members = [np.array(group) for group in groups if len(group)]
    changed = True
    while changed:
        changed = False
        for group in members:
            gone = group[hidden[group]]
            left = group[~hidden[group] & ~empty[group]]
            if len(gone) and len(left) and (len(gone) == 1 or numbers[gone].sum() < threshold):
                hidden[left[numbers[left].argmin()]] = True
                changed = True
    return [None if hidden[i] or empty[i] else int(number) for i, number in enumerate(numbers)]


def lines(
    everyone: Sequence[Counts], shown: Numbers, axis: int, threshold: int, whole: Published | None = None
) -> list[tuple[int | None, ...]]:
    """Along genders (0), age bands (1) or moods (2), a line of numbers for each step or place.

    Args:
        everyone: counts of each.
        shown: their totals; of those that are hidden, or of whom there is nothing, all is hidden.
        axis: which.
        threshold: the least count that is shown.
        whole: the table of all of them together; what is hidden there along the axis is hidden in every line.
    """
    table = np.array([(counts.genders, counts.bands, counts.moods)[axis] for counts in everyone], dtype=np.int64)
    nothing: tuple[int | None, ...] = (None,) * table.shape[1]
    there = [i for i, number in enumerate(shown) if number is not None]
    found = [nothing] * len(everyone)
    if not there:
        return found
    table = table[there]
    margin = publish(table.sum(axis=0), threshold).line(None) if whole is None else _margin(whole, axis)
    kept = [
        column for column, number in enumerate(margin) if number is not None and table[:, column].sum() >= threshold
    ]
    # Those that are hidden altogether are one column: its sums follow from the others, its parts do not.
    sums = table.sum(axis=0)
    while 0 < sums.sum() - sums[kept].sum() < threshold and kept:
        kept.remove(min(kept, key=lambda column: sums[column]))
    if not kept:
        return found
    rest = np.delete(table, kept, axis=1).sum(axis=1, keepdims=True)
    joined = np.concatenate([table[:, kept], rest], axis=1) if rest.any() else table[:, kept]
    published = publish(joined, threshold, margins_known=True)
    for row, i in enumerate(there):
        line = list(nothing)
        for column, number in zip(kept, published.line(row, None), strict=False):
            line[column] = number
        found[i] = tuple(line)
    return found


def of_some(
    everyone: Sequence[Counts], shown: Numbers, filters: Filters, threshold: int, whole: Published | None = None
) -> Numbers:
    """Those of each who pass the filters; arguments as of `lines`."""
    if not filters.active:
        return shown
    if whole is not None and passing_of(whole, filters) is None:
        return [None] * len(everyone)
    if filters.axes == 1:
        axis, index = next((axis, index) for axis, index in enumerate(indexes(filters)) if index != ALL)
        return [line[index] for line in lines(everyone, shown, axis, threshold, whole)]
    numbers = [counts.only(filters).visitors if n is not None else 0 for counts, n in zip(everyone, shown, strict=True)]
    closed = np.array([number is None for number in shown])
    published = publish(np.array(numbers, dtype=np.int64), threshold, closed)
    return [None if closed[i] else published.at(i) for i in range(len(everyone))]


def _margin(whole: Published, axis: int) -> tuple[int | None, ...]:
    """Everybody of the whole table, along an axis."""
    return whole.line(*(None if i == axis else ALL for i in range(3)))


def indexes(filters: Filters) -> tuple[int, int, int]:
    """Where those who pass the filters are in a table of genders, bands and moods."""
    return (
        GENDERS.index(filters.gender) if filters.gender else ALL,
        BANDS.index(filters.band) if filters.band else ALL,
        MOODS.index(filters.mood) if filters.mood else ALL,
    )


def passing_of(whole: Published, filters: Filters) -> int | None:
    """Those of the whole table who pass the filters; None where that is hidden."""
    return whole.at(*indexes(filters))


def empty_ones(everyone: Sequence[Counts]) -> npt.NDArray[np.bool_]:
    """Where there was nothing to see, or nobody looked."""
    return np.array([counts.is_gap or counts.was_closed for counts in everyone], dtype=np.bool_)
