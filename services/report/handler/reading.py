"""Read a period of a place: what overviews, explorations and comparisons have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.report.domain.counts import Counts, change, total
from services.report.domain.filters import Filters
from services.report.domain.periods import Period, Step
from services.report.domain.places import Setting, Site
from services.report.domain.questions import Asked
from services.report.domain.series import complete
from services.report.domain.shown import ShownCounts, ShownPlace, ShownPoint, shown_cube, shown_places, shown_series
from services.report.domain.suppression import Published
from services.report.handler.tallies import TallyReader


@dataclass(frozen=True, slots=True)
class PeriodRead:
    """A place's period.

    Args:
        hours: everybody's counts, for how much of the time was covered; never shown themselves.
        passing: the same, of those who pass the filters.
    """

    now: ShownCounts
    hours: Counts
    passing: Counts
    points: tuple[ShownPoint, ...]
    table: Published

    def change_from(self, before: Counts | None) -> float | None:
        """Growth of those who pass the filters, as a share; None where their number is hidden or it would say nothing."""
        return change(self.passing, before) if self.now.visitors is not None else None


async def read_period(
    reader: TallyReader, setting: Setting, period: Period, step: Step, filters: Filters, min_cell: int
) -> PeriodRead:
    """Read a period."""
    points = await reader.series(setting.scope_ids, period, step, filters)
    hours = total(point.counts for point in points)
    cube = await reader.cube(setting.scope_ids, period, setting.today)
    table, now = shown_cube(cube, hours, filters, min_cell)
    shown = shown_series(complete(points, period, step), step, min_cell, filters, table)
    return PeriodRead(now, hours, hours.only(filters), shown, table)


async def read_total(reader: TallyReader, setting: Setting, period: Period, filters: Filters) -> Counts:
    """Those of a period who pass the filters; not to be shown itself."""
    totals = await reader.totals(setting.scope_ids, period, filters, setting.today)
    return total(totals.values()).only(filters)


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
    now = await reader.totals(scopes, period, filters, setting.today)
    then = await reader.totals(scopes, other, filters, setting.today) if other else {}
    changes = {
        scope: change(counts.only(filters), then[scope].only(filters)) if scope in then else None
        for scope, counts in now.items()
    }
    shown = shown_places(sites, now, changes, min_cell, filters, whole)
    return tuple(sorted(shown, key=lambda place: (-(place.visitors or -1), place.site.place.name)))
