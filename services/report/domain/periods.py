"""When visitors are counted: periods of whole days, each shop's own, and the steps that they are shown in."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

MAX_PERIOD_DAYS: Final = 1100
_WEEK: Final = 7
# The same weekdays a year earlier.
_YEAR_OF_WEEKS: Final = 364


class Preset(StrEnum):
    """A period that ends yesterday, the last day that is complete; `today` is the one that is not."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "7d"
    FOUR_WEEKS = "28d"
    QUARTER = "13w"
    YEAR = "year"


PRESET_DAYS: Final = {
    Preset.TODAY: 1,
    Preset.YESTERDAY: 1,
    Preset.WEEK: 7,
    Preset.FOUR_WEEKS: 28,
    Preset.QUARTER: 91,
    Preset.YEAR: 364,
}


class Step(StrEnum):
    """How finely a period is shown."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


# Of how many days a period may be for a step: a picture of more points than this says nothing.
_MOST_DAYS: Final = {Step.HOUR: 31, Step.DAY: 400, Step.WEEK: MAX_PERIOD_DAYS, Step.MONTH: MAX_PERIOD_DAYS}
_LEAST_DAYS: Final = {Step.HOUR: 1, Step.DAY: 2, Step.WEEK: 14, Step.MONTH: 32}


class Comparison(StrEnum):
    """Which other period a period is compared with."""

    PREVIOUS = "previous"
    YEAR = "year"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included."""

    first: date
    last: date
    preset: Preset | None = None

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    def moved(self, days: int) -> "Period":
        """The period of the same length so many days later."""
        shift = timedelta(days=days)
        return Period(self.first + shift, self.last + shift)


class PeriodError(ValueError):
    """A period that makes no sense."""


def preset_period(preset: Preset, today: date) -> Period:
    """A period that ends with the last complete day, or is today.

    Today is included where that is asked for by name only: an unfinished day among finished ones looks like a fall.
    """
    last = today if preset is Preset.TODAY else today - timedelta(days=1)
    return Period(last - timedelta(days=PRESET_DAYS[preset] - 1), last, preset)


def custom_period(first: date, last: date) -> Period:
    """A period from one day to another.

    Raises:
        PeriodError: it ends before it begins, is too long, or is so far away that there are no dates around it.
    """
    period = Period(first, last)
    if period.days < 1:
        raise PeriodError("the period ends before it begins")
    if period.days > MAX_PERIOD_DAYS:
        raise PeriodError(f"the period is longer than {MAX_PERIOD_DAYS} days")
    if not date(2000, 1, 1) <= first <= date(2200, 1, 1):
        raise PeriodError("the period is not within the years 2000 to 2200")
    return period


def previous(period: Period) -> Period:
    """The period just before, of the same length and, where there are whole weeks or less than one, the same weekdays."""
    days = period.days
    shift = days if days % _WEEK == 0 else -(-days // _WEEK) * _WEEK
    return period.moved(-shift)


def last_year(period: Period) -> Period:
    """The same weekdays a year before."""
    return period.moved(-_YEAR_OF_WEEKS)


def compared_with(period: Period, comparison: Comparison) -> Period | None:
    """The other period; None where nothing is compared."""
    match comparison:
        case Comparison.PREVIOUS:
            return previous(period)
        case Comparison.YEAR:
            return last_year(period)
        case Comparison.NONE:
            return None


def steps_for(period: Period) -> tuple[Step, ...]:
    """The steps that a period may be shown in, the finest first."""
    return tuple(step for step in Step if _LEAST_DAYS[step] <= period.days <= _MOST_DAYS[step])


def default_step(period: Period) -> Step:
    """Hours of a day or two, else days up to half a year, else weeks."""
    if period.days <= 2:
        return Step.HOUR
    return Step.DAY if period.days <= 184 else Step.WEEK


def chosen_step(period: Period, asked: Step | None) -> Step:
    """What was asked for, where the period may be shown so; else what suits it."""
    return asked if asked in steps_for(period) else default_step(period)


@dataclass(frozen=True, slots=True)
class Parts:
    """A period as what there are tallies of: whole months, and days that are added or taken away.

    Args:
        months: first days of months.
        added: days that are in no such month.
        taken: days of those months that are not in the period.
    """

    months: tuple[date, ...]
    added: tuple[Period, ...]
    taken: tuple[Period, ...]


def parts(period: Period, latest_day: date) -> Parts:
    """Take a period apart, into as few tallies as will do: 28 days of a month are the month without three days.

    Args:
        period: whole days.
        latest_day: there are no tallies of later days.
    """
    months: list[date] = []
    added: list[Period] = []
    taken: list[Period] = []
    month = period.first.replace(day=1)
    while month <= period.last:
        following = (month + timedelta(days=32)).replace(day=1)
        end = following - timedelta(days=1)
        first, last = max(month, period.first), min(end, period.last)
        outside = [Period(month, first - timedelta(days=1)), Period(last + timedelta(days=1), min(end, latest_day))]
        outside = [days for days in outside if days.days > 0]
        if sum(days.days for days in outside) < (last - first).days + 1:
            months.append(month)
            taken += outside
        else:
            added.append(Period(first, last))
        month = following
    return Parts(tuple(months), tuple(added), tuple(taken))
