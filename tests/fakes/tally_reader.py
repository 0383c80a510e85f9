"""Tallies of a tiny world in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from services.common.errors import TransientError
from services.common.vocabulary import Gender, Mood
from services.report.domain import INSIDE, CameraUploads, Cell, Child, Level, Period, Place, Setting

WORLD = Place(Level.WORLD, "", "World")
EUROPE = Place(Level.REGION, "europe", "Europe")
BERLIN = Place(Level.CITY, "berlin", "Berlin")
SHOP = Place(Level.SHOP, "berlin-1", "Mitte")
PATH = (WORLD, EUROPE, BERLIN, SHOP)


@dataclass
class FakeTallyReader:
    """One shop, in one city, in one region, with the given cells; refuses everything while `away`."""

    cells_of: list[Cell] = field(default_factory=list)
    uploads_of: dict[str, int] = field(default_factory=dict)
    today: date = date(2026, 11, 24)
    away: bool = False
    asked: list[Period] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)

    async def setting(self, level: Level, slug: str) -> Setting | None:
        """As PostgresReader.setting."""
        if self.away:
            raise TransientError("Postgres is away")
        path = PATH[: list(Level).index(level) + 1]
        return Setting(path, self.today, ("Europe/Berlin",)) if path[-1].slug == slug else None

    async def cells(self, level: Level, slug: str, period: Period) -> Sequence[Cell]:
        """As PostgresReader.cells."""
        self.asked.append(period)
        return self.cells_of

    async def children(self, level: Level, slug: str, period: Period) -> Sequence[Child]:
        """As PostgresReader.children."""
        place = next(place for place in PATH if place.level is INSIDE[level])
        women, men = (
            sum(sum(cell.moods) for cell in self.cells_of if cell.gender is gender)
            for gender in (Gender.FEMALE, Gender.MALE)
        )
        moods = {mood: sum(cell.moods[i] for cell in self.cells_of) for i, mood in enumerate(Mood)}
        return [Child(place, sum(moods.values()), women, men, moods)]

    async def uploads(self, level: Level, slug: str, period: Period) -> dict[str, int]:
        """As PostgresReader.uploads."""
        return self.uploads_of

    async def cameras(self, shop: str, period: Period) -> Sequence[CameraUploads]:
        """As PostgresReader.cameras."""
        return [CameraUploads("cam-1", disabled=False, by_outcome=self.uploads_of)]

    async def latest(self, level: Level, slug: str) -> tuple[date, int] | None:
        """As PostgresReader.latest."""
        return (self.today, 12) if self.uploads_of else None

    async def camera_called(self, identifiers: Sequence[str]) -> str | None:
        """As PostgresReader.camera_called."""
        return next((self.called[identifier] for identifier in identifiers if identifier in self.called), None)
