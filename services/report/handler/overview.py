"""The overview of a place: how many came, who, when and where, and what has changed."""

from dataclasses import dataclass
from datetime import datetime

from services.report.domain.counts import Counts
from services.report.domain.periods import Period, Step, chosen_step, compared_with, last_year
from services.report.domain.places import INSIDE, Level, Setting
from services.report.domain.questions import Asked, period_of
from services.report.domain.shown import ShownCounts, ShownHeatCell, ShownPlace, ShownPoint, shown_heat
from services.report.domain.suppression import Published
from services.report.handler.reading import read_period, read_places, read_total
from services.report.handler.tallies import Tallies, TallyReader, setting_of


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that an overview says.

    Args:
        other: the period that is compared with; None where none is.
        now: of the whole period. `hours` has the hours that were due and seen, of it and of the other.
        year_change: of visitors against the same weekdays a year before.
        table: visitors by gender, age band and mood; its slices are what filters show.
        inside: places one level further in, the busiest first; of a shop, the shops of its city if they may be seen.
        latest: hour of the latest visitor, in the shop's own time.
        min_cell: smaller counts are hidden.
    """

    asked: Asked
    setting: Setting
    period: Period
    step: Step
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
    heat: tuple[ShownHeatCell, ...]
    inside: tuple[ShownPlace, ...]
    inside_of: Setting
    latest: datetime | None
    min_cell: int


class ReadOverview:
    """A question in, an overview out.

    Args:
        tallies: the database.
        min_cell: the least count that is shown.
    """

    def __init__(self, tallies: Tallies, min_cell: int) -> None:
        self._tallies = tallies
        self._min_cell = min_cell

    async def __call__(self, person_id: int, asked: Asked) -> Overview:
        """All numbers of one place and period, as this person may see them.

        Raises:
            UnknownPlaceError: there is no such place for them.
            PeriodError: the period makes no sense.
            TransientError: the tallies are away.
        """
        async with self._tallies.seen_by(person_id) as reader:
            return await self._read(reader, asked)

    async def _read(self, reader: TallyReader, asked: Asked) -> Overview:
        setting = await setting_of(reader, asked.level, asked.slug)
        period = period_of(asked, setting.today)
        step = chosen_step(period, asked.step)
        other = compared_with(period, asked.comparison)
        filters = asked.filters
        read = await read_period(reader, setting, period, step, filters, self._min_cell)
        before = await read_period(reader, setting, other, step, filters, self._min_cell) if other else None
        year = await read_total(reader, setting, last_year(period), filters)
        # Of some visitors the hours are not said: they would have to fit both the days and everybody's hours.
        heat = [] if filters.active else await reader.heat(setting.scope_ids, period, setting.today)
        inside_of, inside = await self._inside(reader, setting, asked, period, other, read.table)
        return Overview(
            asked=asked,
            setting=setting,
            period=period,
            step=step,
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
            heat=shown_heat(heat, self._min_cell),
            inside=inside,
            inside_of=inside_of,
            latest=await reader.latest(setting.scope_ids),
            min_cell=self._min_cell,
        )

    async def _inside(
        self,
        reader: TallyReader,
        setting: Setting,
        asked: Asked,
        period: Period,
        other: Period | None,
        whole: Published | None,
    ) -> tuple[Setting, tuple[ShownPlace, ...]]:
        """What is inside the place, or beside it where it is a shop; and the place that it is inside of."""
        if setting.place.level is Level.SHOP:
            city = setting.path[-2]
            if city.level not in setting.open_path:
                return setting, ()
            setting, whole = await setting_of(reader, city.level, city.slug), None
        elif setting.place.level not in INSIDE and setting.place.level is not Level.YOURS:
            return setting, ()
        sites = await reader.inside(setting)
        return setting, await read_places(reader, setting, sites, asked, period, other, self._min_cell, whole)
