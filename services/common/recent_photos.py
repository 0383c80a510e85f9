"""Photos on their way from one service to another on the same machine, through memory that both see.

The store has each of them already. Who finds one here need not ask the store for it, which costs a third of decoding it; who
does not find it asks. So nothing depends on this memory: it may be full, emptied or gone at any time.

It is a file of slots, each for one photo. A table at its start says which photo lies in which slot, and its digest: whoever
has copied a photo and finds that its digest is another, because somebody else wiped it meanwhile, has not found it.
"""

import asyncio
import mmap
import os
import struct
from hashlib import blake2b
from pathlib import Path
from typing import Final

from blake3 import blake3
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
# An entry is a photo's key, hashed; then its size and its digest.
_REST: Final = struct.Struct("<Q16s")
_ENTRY_BYTES: Final = _KEY_BYTES + _REST.size
_TABLE_BYTES: Final = SLOTS * _ENTRY_BYTES
_FILE_BYTES: Final = _TABLE_BYTES + SLOTS * SLOT_BYTES
_ZEROS: Final = memoryview(bytes(SLOT_BYTES))

RECENT = Counter(
    "facetally_recent_photos_total",
    "Photos passed on in memory, by outcome: kept, left_out (no room, or too large), taken, missed (not found)",
    ["outcome"],
)


class RecentPhotos:
    """One file. One process puts photos into it; others take them.

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
        self._inode = 0
        self._is_maker = False
        self._next = 0

    def put(self, key: str, photo: bytes | bytearray | memoryview) -> None:
        """Keep a photo for whoever is next, if there is room."""
        if not self._is_maker:
            self._is_maker, self._memory = True, self._made()
        memory, size = self._memory, len(photo)
        slot = None if memory is None or size > SLOT_BYTES else self._free_slot(memory)
        if memory is None or slot is None:
            RECENT.labels("left_out").inc()
            return
        start, entry = _TABLE_BYTES + slot * SLOT_BYTES, slot * _ENTRY_BYTES
        memory[start : start + size] = photo
        memory[entry + _KEY_BYTES : entry + _ENTRY_BYTES] = _REST.pack(size, _digest(photo))
        memory[entry : entry + _KEY_BYTES] = _hashed(key)
        self._next = slot + 1
        RECENT.labels("kept").inc()
        asyncio.get_running_loop().call_later(self._kept_s, self._wipe, slot, _hashed(key))

    def take(self, key: str) -> bytes | None:
        """A photo, which is not there afterwards; None where it is not there."""
        photo = self._copied(_hashed(key))
        RECENT.labels("missed" if photo is None else "taken").inc()
        return photo

    def close(self) -> None:
        """Leave nothing behind, if this is the one who puts photos here."""
        if self._is_maker and self._memory is not None:
            _wipe_all(self._memory)
            self._path.unlink(missing_ok=True)

    def _free_slot(self, memory: mmap.mmap) -> int | None:
        for slot in ((self._next + i) % SLOTS for i in range(SLOTS)):
            if memory[slot * _ENTRY_BYTES : slot * _ENTRY_BYTES + _KEY_BYTES] == _NOBODY:
                return slot
        return None

    def _copied(self, hashed: bytes) -> bytes | None:
        memory = self._memory or self._found()
        slot = None if memory is None else _slot_of(memory, hashed)
        if memory is None or slot is None:
            self._forget_another_file()
            return None
        size, digest = _REST.unpack_from(memory, slot * _ENTRY_BYTES + _KEY_BYTES)
        start = _TABLE_BYTES + slot * SLOT_BYTES
        photo = memory[start : start + min(size, SLOT_BYTES)]
        self._wipe(slot, hashed)
        return photo if _digest(photo) == digest else None

    def _wipe(self, slot: int, hashed: bytes) -> None:
        """Remove a photo, unless it is gone."""
        entry, start = slot * _ENTRY_BYTES, _TABLE_BYTES + slot * SLOT_BYTES
        memory = self._memory
        if memory is None or memory[entry : entry + _KEY_BYTES] != hashed:
            return
        size, _ = _REST.unpack_from(memory, entry + _KEY_BYTES)
        # Last comes what says that the slot is in use: until then nobody puts another photo there.
        memory[start : start + min(size, SLOT_BYTES)] = _ZEROS[: min(size, SLOT_BYTES)]
        memory[entry : entry + _KEY_BYTES] = _NOBODY

    def _forget_another_file(self) -> None:
        """Look for the file again when it is not the one that is there now: who puts photos there has begun anew."""
        try:
            is_same = self._path.stat().st_ino == self._inode
        except OSError:
            is_same = False
        if not is_same and not self._is_maker:
            self._memory = None

    def _made(self) -> mmap.mmap | None:
        """The memory, empty, for whoever puts photos there."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # All of it now: where memory is short later, writing to it would end the process.
                os.posix_fallocate(file, 0, _FILE_BYTES)
                memory = mmap.mmap(file, 0)
            finally:
                os.close(file)
        except OSError as error:
            _log.warning("recent_photos_not_kept", error=str(error))
            return None
        _wipe_all(memory)  # of one that was killed
        return memory

    def _found(self) -> mmap.mmap | None:
        """The memory, once somebody has put a photo there; kept for the next time."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            stat = os.fstat(file)
            self._inode = stat.st_ino
            self._memory = mmap.mmap(file, 0) if stat.st_size == _FILE_BYTES else None
            return self._memory
        finally:
            os.close(file)


def _wipe_all(memory: mmap.mmap) -> None:
    memory[:_TABLE_BYTES] = bytes(_TABLE_BYTES)
    for start in range(_TABLE_BYTES, _FILE_BYTES, SLOT_BYTES):
        memory[start : start + SLOT_BYTES] = _ZEROS


def _digest(photo: bytes | bytearray | memoryview) -> bytes:
    return blake3(photo).digest(_KEY_BYTES)


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
