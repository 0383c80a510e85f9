"""Those who pass filters, of steps and places: out of tables that are hidden as a whole, whoever is asked for.

First the totals of steps or places are hidden where they are small; then, of the others, a table along genders, age bands or
moods. That table is the same for every filter, so that nobody learns more from several filters than from one.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from services.report.domain.counts import BANDS, GENDERS, MOODS, Counts
from services.report.domain.filters import Filters
from services.report.domain.suppression import ALL, Published, publish

Numbers = list[int | None]
Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
# Totals, and where there was nothing to see: which of them are hidden.
HideSums = Callable[[Whole, Mask], Mask]


def hide(
    numbers: Whole, empty: Mask, groups: Sequence[Sequence[int]], threshold: int, forced: Mask | None = None
) -> Mask:
    """Which totals are hidden: small ones, and the smallest others until nobody gets one from the sum of its group.

    In each group at least two are hidden then, who sum to the threshold.

    Args:
        numbers: totals.
        empty: where there was nothing to see: they hide nobody.
        groups: indexes of those whose sum is shown somewhere.
        threshold: the least count that is shown.
        forced: hidden in any case.
    """
    hidden = (numbers < threshold) & ~empty
    if forced is not None:
        hidden |= forced & ~empty
    members = [np.array(group, dtype=np.intp) for group in groups if len(group)]
    changed = True
    while changed:
        changed = False
        for group in members:
            gone = group[hidden[group]]
            left = group[~hidden[group] & ~empty[group]]
            if len(gone) and len(left) and (len(gone) == 1 or numbers[gone].sum() < threshold):
                hidden[left[numbers[left].argmin()]] = True
                changed = True
    return hidden


def hide_inside(
    numbers: Whole,
    empty: Mask,
    partitions: Sequence[tuple[Sequence[Sequence[int]], HideSums]],
    threshold: int,
) -> Mask:
    """As `hide`, where the sums of groups are shown or hidden themselves: of a group that is hidden, all of it is.

    What is hidden in a group whose sum is shown tells nothing of the others, and protects none of them.

    Args:
        numbers: totals.
        empty: where there was nothing to see.
        partitions: groups of which each total is in one, and what hides their sums.
        threshold: the least count that is shown.
    """
    forced = np.zeros(len(numbers), dtype=np.bool_)
    shown: list[Sequence[int]] = []
    for groups, hide_sums in partitions:
        sums = np.array([numbers[list(group)].sum() for group in groups], dtype=np.int64)
        nothing = np.array([empty[list(group)].all() for group in groups], dtype=np.bool_)
        for group, is_hidden in zip(groups, hide_sums(sums, nothing), strict=True):
            if is_hidden:
                forced[list(group)] = True
            else:
                shown.append(group)
    return hide(numbers, empty, shown, threshold, forced)


def totals(everyone: Sequence[Counts], hide_totals: HideSums) -> Numbers:
    """Everybody of each step or place; None where that is hidden, or where there was nothing to see."""
    numbers = np.array([counts.visitors for counts in everyone], dtype=np.int64)
    empty = empty_ones(everyone)
    hidden = hide_totals(numbers, empty)
    return [None if hidden[i] or empty[i] else int(number) for i, number in enumerate(numbers)]


def hide_parts(threshold: int) -> HideSums:
    """Hide totals whose sum is shown, and nothing else."""
    return lambda numbers, empty: hide(numbers, empty, [range(len(numbers))], threshold)


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
    # Those that are hidden altogether are one more line, and groups that are hidden altogether one more column: their sums
    # follow from the others, their parts do not. None of them may be small.
    hidden = np.delete(table, there, axis=0).sum(axis=0)
    while there and 0 < hidden.sum() < threshold:
        smallest = min(there, key=lambda i: everyone[i].visitors)
        there.remove(smallest)
        hidden += table[smallest]
    if not there:
        return found
    table = np.concatenate([table[there], hidden[None]]) if hidden.any() else table[there]
    margin = publish(table.sum(axis=0), threshold).line(None) if whole is None else _margin(whole, axis)
    kept = [
        column for column, number in enumerate(margin) if number is not None and table[:, column].sum() >= threshold
    ]
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


def empty_ones(everyone: Sequence[Counts]) -> Mask:
    """Where there was nothing to see, or nobody looked."""
    return np.array([counts.is_gap or counts.was_closed for counts in everyone], dtype=np.bool_)
