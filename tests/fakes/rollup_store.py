"""Tallies that are added up, in memory: says what it was asked, and fails on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.common.errors import TransientError
from services.record.domain.camera_health import CameraFacts, CameraHealth
from services.record.domain.hours_due import Due, ShopHours


@dataclass
class FakeRollupStore:
    """Has some shops and some ids to forget; `broken` and `away` name the calls that fail."""

    shops: list[ShopHours] = field(default_factory=list)
    ids: int = 0
    broken: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise ZeroDivisionError(name)
        if name in self.away:
            raise TransientError("Postgres is away")

    async def shops_to_look_at(self, now: datetime) -> Sequence[ShopHours]:
        """All."""
        self._called("shops_to_look_at")
        return self.shops

    async def save_due(self, dues: Sequence[Due]) -> None:
        """Keeps them."""
        self._called("save_due")
        self.dues += dues

    async def add_up_stale(self, most: int) -> int:
        """Has nothing to do."""
        self._called("add_up_stale")
        return 0

    async def add_up_moved(self) -> bool:
        """Has nothing to do."""
        self._called("add_up_moved")
        return False

    async def stale(self) -> int:
        """None."""
        return 0

    async def cameras(self, days: int) -> Sequence[CameraFacts]:
        """None."""
        self._called("cameras")
        return []

    async def save_health(self, verdicts: Sequence[CameraHealth]) -> None:
        """Forgets them."""

    async def drop_results(self, before: date) -> None:
        """Says so."""
        self._called("drop_results")

    async def drop_camera_hours(self, before: date) -> None:
        """Says so."""
        self._called("drop_camera_hours")

    async def drop_tallies(self, before: date) -> None:
        """Says so."""
        self._called("drop_tallies")

    async def drop_shadows(self, before: date) -> None:
        """Says so."""
        self._called("drop_shadows")

    async def forget_drawn_faces(self, before: datetime) -> None:
        """None is kept here."""
        self._called("forget_drawn_faces")

    async def forget_counted(self, before: datetime, most: int) -> int:
        """As many as are there."""
        self._called("forget_counted")
        forgotten = min(self.ids, most)
        self.ids -= forgotten
        return forgotten
