"""Results and tallies in memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.common.errors import PermanentError, TransientError
from services.record.domain.results import PhotoRow, Recorded, Row


@dataclass
class FakeTallyStore:
    """Knows some cameras; keeps what is new; refuses the next `failures` batches."""

    cameras: set[str]
    failures: int = 0
    rows: dict[UUID, Row] = field(default_factory=dict)

    async def record(self, rows: Sequence[Row], oldest: datetime) -> Recorded:
        """As PostgresTallies.record."""
        if self.failures:
            self.failures -= 1
            raise TransientError("Postgres is away")
        if any(row.camera not in self.cameras for row in rows):
            raise PermanentError("the shop or the camera is not registered")
        kept = [row for row in rows if row.happened_at >= oldest]
        new = [row for row in kept if row.id not in self.rows]
        self.rows |= {row.id: row for row in new}
        photos = [row for row in new if isinstance(row, PhotoRow)]
        faces = sum(len(row.faces) for row in photos)
        arrived = tuple(row.received_at for row in photos)
        return Recorded(
            len(photos), len(new) - len(photos), faces, len(kept) - len(new), len(rows) - len(kept), arrived
        )

    async def visitors(self) -> int:
        """All visitors tallied."""
        return sum(len(row.visitors) for row in self.rows.values() if isinstance(row, PhotoRow))

    async def uploads(self) -> dict[str, int]:
        """Uploads by outcome."""
        return dict(Counter(row.outcome for row in self.rows.values()))
