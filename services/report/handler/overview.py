"""The overview of a place: how many came, who, when and where, and what has changed."""

from dataclasses import dataclass
from datetime import datetime

from services.report.domain.places import INSIDE, Level, Setting
from services.report.domain.questions import Asked
from services.report.domain.shown import ShownHeatCell, ShownPlace, shown_heat
from services.report.handler.reading import PlaceRead, read_place, read_places
from services.report.handler.tallies import Tallies, TallyReader, setting_of


@dataclass(frozen=True, slots=True)
class Overview(PlaceRead):
    """Everything that an overview says.

    Args:
        heat: everybody by weekday and hour; nothing where somebody is filtered.
        inside: places one level further in, the busiest first; of a shop, the shops of its city if they may be seen.
        inside_of: the place that these are inside of.
        latest: hour of the latest visitor, in the shop's own time.
    """

    heat: tuple[ShownHeatCell, ...]
    inside: tuple[ShownPlace, ...]
    inside_of: Setting
    latest: datetime | None


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
            read = await read_place(reader, asked, self._min_cell)
            scopes = read.setting.scope_ids
            # Of some visitors the hours are not said: they would have to fit both the days and everybody's hours.
            heat = [] if asked.filters.active else await reader.heat(scopes, read.period, read.setting.latest_day)
            inside_of, inside = await self._inside(reader, read)
            latest = await reader.latest(scopes)
        return Overview(
            **read.parts(),
            heat=shown_heat(heat, read.period, self._min_cell),
            inside=inside,
            inside_of=inside_of,
            latest=latest,
        )

    async def _inside(self, reader: TallyReader, read: PlaceRead) -> tuple[Setting, tuple[ShownPlace, ...]]:
        """What is inside the place, or beside it where it is a shop; and the place that it is inside of."""
        setting, whole = read.setting, read.table
        level = setting.place.level
        if level is Level.SHOP:
            city = setting.path[-2]
            if city.level not in setting.open_path:
                return setting, ()
            around = await setting_of(reader, city.level, city.slug)
            sites = await reader.inside(around)
            return around, await read_places(reader, around, sites, read.asked, read.period, read.other, self._min_cell)
        if level not in INSIDE and level is not Level.YOURS:
            return setting, ()
        sites = await reader.inside(setting)
        places = await read_places(reader, setting, sites, read.asked, read.period, read.other, self._min_cell, whole)
        return setting, places
