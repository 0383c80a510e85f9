"""Where tallies and places are read: what every report asks."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from services.report.domain.counts import Counts, Cube
from services.report.domain.filters import Filters
from services.report.domain.groups import ShopGroup
from services.report.domain.periods import Period, Step
from services.report.domain.places import Level, Setting, Site
from services.report.domain.series import HeatCell, Point


class UnknownPlaceError(Exception):
    """There is no such region, city, shop or group, or the viewer may not see it: nobody is told which."""


class TallyReader(Protocol):
    """What one person may see.

    Counts are everybody's; filters only add how many pass them (`Counts.only`).
    """

    async def home(self) -> tuple[Level, str] | None:
        """Where somebody begins: the world, their one place, or all their places; None when they may see nothing."""
        ...

    async def setting(self, level: Level, slug: str) -> Setting | None:
        """The place with all that it lies in; None when there is no such place, or the viewer may not see its numbers."""
        ...

    async def inside(self, setting: Setting) -> Sequence[Site]:
        """The places one level further in, by name; of a shop there are none."""
        ...

    async def shops(self, setting: Setting, *, with_positions: bool = False) -> Sequence[Site]:
        """Every shop of a place, by name; where it is, only when that is asked for."""
        ...

    async def find(self, text: str, most: int) -> Sequence[Site]:
        """Places with these letters in their name, those that begin with them first."""
        ...

    async def groups(self) -> Sequence[ShopGroup]:
        """Their own groups and those of everybody of which they may see all shops, by name."""
        ...

    async def series(self, scope_ids: Sequence[int], period: Period, step: Step, filters: Filters) -> Sequence[Point]:
        """Visitors of places together, step by step; steps of which nothing is known are missing."""
        ...

    async def lines(self, scope_ids: Sequence[int], period: Period, step: Step) -> dict[int, Sequence[Point]]:
        """How many came and how much was covered, of each place by itself, by scope; who they were is not read.

        Steps are of a day or more; those of which nothing is known are missing.
        """
        ...

    async def cube(self, scope_ids: Sequence[int], period: Period, latest_day: date) -> Cube:
        """Visitors of places together, by gender, age band and mood."""
        ...

    async def heat(self, scope_ids: Sequence[int], period: Period, latest_day: date) -> Sequence[HeatCell]:
        """Visitors of places together, by weekday and hour; hours of which nothing is known are missing."""
        ...

    async def totals(
        self, scope_ids: Sequence[int], period: Period, filters: Filters, latest_day: date
    ) -> dict[int, Counts]:
        """Visitors of each place by itself, by scope; places of which nothing is known are missing."""
        ...

    async def latest(self, scope_ids: Sequence[int]) -> datetime | None:
        """The latest hour of which anything is known, in the shop's own time."""
        ...


class Tallies(Protocol):
    """The database."""

    def seen_by(self, person_id: int) -> AbstractAsyncContextManager[TallyReader]:
        """What this person may see, and nothing else; TransientError when the database is away."""
        ...


async def setting_of(reader: TallyReader, level: Level, slug: str) -> Setting:
    """The place with all that it lies in.

    Raises:
        UnknownPlaceError: there is no such place for this viewer.
    """
    setting = await reader.setting(level, slug)
    if setting is None:
        raise UnknownPlaceError(slug)
    return setting
