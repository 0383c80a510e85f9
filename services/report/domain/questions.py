"""What somebody wants to see."""

from dataclasses import dataclass
from datetime import date

from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import (
    Comparison,
    Period,
    Preset,
    Step,
    compared_with,
    custom_period,
    preset_period,
)
from services.report.domain.places import Level


@dataclass(frozen=True, slots=True)
class Asked:
    """A place, a period and who is meant.

    Args:
        slug: empty for the world and for all of the viewer's places.
        first: first day; a period from one day to another goes before a preset.
        last: last day.
        step: None: what suits the period.
        comparison: which other period it is compared with.
        moved: what is asked for is that other period, and not the one that the days say: to have both side by side.
    """

    level: Level
    slug: str = ""
    preset: Preset = Preset.FOUR_WEEKS
    first: date | None = None
    last: date | None = None
    step: Step | None = None
    filters: Filters = EVERYBODY
    comparison: Comparison = Comparison.PREVIOUS
    moved: Comparison = Comparison.NONE


def period_of(asked: Asked, today: date) -> Period:
    """The days that are meant.

    Raises:
        PeriodError: they make no sense.
    """
    if asked.first or asked.last:
        period = custom_period(asked.first or asked.last or today, asked.last or today)
    else:
        period = preset_period(asked.preset, today)
    return compared_with(period, asked.moved) or period
