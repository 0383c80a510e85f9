"""Explore: any place, period and step, for everybody or for some, over time and place by place."""

from dataclasses import dataclass

from services.report.domain.periods import Step, steps_for
from services.report.domain.questions import Asked
from services.report.domain.shown import ShownPlace
from services.report.handler.reading import PlaceRead, read_place, read_places
from services.report.handler.tallies import Tallies


@dataclass(frozen=True, slots=True)
class Exploration(PlaceRead):
    """Everything that the page says.

    Args:
        steps: that the period may be shown in.
        inside: places one level further in, the busiest first.
    """

    steps: tuple[Step, ...]
    inside: tuple[ShownPlace, ...]


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
            read = await read_place(reader, asked, self._min_cell)
            sites = await reader.inside(read.setting)
            inside = await read_places(
                reader, read.setting, sites, asked, read.period, read.other, self._min_cell, read.table
            )
        return Exploration(**read.parts(), steps=steps_for(read.period), inside=inside)
