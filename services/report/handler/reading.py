"""Read a place and a period: what overviews, explorations and comparisons have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from services.report.domain.counts import Counts, change, total
from services.report.domain.filters import Filters
from services.report.domain.periods import Period, Step, chosen_step, compared_with, last_year
from services.report.domain.places import Setting, Site
from services.report.domain.questions import Asked, period_of
from services.report.domain.series import complete
from services.report.domain.shown import ShownCounts, ShownPlace, ShownPoint, shown_cube, shown_places, shown_series
from services.report.domain.suppression import Published
from services.report.handler.tallies import TallyReader, setting_of


@dataclass(frozen=True, slots=True)
class PlaceRead:
    """A place's period, beside another one. What is hidden in it is hidden wherever it is shown.

    Args:
        other: the period that is compared with; None where none is.
        now: of the whole period.
        hours: everybody's counts, for how much of the time was covered; never shown themselves.
        change: of visitors against the other period, as a share.
        year_change: the same against the same weekdays a year before.
        table: visitors by gender, age band and mood; its slices are what filters show.
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
    min_cell: int

    def parts(self) -> dict[str, Any]:
        """All of it by name, for something that says more."""
        return {field.name: getattr(self, field.name) for field in fields(PlaceRead)}


async def read_place(reader: TallyReader, asked: Asked, min_cell: int) -> PlaceRead:
    """Read what was asked for.

    Raises:
        UnknownPlaceError: there is no such place for this viewer.
        PeriodError: the period makes no sense.
    """
    setting = await setting_of(reader, asked.level, asked.slug)
    period = period_of(asked, setting.today)
    step = chosen_step(period, asked.step)
    other = compared_with(period, asked.comparison)
    now = await read_period(reader, setting, period, step, asked.filters, min_cell)
    before = await read_period(reader, setting, other, step, asked.filters, min_cell) if other else None
    a_year_before = await read_period(reader, setting, last_year(period), step, asked.filters, min_cell)
    # A day that is not over looks like a fall.
    is_over = period.last < setting.today
    return PlaceRead(
        asked=asked,
        setting=setting,
        period=period,
        step=step,
        other=other,
        now=now.counts,
        before=before.counts if before else None,
        hours=now.hours,
        hours_before=before.hours if before else None,
        change=now.change_from(before) if is_over else None,
        year_change=now.change_from(a_year_before) if is_over else None,
        points=now.points,
        points_before=before.points if before else (),
        table=now.table,
        table_before=before.table if before else None,
        min_cell=min_cell,
    )


@dataclass(frozen=True, slots=True)
class PeriodRead:
    """A place's period by itself.

    Args:
        hours: everybody's counts, for how much of the time was covered; never shown themselves.
        passing: the same, of those who pass the filters.
    """

    counts: ShownCounts
    hours: Counts
    passing: Counts
    points: tuple[ShownPoint, ...]
    table: Published

    def change_from(self, before: "PeriodRead | None") -> float | None:
        """Growth of those who pass the filters, as a share; None where either number is hidden or it would say nothing."""
        if before is None or self.counts.visitors is None or before.counts.visitors is None:
            return None
        return change(self.passing, before.passing)


async def read_period(
    reader: TallyReader, setting: Setting, period: Period, step: Step, filters: Filters, min_cell: int
) -> PeriodRead:
    """Read a period."""
    points = await reader.series(setting.scope_ids, period, step, filters)
    hours = total(point.counts for point in points)
    cube = await reader.cube(setting.scope_ids, period, setting.latest_day)
    table, counts = shown_cube(cube, hours, filters, min_cell)
    shown = shown_series(complete(points, period, step), step, min_cell, filters, table)
    return PeriodRead(counts, hours, hours.only(filters), shown, table)


async def read_places(
    reader: TallyReader,
    setting: Setting,
    sites: Sequence[Site],
    asked: Asked,
    period: Period,
    other: Period | None,
    min_cell: int,
    whole: Published | None = None,
) -> tuple[ShownPlace, ...]:
    """Places with their numbers, the busiest first, the hidden last; then by name.

    Args:
        sites: all that make up the place.
        whole: the table of all of them together, where it is shown as well.
    """
    scopes, filters = [site.scope_id for site in sites], asked.filters
    now = await reader.totals(scopes, period, filters, setting.latest_day)
    is_over = period.last < setting.today
    before = await reader.totals(scopes, other, filters, setting.latest_day) if other and is_over else {}
    shown = shown_places(sites, now, before, min_cell, filters, whole)
    return tuple(sorted(shown, key=lambda place: (-(place.visitors or -1), place.site.place.name)))
