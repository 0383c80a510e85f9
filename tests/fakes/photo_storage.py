"""A photo store in memory."""

from dataclasses import dataclass, field

from services.common.errors import PermanentError, TransientError


@dataclass
class FakePhotoStorage:
    """Keeps photos; refuses the next `failures` requests."""

    failures: int = 0
    photos: dict[str, bytes] = field(default_factory=dict)

    async def put(self, key: str, photo: bytes | bytearray | memoryview) -> None:
        """As PhotoStorage.put."""
        self._fail()
        self.photos[key] = bytes(photo)

    async def get(self, key: str) -> bytes:
        """As PhotoStorage.get."""
        self._fail()
        if key not in self.photos:
            raise PermanentError("the photo is not in the store")
        return self.photos[key]

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise TransientError("the photo store is away")
