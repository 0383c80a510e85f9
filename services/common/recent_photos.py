"""Photos on their way from one service to another on the same machine, through memory that both see.

The store has each of them already. Who finds one here need not ask the store for it, which costs a third of decoding it; who
does not find it asks. So nothing depends on this memory: it may be full, emptied or gone at any time.

It is a file of slots, each for one photo. A table at its start says which photo lies in which slot. An entry is there only
while its slot holds the whole photo: it is written after the photo, and removed before the photo is. So who has copied a
photo, and finds the entry as it was before, has copied the whole photo.
"""

import asyncio
import mmap
import os
import struct
import time
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Final

from prometheus_client import Counter

from services.common.logging import get_logger

_log = get_logger(__name__)
SLOTS: Final = 256
# What is larger, and few cameras' photos are, is read from the store.
SLOT_BYTES: Final = 3 * 512 * 1024
# A photo that nobody has taken by then is removed: somebody that far behind asks the store.
_KEPT_S: Final = 60.0
_KEY_BYTES: Final = 16
_NOBODY: Final = bytes(_KEY_BYTES)
# An entry is a photo's key, hashed; then its size and a number that no other entry has had.
_REST: Final = struct.Struct("<QQ")
_ENTRY_BYTES: Final = _KEY_BYTES + _REST.size
_TABLE_BYTES: Final = SLOTS * _ENTRY_BYTES
_ZEROS: Final = memoryview(bytes(SLOT_BYTES))

RECENT = Counter(
    "facetally_recent_photos_total",
    "Photos passed on in memory, by outcome: kept, left_out (no room, or too large), taken, missed (not found)",
    ["outcome"],
)


class RecentPhotos:
    """One file. One process puts photos into it; each photo is taken once.

    When all slots are in use the new photo is left out. Putting it in an old one's place would, once somebody is behind, remove
    each photo just before its turn.

    Args:
        path: in memory, such as /dev/shm/NAME/FILE; made where it is not there, for this user only.
        kept_s: how long a photo lies there at most.
    """

    def __init__(self, path: Path, kept_s: float = _KEPT_S) -> None:
        self._path = path
        self._kept_s = kept_s
        self._memory: mmap.mmap | None = None
        self._is_made = False
        self._numbers = count(time.time_ns())
        self._next = 0

    def put(self, key: str, photo: bytes | bytearray | memoryview) -> None:
        """Keep a photo for whoever is next, if there is room."""
        if not self._is_made:
            self._is_made, self._memory = True, self._made()
        memory = self._memory
        slot, size = self._next, len(photo)
        entry = slot * _ENTRY_BYTES
        if memory is None or size > SLOT_BYTES or memory[entry : entry + _KEY_BYTES] != _NOBODY:
            RECENT.labels("left_out").inc()
            return
        start = _TABLE_BYTES + slot * SLOT_BYTES
        memory[start : start + size] = photo
        rest = _REST.pack(size, next(self._numbers))
        memory[entry + _KEY_BYTES : entry + _ENTRY_BYTES] = rest
        memory[entry : entry + _KEY_BYTES] = _hashed(key)
        self._next = (slot + 1) % SLOTS
        RECENT.labels("kept").inc()
        asyncio.get_running_loop().call_later(self._kept_s, self._drop, slot, _hashed(key) + rest)

    def take(self, key: str) -> bytes | None:
        """A photo, which is not there afterwards; None where it is not there."""
        memory = self._memory = self._memory or self._found()
        slot = None if memory is None else _slot_of(memory, _hashed(key))
        if memory is None or slot is None:
            RECENT.labels("missed").inc()
            return None
        entry = memory[slot * _ENTRY_BYTES : (slot + 1) * _ENTRY_BYTES]
        size, _ = _REST.unpack_from(entry, _KEY_BYTES)
        start = _TABLE_BYTES + slot * SLOT_BYTES
        photo = memory[start : start + size]
        if not self._drop(slot, entry):  # another was quicker
            RECENT.labels("missed").inc()
            return None
        RECENT.labels("taken").inc()
        return photo

    def _drop(self, slot: int, entry: bytes) -> bool:
        """Remove a photo, unless it is gone; whether it was there."""
        at = slot * _ENTRY_BYTES
        if self._memory is None or self._memory[at : at + _ENTRY_BYTES] != entry:
            return False
        size, _ = _REST.unpack_from(entry, _KEY_BYTES)
        start = _TABLE_BYTES + slot * SLOT_BYTES
        self._memory[at : at + _KEY_BYTES] = _NOBODY
        self._memory[start : start + size] = _ZEROS[:size]
        return True

    def _made(self) -> mmap.mmap | None:
        """The memory, empty, for whoever puts photos there."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # All of it now: where memory is short later, writing to it would end the process.
                os.posix_fallocate(file, 0, _TABLE_BYTES + SLOTS * SLOT_BYTES)
                memory = mmap.mmap(file, 0)
            finally:
                os.close(file)
        except OSError as error:
            _log.warning("recent_photos_not_kept", error=str(error))
            return None
        memory[:_TABLE_BYTES] = bytes(_TABLE_BYTES)
        return memory

    def _found(self) -> mmap.mmap | None:
        """The memory, once somebody has put a photo there."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            is_whole = os.fstat(file).st_size == _TABLE_BYTES + SLOTS * SLOT_BYTES
            return mmap.mmap(file, 0) if is_whole else None
        finally:
            os.close(file)


def _hashed(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=_KEY_BYTES).digest()


def _slot_of(memory: mmap.mmap, hashed: bytes) -> int | None:
    at = memory.find(hashed, 0, _TABLE_BYTES)
    while at >= 0:
        slot, within = divmod(at, _ENTRY_BYTES)
        if not within:
            return slot
        at = memory.find(hashed, at + 1, _TABLE_BYTES)
    return None
