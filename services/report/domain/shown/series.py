"""What of a series may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import Step
from services.report.domain.series import Point
from services.report.domain.shown.counts import ShownCounts, nothing, shown_counts
from services.report.domain.shown.some import lines, of_some, totals
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
    known = totals(everyone, wider([point.start for point in points], step), threshold)
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
    known = totals([point.counts for point in points], wider([point.start for point in points], step), threshold)
    return tuple(
        ShownPoint(
            point.start,
            replace(nothing(point.counts), visitors=number),
            point.counts.is_gap,
            point.counts.was_closed,
        )
        for point, number in zip(points, known, strict=True)
    )


def wider(starts: Sequence[datetime], step: Step) -> list[list[int]]:
    """The steps that add up to each wider step, whose numbers somebody can ask for as well: their indexes."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, start in enumerate(starts):
        groups.setdefault(("period",), []).append(i)
        if step is Step.HOUR:
            groups.setdefault(("day", start.date()), []).append(i)
        if step in (Step.HOUR, Step.DAY):
            groups.setdefault(("week", *start.isocalendar()[:2]), []).append(i)
            groups.setdefault(("month", start.year, start.month), []).append(i)
    return list(groups.values())
