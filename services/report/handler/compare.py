"""Compare: shops, cities, regions, groups of shops, or one of them in several periods, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.report.domain.counts import Counts
from services.report.domain.periods import Period, Step, chosen_step
from services.report.domain.places import Setting
from services.report.domain.questions import Asked, period_of
from services.report.domain.shown import ShownCounts, ShownPoint
from services.report.domain.suppression import Published
from services.report.handler.reading import PeriodRead, read_period
from services.report.handler.tallies import Tallies, setting_of

MOST_SUBJECTS: Final = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """One of those that are compared.

    Args:
        change: of visitors, against the first one, as a share; None for the first one itself.
        table: visitors by gender, age band and mood.
    """

    asked: Asked
    setting: Setting
    period: Period
    now: ShownCounts
    hours: Counts
    passing: Counts
    change: float | None
    points: tuple[ShownPoint, ...]
    table: Published


@dataclass(frozen=True, slots=True)
class Compared:
    """Subjects side by side. All are shown in the same step; their periods may differ."""

    subjects: tuple[Subject, ...]
    step: Step
    min_cell: int


class Compare:
    """Questions in, their answers side by side out.

    Args:
        tallies: the database.
        min_cell: the least count that is shown.
    """

    def __init__(self, tallies: Tallies, min_cell: int) -> None:
        self._tallies = tallies
        self._min_cell = min_cell

    async def __call__(self, person_id: int, asked: Sequence[Asked]) -> Compared:
        """What each says, as this person may see it; those beyond MOST_SUBJECTS are left out.

        Raises:
            UnknownPlaceError: one is no place for them.
            PeriodError: a period makes no sense.
            TransientError: the tallies are away.
        """
        async with self._tallies.seen_by(person_id) as reader:
            settings = [await setting_of(reader, one.level, one.slug) for one in asked[:MOST_SUBJECTS]]
            questions = list(zip(asked, settings, strict=False))
            periods = [period_of(one, setting.today) for one, setting in questions]
            step = Step.DAY
            if periods:
                step = chosen_step(max(periods, key=lambda period: period.days), asked[0].step)
            reads = [
                await read_period(reader, setting, period, step, one.filters, self._min_cell)
                for (one, setting), period in zip(questions, periods, strict=True)
            ]
        subjects = [
            _subject(one, setting, period, read, reads[0])
            for (one, setting), period, read in zip(questions, periods, reads, strict=True)
        ]
        return Compared(tuple(subjects), step, self._min_cell)


def _subject(asked: Asked, setting: Setting, period: Period, read: PeriodRead, first: PeriodRead) -> Subject:
    # A day that is not over looks like a fall.
    is_comparable = read is not first and period.last < setting.today
    return Subject(
        asked=asked,
        setting=setting,
        period=period,
        now=read.counts,
        hours=read.hours,
        passing=read.passing,
        change=read.change_from(first) if is_comparable else None,
        points=read.points,
        table=read.table,
    )
