"""What of a series may be shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import Step
from services.report.domain.series import Point
from services.report.domain.shown.counts import ShownCounts, nothing, shown_counts
from services.report.domain.shown.some import (
    HideSums,
    Mask,
    Whole,
    hide_inside,
    hide_parts,
    lines,
    of_some,
    totals,
)
from services.report.domain.suppression import Published


@dataclass(frozen=True, slots=True)
class ShownPoint:
    """One step of a period.

    Args:
        is_gap: nobody looked, so nobody knows.
        was_closed: there was nothing to look at.
    """

    start: datetime
    counts: ShownCounts
    is_gap: bool
    was_closed: bool


def shown_series(
    points: Sequence[Point],
    step: Step,
    threshold: int,
    filters: Filters = EVERYBODY,
    whole: Published | None = None,
) -> tuple[ShownPoint, ...]:
    """Every step, with small counts hidden along time and across genders, bands and moods.

    Of those who pass a filter only their number is said: it is the same number that everybody's tables have, or hide.

    Args:
        points: every step of a period.
        step: what they are.
        threshold: the least count that is shown.
        filters: whom the numbers are about.
        whole: the period's table, of which the steps add up to the margins.
    """
    if not points:
        return ()
    everyone = [point.counts for point in points]
    known = totals(everyone, hide_steps([point.start for point in points], step, threshold))
    if filters.active:
        some = of_some(everyone, known, filters, threshold, whole)
        shown = [replace(nothing(counts), visitors=n) for counts, n in zip(everyone, some, strict=True)]
    else:
        along = [lines(everyone, known, axis, threshold, whole) for axis in range(3)]
        shown = [
            nothing(counts) if number is None else shown_counts(counts, *(table[i] for table in along))
            for i, (counts, number) in enumerate(zip(everyone, known, strict=True))
        ]
    return tuple(
        ShownPoint(point.start, one, point.counts.is_gap, point.counts.was_closed)
        for point, one in zip(points, shown, strict=True)
    )


def shown_line(points: Sequence[Point], step: Step, threshold: int) -> tuple[ShownPoint, ...]:
    """Every step, of which only everybody's number is said; arguments as of `shown_series`."""
    known = totals([point.counts for point in points], hide_steps([point.start for point in points], step, threshold))
    return tuple(
        ShownPoint(
            point.start,
            replace(nothing(point.counts), visitors=number),
            point.counts.is_gap,
            point.counts.was_closed,
        )
        for point, number in zip(points, known, strict=True)
    )


def hide_steps(starts: Sequence[datetime], step: Step, threshold: int) -> HideSums:
    """Hide totals of steps, so that they are safe together with those of wider steps, whichever are asked for as well."""

    def hide(numbers: Whole, empty: Mask) -> Mask:
        if step not in _WIDER:
            return hide_parts(threshold)(numbers, empty)
        partitions = []
        for wider, key in _WIDER[step]:
            groups: dict[object, list[int]] = {}
            for i, start in enumerate(starts):
                groups.setdefault(key(start), []).append(i)
            first = [starts[group[0]] for group in groups.values()]
            partitions.append((list(groups.values()), hide_steps(first, wider, threshold)))
        return hide_inside(numbers, empty, partitions, threshold)

    return hide


# The steps that a step is part of, and which one of them a moment is in.
_WIDER: Final[dict[Step, tuple[tuple[Step, Callable[[datetime], object]], ...]]] = {
    Step.HOUR: ((Step.DAY, datetime.date),),
    Step.DAY: (
        (Step.WEEK, lambda start: start.isocalendar()[:2]),
        (Step.MONTH, lambda start: (start.year, start.month)),
    ),
}
