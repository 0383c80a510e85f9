"""What of the hours of a week may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from services.report.domain.periods import Period, Step
from services.report.domain.series import HeatCell
from services.report.domain.shown.counts import safe_median_age, safe_mood_index
from services.report.domain.shown.series import hide_steps
from services.report.domain.shown.some import HideSums, hide_inside, hide_parts, totals

_WEEK: Final = range(7)


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


def shown_heat(cells: Sequence[HeatCell], period: Period, threshold: int) -> tuple[ShownHeatCell, ...]:
    """Every hour in which anything may have happened, with small counts hidden among the hours of each weekday.

    The sums of weekdays are known from the days; those of the same hour of all weekdays are said nowhere.

    Args:
        cells: those of which anything is known, everybody's.
        period: that they are of. In a week and less each cell is one hour of one day, which is shown, or hidden, among the
            steps of hours as well, and whose moods are hidden there: nothing is said of them here.
        threshold: the least count that is shown.
    """
    cells = [cell for cell in cells if not cell.counts.was_closed]
    is_one_week = period.days <= len(_WEEK)
    if is_one_week:
        days = {(period.first + timedelta(days=i)).weekday(): period.first + timedelta(days=i) for i in _WEEK}
        cells = sorted(cells, key=lambda cell: (days[cell.weekday], cell.hour))
        hide = hide_steps(
            [datetime.combine(days[cell.weekday], time(cell.hour)) for cell in cells], Step.HOUR, threshold
        )
    else:
        hide = _hide_hours(cells, threshold)
    numbers = totals([cell.counts for cell in cells], hide)
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


def _hide_hours(cells: Sequence[HeatCell], threshold: int) -> HideSums:
    """Weekdays sum to the period, and hours to their weekday."""
    weekdays = [[i for i, cell in enumerate(cells) if cell.weekday == weekday] for weekday in _WEEK]
    partition = [weekday for weekday in weekdays if weekday]
    return lambda numbers, empty: hide_inside(numbers, empty, [(partition, hide_parts(threshold))], threshold)
