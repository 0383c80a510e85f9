"""What of the hours of a week may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.report.domain.series import HeatCell
from services.report.domain.shown.counts import safe_median_age, safe_mood_index
from services.report.domain.shown.some import totals


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


def shown_heat(cells: Sequence[HeatCell], threshold: int, *, is_one_week: bool = False) -> tuple[ShownHeatCell, ...]:
    """Every hour in which anything may have happened, with small counts hidden among the hours of each weekday.

    The sums of weekdays are known from the days; those of the same hour of all weekdays are said nowhere.

    Args:
        cells: those of which anything is known, everybody's.
        threshold: the least count that is shown.
        is_one_week: each cell is one hour of one day, whose moods are hidden elsewhere: nothing is said of them here.
    """
    cells = [cell for cell in cells if not cell.counts.was_closed]
    weekdays = [[i for i, cell in enumerate(cells) if cell.weekday == weekday] for weekday in range(7)]
    numbers = totals([cell.counts for cell in cells], [*weekdays, range(len(cells))], threshold)
    shown = []
    for cell, number in zip(cells, numbers, strict=True):
        counts = cell.counts
        index = safe_mood_index(counts, threshold) if number is not None and not is_one_week else None
        shown.append(
            ShownHeatCell(
                cell.weekday,
                cell.hour,
                number,
                None if index is None else round(index),
                safe_median_age(counts, threshold) if number is not None else None,
                counts.coverage,
                counts.is_gap,
            )
        )
    return tuple(shown)
