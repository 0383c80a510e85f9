"""Explore: any place, period and step, for everybody or for some, over time and place by place."""

from dataclasses import dataclass

from services.report.domain.counts import Counts
from services.report.domain.periods import Period, Step, chosen_step, compared_with, last_year, steps_for
from services.report.domain.places import Setting
from services.report.domain.questions import Asked, period_of
from services.report.domain.shown import ShownCounts, ShownPlace, ShownPoint
from services.report.domain.suppression import Published
from services.report.handler.reading import read_period, read_places, read_total
from services.report.handler.tallies import Tallies, setting_of


@dataclass(frozen=True, slots=True)
class Exploration:
    """Everything that the page says.

    Args:
        steps: that the period may be shown in.
        other: the period that is compared with; None where none is.
        hours: of the whole period, those that were due and seen.
        year_change: of visitors against the same weekdays a year before.
        table: visitors by gender, age band and mood; its slices are what filters show.
        inside: places one level further in, the busiest first.
        min_cell: smaller counts are hidden.
    """

    asked: Asked
    setting: Setting
    period: Period
    step: Step
    steps: tuple[Step, ...]
    other: Period | None
    now: ShownCounts
    before: ShownCounts | None
    hours: Counts
    hours_before: Counts | None
    change: float | None
    year_change: float | None
    points: tuple[ShownPoint, ...]
    points_before: tuple[ShownPoint, ...]
    table: Published
    table_before: Published | None
    inside: tuple[ShownPlace, ...]
    min_cell: int


class Explore:
    """A question in, an exploration out.

    Args:
        tallies: the database.
        min_cell: the least count that is shown.
    """

    def __init__(self, tallies: Tallies, min_cell: int) -> None:
        self._tallies = tallies
        self._min_cell = min_cell

    async def __call__(self, person_id: int, asked: Asked) -> Exploration:
        """Visitors over time and place by place, as this person may see them.

        Raises:
            UnknownPlaceError: there is no such place for them.
            PeriodError: the period makes no sense.
            TransientError: the tallies are away.
        """
        async with self._tallies.seen_by(person_id) as reader:
            setting = await setting_of(reader, asked.level, asked.slug)
            period = period_of(asked, setting.today)
            step = chosen_step(period, asked.step)
            other = compared_with(period, asked.comparison)
            filters = asked.filters
            read = await read_period(reader, setting, period, step, filters, self._min_cell)
            before = await read_period(reader, setting, other, step, filters, self._min_cell) if other else None
            year = await read_total(reader, setting, last_year(period), filters)
            sites = await reader.inside(setting)
            return Exploration(
                asked=asked,
                setting=setting,
                period=period,
                step=step,
                steps=steps_for(period),
                other=other,
                now=read.now,
                before=before.now if before else None,
                hours=read.hours,
                hours_before=before.hours if before else None,
                change=read.change_from(before.passing if before else None),
                year_change=read.change_from(year),
                points=read.points,
                points_before=before.points if before else (),
                table=read.table,
                table_before=before.table if before else None,
                inside=await read_places(reader, setting, sites, asked, period, other, self._min_cell, read.table),
                min_cell=self._min_cell,
            )
