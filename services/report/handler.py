"""Put a report together for a place and a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.report.domain import (
    INSIDE,
    CameraUploads,
    Cell,
    Child,
    Level,
    Period,
    Preset,
    Setting,
    Tally,
    custom_period,
    preset_period,
    ranked,
    visitors,
)


class UnknownPlaceError(Exception):
    """There is no such region, city or shop."""


class TallyReader(Protocol):
    """Where tallies are kept."""

    async def setting(self, level: Level, slug: str) -> Setting | None:
        """The place with all that it lies in; None when there is no such place."""
        ...

    async def cells(self, level: Level, slug: str, period: Period) -> Sequence[Cell]:
        """Visitors of the place."""
        ...

    async def children(self, level: Level, slug: str, period: Period) -> Sequence[Child]:
        """Every place one level further in, also those without visitors."""
        ...

    async def uploads(self, level: Level, slug: str, period: Period) -> dict[str, int]:
        """Uploads by outcome."""
        ...

    async def cameras(self, shop: str, period: Period) -> Sequence[CameraUploads]:
        """Every camera of a shop, also those without uploads."""
        ...

    async def latest(self, level: Level, slug: str) -> tuple[date, int] | None:
        """Local day and hour of the latest photo."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see; a period from one day to another goes before a preset."""

    level: Level
    slug: str
    preset: Preset = Preset.FOUR_WEEKS
    first: date | None = None
    last: date | None = None


class ReadTally:
    """A question in, a report's numbers out."""

    def __init__(self, reader: TallyReader) -> None:
        self._reader = reader

    async def __call__(self, asked: Asked) -> Tally:
        """All numbers of one place and period.

        Raises:
            UnknownPlaceError: there is no such place.
            PeriodError: the period makes no sense.
            TransientError: the tallies are away.
        """
        level, slug = asked.level, asked.slug
        setting = await self._reader.setting(level, slug)
        if setting is None:
            raise UnknownPlaceError(slug)
        period = _period(asked, setting.today)
        return Tally(
            setting=setting,
            period=period,
            visitors=visitors(await self._reader.cells(level, slug, period)),
            uploads=await self._reader.uploads(level, slug, period),
            children=ranked(await self._reader.children(level, slug, period)) if level in INSIDE else (),
            cameras=tuple(await self._reader.cameras(slug, period)) if level is Level.SHOP else (),
            latest=await self._reader.latest(level, slug),
        )


def _period(asked: Asked, today: date) -> Period:
    if asked.first or asked.last:
        return custom_period(asked.first or asked.last or today, asked.last or today)
    return preset_period(asked.preset, today)
