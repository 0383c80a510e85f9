"""Keep what a release in shadow says, each face once."""

from collections.abc import Sequence
from typing import Protocol

from facetally.v1.face_pb2 import ShadowFaces

from services.record.domain.shadows import ShadowRow, shadow_rows


class ShadowStore(Protocol):
    """Where it is kept."""

    async def keep(self, rows: Sequence[ShadowRow]) -> int:
        """Keep the rows that are new, all or nothing; how many they were.

        Args:
            rows: one for each face and release in shadow.

        Raises:
            PermanentError: a row names a shop or camera that is not registered, or has a value out of range.
            TransientError: the store is away; nothing was kept.
        """
        ...


class RecordShadows:
    """Messages in, rows out."""

    def __init__(self, store: ShadowStore) -> None:
        self._store = store

    async def __call__(self, bodies: Sequence[bytes]) -> int:
        """Return once all are durable; how many faces were new.

        Raises:
            PermanentError: a message can never be kept; none of them was.
            TransientError: the store is away; none of them was kept.
        """
        rows = [row for body in bodies for row in shadow_rows(ShadowFaces.FromString(body))]
        return await self._store.keep(rows) if rows else 0
