"""How visitors are spread over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.report.domain.counts import NOBODY, Counts
from services.report.domain.periods import Period, Step


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a period: its start, in each shop's own time, and who came."""

    start: datetime
    counts: Counts


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One hour of one weekday, over a period.

    Args:
        weekday: 0 is Monday.
        hour: 0 to 23, in each shop's own time.
    """

    weekday: int
    hour: int
    counts: Counts


def starts(period: Period, step: Step) -> tuple[datetime, ...]:
    """When the steps of a period begin. The first may begin before the period, as may its week or month."""
    match step:
        case Step.HOUR:
            first = datetime.combine(period.first, time())
            return tuple(first + timedelta(hours=i) for i in range(24 * period.days))
        case Step.DAY:
            return tuple(_midnight(period.first + timedelta(days=i)) for i in range(period.days))
        case Step.WEEK:
            monday = period.first - timedelta(days=period.first.weekday())
            return tuple(_midnight(monday + timedelta(days=i)) for i in range(0, (period.last - monday).days + 1, 7))
        case Step.MONTH:
            months, month = [], period.first.replace(day=1)
            while month <= period.last:
                months.append(_midnight(month))
                month = (month + timedelta(days=32)).replace(day=1)
            return tuple(months)


def complete(points: Sequence[Point], period: Period, step: Step) -> tuple[Point, ...]:
    """A point for every step, also for those of which there is nothing.

    Hours before the first and after the last of the day in which anything happened are left out: shops are closed.
    """
    known = {point.start: point for point in points}
    every = starts(period, step)
    if step is Step.HOUR:
        busy = {point.start.hour for point in points if not point.counts.was_closed}
        every = tuple(start for start in every if busy and min(busy) <= start.hour <= max(busy))
    return tuple(known.get(start) or Point(start, NOBODY) for start in every)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
