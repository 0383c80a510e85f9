"""Where the shops of a place are, and how many visitors each had."""

from dataclasses import dataclass

from services.report.domain.periods import Period
from services.report.domain.places import Setting
from services.report.domain.questions import Asked, period_of
from services.report.domain.shown import ShownPlace
from services.report.handler.reading import read_places
from services.report.handler.tallies import Tallies, setting_of


@dataclass(frozen=True, slots=True)
class ShopsOnMap:
    """Everything that a map says.

    Args:
        places: shops whose position is known, the busiest first.
        min_cell: smaller counts are hidden.
    """

    asked: Asked
    setting: Setting
    period: Period
    places: tuple[ShownPlace, ...]
    min_cell: int


class ReadMap:
    """A question in, shops with their positions out.

    Args:
        tallies: the database.
        min_cell: the least count that is shown.
    """

    def __init__(self, tallies: Tallies, min_cell: int) -> None:
        self._tallies = tallies
        self._min_cell = min_cell

    async def __call__(self, person_id: int, asked: Asked) -> ShopsOnMap:
        """Every shop of a place whose position is known, as this person may see it.

        Raises:
            UnknownPlaceError: there is no such place for them.
            PeriodError: the period makes no sense.
            TransientError: the tallies are away.
        """
        async with self._tallies.seen_by(person_id) as reader:
            setting = await setting_of(reader, asked.level, asked.slug)
            period = period_of(asked, setting.today)
            # All shops, also those that are nowhere on the map: together they are the place.
            sites = await reader.shops(setting, with_positions=True)
            places = await read_places(reader, setting, sites, asked, period, None, self._min_cell)
        located = tuple(place for place in places if place.site.position)
        return ShopsOnMap(asked, setting, period, located, self._min_cell)
