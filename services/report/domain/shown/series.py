"""What of a series may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.series import Point
from services.report.domain.shown.counts import ShownCounts, nothing, shown_counts
from services.report.domain.shown.some import along, empty_ones, of_some, passing_of
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
    points: Sequence[Point], threshold: int, filters: Filters = EVERYBODY, whole: Published | None = None
) -> tuple[ShownPoint, ...]:
    """Every step, with small counts hidden along time and across genders, bands and moods.

    Of some visitors only their number is said: it is the same number that everybody's tables have, or hide.

    Args:
        points: every step of a period.
        threshold: the least count that is shown.
        filters: whom the numbers are about.
        whole: the period's table, of which the steps add up to the margins; what is hidden there is hidden in every step.
    """
    if not points:
        return ()
    everyone = [point.counts for point in points]
    empty = empty_ones(everyone)
    lines = [along(everyone, axis, threshold, empty, whole) for axis in range(3)]
    # A step's total is in all three tables: hidden in one of them, it is hidden with all that adds up to it.
    hidden = np.any([[line[-1] is None for line in table] for table in lines], axis=0)
    some = of_some(everyone, filters, threshold, empty, lines)
    is_hidden = whole is not None and passing_of(whole, filters) is None
    shown = []
    for i, (point, counts) in enumerate(zip(points, everyone, strict=True)):
        if filters.active:
            number = None if hidden[i] or is_hidden or empty[i] else some[i]
            one = replace(nothing(counts), visitors=number)
        elif hidden[i]:
            one = nothing(counts)
        else:
            one = shown_counts(counts, lines[0][i][:-1], lines[1][i][:-1], lines[2][i][:-1])
        shown.append(ShownPoint(point.start, one, counts.is_gap, counts.was_closed))
    return tuple(shown)
