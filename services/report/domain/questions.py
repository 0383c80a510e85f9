"""What somebody wants to see."""

from dataclasses import dataclass
from datetime import date

from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import Comparison, Period, Preset, Step, custom_period, preset_period
from services.report.domain.places import Level


@dataclass(frozen=True, slots=True)
class Asked:
    """A place, a period and who is meant.

    Args:
        slug: empty for the world and for all of the viewer's places.
        first: first day; a period from one day to another goes before a preset.
        last: last day.
        step: None: what suits the period.
    """

    level: Level
    slug: str = ""
    preset: Preset = Preset.FOUR_WEEKS
    first: date | None = None
    last: date | None = None
    step: Step | None = None
    filters: Filters = EVERYBODY
    comparison: Comparison = Comparison.PREVIOUS


def period_of(asked: Asked, today: date) -> Period:
    """The days that are meant.

    Raises:
        PeriodError: they make no sense.
    """
    if asked.first or asked.last:
        return custom_period(asked.first or asked.last or today, asked.last or today)
    return preset_period(asked.preset, today)
