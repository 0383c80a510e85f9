"""Uploads on their way, in memory, and how much of it they may take."""

from services.common.glibc_heap import LARGE_BYTES, give_back_freed_memory
from services.ingest.domain import Outcome

# What a piece takes beside its bytes: a slow sender's are single bytes.
_PIECE_BYTES = 64


class UploadMemory:
    """What all uploads together may take.

    Args:
        limit_bytes: of all of them.
        limit_uploads: how many there may be.
    """

    def __init__(self, limit_bytes: int, limit_uploads: int) -> None:
        self._limit_bytes = limit_bytes
        self._limit_uploads = limit_uploads
        self._uploads: dict[int, tuple[str, int]] = {}
        self.used_bytes = 0

    def __len__(self) -> int:
        """Uploads in memory."""
        return len(self._uploads)

    def has_room(self, login: str, limit: int) -> bool:
        """Whether another upload may begin, of a login that may have `limit` of them."""
        return (
            len(self._uploads) < self._limit_uploads
            and self.used_bytes < self._limit_bytes
            and sum(other == login for other, _ in self._uploads.values()) < limit
        )

    def begin(self, upload: "UploadBuffer", login: str) -> None:
        """Count an upload."""
        self._uploads[id(upload)] = (login, 0)

    def take(self, upload: "UploadBuffer", count: int) -> bool:
        """Take so many bytes more for an upload; false when there are not so many."""
        if id(upload) not in self._uploads or self.used_bytes + count > self._limit_bytes:
            return False
        login, used = self._uploads[id(upload)]
        self._uploads[id(upload)] = (login, used + count)
        self.used_bytes += count
        return True

    def end(self, upload: "UploadBuffer") -> None:
        """Give back all that an upload has taken."""
        _, used = self._uploads.pop(id(upload), ("", 0))
        self.used_bytes -= used


class UploadBuffer:
    """An upload on its way; looks like a file to pyftpdlib.

    Args:
        path: what the camera calls it.
        login: who uploads it.
        memory: where its bytes are counted.
        limit_bytes: what may be received.
        discard: its bytes are not needed.
    """

    def __init__(self, path: str, login: str, memory: UploadMemory, limit_bytes: int, *, discard: bool) -> None:
        self.name = path
        self.received_bytes = 0
        self.refused: Outcome | None = None
        self.aborted = False
        self.closed = False
        self._memory = memory
        self._limit_bytes = limit_bytes
        self._discard = discard
        # As they came: to let one buffer grow would copy a photo several times.
        self._chunks: list[bytes] = []
        memory.begin(self, login)

    def take(self, chunks: list[bytes]) -> bool:
        """Add what came; false, and nothing is added, once it is too much."""
        count = sum(map(len, chunks))
        self.received_bytes += count
        if self._discard:
            return True
        if self.received_bytes > self._limit_bytes:
            self.refused = Outcome.TOO_LARGE
        elif not self._memory.take(self, count + _PIECE_BYTES * len(chunks)):
            self.refused = Outcome.NO_ROOM
        else:
            self._chunks += chunks
            return True
        return False

    @property
    def content(self) -> bytes:
        """All that came, in one piece."""
        if len(self._chunks) > 1:
            self._chunks = [b"".join(self._chunks)]
            if self.received_bytes > LARGE_BYTES:  # the heap would keep the pieces beside it
                give_back_freed_memory()
        return self._chunks[0] if self._chunks else b""

    def close(self) -> None:
        """Free the memory."""
        if not self.closed:
            self.closed = True
            self._chunks = []
            self._memory.end(self)
