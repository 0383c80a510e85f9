"""Photos that wait for their names, in a dictionary."""

from datetime import UTC, datetime

from facetally.v1.photo_pb2 import PhotoHeld

from services.common.errors import TransientError


class FakeHeldPhotos:
    """As the stream HELD; `failures` operations fail first."""

    def __init__(self) -> None:
        self.photos: dict[int, PhotoHeld] = {}
        self.failures = 0
        self._number = 0

    async def hold(self, held: PhotoHeld) -> int:
        self._maybe_fail()
        self._number += 1
        self.photos[self._number] = held
        return self._number

    async def release(self, number: int) -> None:
        self._maybe_fail()
        self.photos.pop(number, None)

    async def overdue(self, before: datetime) -> list[tuple[int, PhotoHeld]]:
        self._maybe_fail()
        return [(n, held) for n, held in self.photos.items() if held.photo.received_at.ToDatetime(UTC) < before]

    def _maybe_fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise TransientError("NATS is away")
