"""What of the hours of a week may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.series import HeatCell
from services.report.domain.shown.counts import ENOUGH_FOR_AVERAGES, median_age
from services.report.domain.shown.some import of_these, passing_of
from services.report.domain.suppression import Published, publish


@dataclass(frozen=True, slots=True)
class ShownHeatCell:
    """One hour of one weekday. `visitors` is None where it is hidden, and nothing is there where shops are closed."""

    weekday: int
    hour: int
    visitors: int | None
    mood_index: float | None
    median_age_years: int | None
    coverage: float | None
    is_gap: bool


def shown_heat(
    cells: Sequence[HeatCell], threshold: int, filters: Filters = EVERYBODY, whole: Published | None = None
) -> tuple[ShownHeatCell, ...]:
    """Every hour in which anything may have happened, with small counts hidden along days and hours.

    Args:
        cells: those of which anything is known.
        threshold: the least count that is shown.
        filters: whom the numbers are about.
        whole: the period's table: of whom nothing is said there, nothing is said here.
    """
    cells = [cell for cell in cells if not cell.counts.was_closed]
    table = np.zeros((7, 24), dtype=np.int64)
    closed = np.ones((7, 24), dtype=np.bool_)
    for cell in cells:
        table[cell.weekday, cell.hour] = cell.counts.visitors
        closed[cell.weekday, cell.hour] = cell.counts.is_gap
    published = publish(table, threshold, closed)
    everybody = [None if cell.counts.is_gap else published.at(cell.weekday, cell.hour) for cell in cells]
    numbers = of_these([cell.counts for cell in cells], everybody, filters, threshold)
    is_hidden = whole is not None and passing_of(whole, filters) is None
    shown = []
    for cell, number in zip(cells, numbers, strict=True):
        counts = cell.counts
        enough = not filters.active and number is not None and number >= ENOUGH_FOR_AVERAGES * threshold
        index = counts.mood_index
        shown.append(
            ShownHeatCell(
                cell.weekday,
                cell.hour,
                None if is_hidden else number,
                round(index) if enough and index is not None else None,
                median_age(counts.bands) if enough else None,
                counts.coverage,
                counts.is_gap,
            )
        )
    return tuple(shown)
