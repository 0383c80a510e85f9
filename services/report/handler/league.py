"""The league of shops."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.report.domain.league import Measure, Standing, standings
from services.report.domain.periods import Period, Step, compared_with
from services.report.domain.places import Level, Setting, Site
from services.report.domain.questions import Asked, period_of
from services.report.domain.series import complete
from services.report.domain.shown import ShownPoint, shown_line
from services.report.handler.reading import read_places
from services.report.handler.tallies import Tallies, setting_of

# Of a city, the league may be cut to its shops only, and of one shop there is none.
_CUT: Final = (Level.WORLD, Level.REGION, Level.YOURS)


@dataclass(frozen=True, slots=True)
class LeagueAsked:
    """How the league is shown.

    Args:
        find: letters of a shop's or its city's name; empty: all shops.
        offset: standings that are left out at the beginning.
        limit: standings that are shown; None: all.
    """

    measure: Measure = Measure.VISITORS
    ascending: bool = False
    find: str = ""
    offset: int = 0
    limit: int | None = 20


@dataclass(frozen=True, slots=True)
class League:
    """Everything that the page says.

    Args:
        standings: of the page that was asked for.
        lines: everybody over time of those shops, by scope, whoever the filters are for.
        found: shops that the letters fit.
        ranked: shops that have a rank.
        shops: all of them.
        most: visitors of the busiest shop, which bars are drawn against.
        inside: places that the league may be cut to: regions or cities.
    """

    asked: Asked
    how: LeagueAsked
    setting: Setting
    period: Period
    other: Period | None
    step: Step
    standings: tuple[Standing, ...]
    lines: Mapping[int, tuple[ShownPoint, ...]]
    found: int
    ranked: int
    shops: int
    most: int
    inside: tuple[Site, ...]
    min_cell: int


class ReadLeague:
    """A question in, a league out.

    Args:
        tallies: the database.
        min_cell: the least count that is shown.
    """

    def __init__(self, tallies: Tallies, min_cell: int) -> None:
        self._tallies = tallies
        self._min_cell = min_cell

    async def __call__(self, person_id: int, asked: Asked, how: LeagueAsked) -> League:
        """Every shop of a place, ranked, as this person may see them.

        Raises:
            UnknownPlaceError: there is no such place for them.
            PeriodError: the period makes no sense.
            TransientError: the tallies are away.
        """
        async with self._tallies.seen_by(person_id) as reader:
            setting = await setting_of(reader, asked.level, asked.slug)
            period = period_of(asked, setting.today)
            other = compared_with(period, asked.comparison)
            sites = await reader.shops(setting)
            places = await read_places(reader, setting, sites, asked, period, other, self._min_cell)
            table = standings(places, how.measure, ascending=how.ascending)
            letters = how.find.casefold()
            found = [
                standing
                for standing in table
                if letters in standing.place.site.place.name.casefold()
                or letters in standing.place.site.city.casefold()
            ]
            end = None if how.limit is None else how.offset + how.limit
            page = tuple(found[how.offset : end])
            step = Step.DAY if period.days <= 91 else Step.WEEK
            series = await reader.lines([standing.place.site.scope_id for standing in page], period, step)
            return League(
                asked=asked,
                how=how,
                setting=setting,
                period=period,
                other=other,
                step=step,
                standings=page,
                lines={
                    scope: shown_line(complete(points, period, step), step, self._min_cell)
                    for scope, points in series.items()
                },
                found=len(found),
                ranked=sum(standing.rank is not None for standing in table),
                shops=len(table),
                most=max((place.visitors or 0 for place in places), default=0),
                inside=tuple(await reader.inside(setting)) if setting.place.level in _CUT else (),
                min_cell=self._min_cell,
            )
