"""Those who pass filters, of places, hours and steps: out of tables that are hidden as a whole, whoever is asked for.

Whoever passes one filter is a column of a table of everybody, along genders, age bands or moods. That table is the same for
every filter, so that nobody learns more from several filters than from one.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from services.report.domain.counts import BANDS, GENDERS, MOODS, NOBODY, Counts
from services.report.domain.filters import Filters
from services.report.domain.suppression import ALL, Published, publish


def of_these(
    everyone: Sequence[Counts], everybody: Sequence[int | None], filters: Filters, threshold: int
) -> list[int | None]:
    """Of places or hours, those who pass the filters: nobody's where everybody's number is hidden."""
    if not filters.active or not everyone:
        return list(everybody)
    empty = np.array([number is None for number in everybody])
    shown = [NOBODY if number is None else counts for counts, number in zip(everyone, everybody, strict=True)]
    lines = [along(shown, axis, threshold, empty, None) for axis in range(3)] if filters.axes == 1 else []
    some = of_some(shown, filters, threshold, empty, lines)
    return [None if empty[i] else number for i, number in enumerate(some)]


def of_some(
    everyone: Sequence[Counts],
    filters: Filters,
    threshold: int,
    empty: npt.NDArray[np.bool_],
    lines: Sequence[Sequence[tuple[int | None, ...]]],
) -> list[int | None]:
    """Those who pass the filters, of each: from the tables along the axes, where they pass one filter."""
    if filters.axes == 1:
        axis, index = next((axis, index) for axis, index in enumerate(indexes(filters)) if index != ALL)
        return [line[index] for line in lines[axis]]
    numbers = np.array([counts.only(filters).visitors for counts in everyone], dtype=np.int64)
    published = publish(numbers, threshold, empty)
    return [published.at(i) for i in range(len(everyone))]


def along(
    everyone: Sequence[Counts],
    axis: int,
    threshold: int,
    empty: npt.NDArray[np.bool_],
    whole: Published | None,
) -> list[tuple[int | None, ...]]:
    """A table of counts along an axis: a line for each, with its total at the end."""
    table = np.array([(counts.genders, counts.bands, counts.moods)[axis] for counts in everyone], dtype=np.int64)
    published = publish(table, threshold, np.broadcast_to(empty[:, None], table.shape))
    hidden = [False] * table.shape[1] if whole is None else [n is None for n in _margin(whole, axis)]
    lines = []
    for i in range(len(everyone)):
        line = published.line(i, None)
        lines.append((*(None if gone else n for n, gone in zip(line, hidden, strict=True)), published.at(i, ALL)))
    return lines


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
    return np.array([counts.is_gap or counts.was_closed for counts in everyone])
