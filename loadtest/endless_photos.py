"""Photos without end, out of some that were made: a megabyte each, and none that was sent before.

Whoever sends one puts a comment with a number behind the JPEG's first marker, which no decoder looks at: other bytes, and so
another photo, with the same faces. That costs a microsecond.
"""

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

PHOTO_BYTES: Final = 1_000_000
_SOI: Final = b"\xff\xd8"
_COMMENT: Final = b"\xff\xfe"
_UNIQUE_BYTES: Final = 16
# What a JPEG may have, so that it is a megabyte with the comment that makes it unique.
JPEG_BYTES: Final = PHOTO_BYTES - len(_COMMENT) - 2 - _UNIQUE_BYTES


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG that nobody has sent before: the head, then the tail."""

    head: bytes
    tail: memoryview

    def __bytes__(self) -> bytes:
        return self.head + bytes(self.tail)

    def __len__(self) -> int:
        return len(self.head) + len(self.tail)


class EndlessPhotos:
    """Photos that are sent again and again, never the same bytes twice.

    Args:
        jpegs: what was made.
    """

    def __init__(self, jpegs: Sequence[bytes]) -> None:
        self._tails = [memoryview(_padded(jpeg))[len(_SOI) :] for jpeg in jpegs]
        # Other bytes than those of any other run.
        self._run = secrets.token_bytes(_UNIQUE_BYTES // 2)
        self._numbers = itertools.count()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The photos of a folder.

        Raises:
            FileNotFoundError: there are none.
        """
        paths = sorted(folder.glob("*.jpg"))
        if not paths:
            raise FileNotFoundError(f"there are no photos in {folder}: `make load` makes them")
        return cls([path.read_bytes() for path in paths])

    def next(self) -> Photo:
        """The next photo."""
        return self.photo(next(self._numbers))

    def photo(self, number: int) -> Photo:
        """The photo of that number, the same each time within a run."""
        unique = self._run + number.to_bytes(_UNIQUE_BYTES // 2, "big")
        length = (len(unique) + 2).to_bytes(2, "big")
        return Photo(_SOI + _COMMENT + length + unique, self._tails[number % len(self._tails)])


def _padded(jpeg: bytes) -> bytes:
    """A JPEG that is a megabyte with the comment that will be put into it: filled up with comments that say nothing."""
    missing = JPEG_BYTES - len(jpeg)
    comments = []
    while missing > 4:
        length = min(missing - 2, 65_000)
        comments.append(_COMMENT + length.to_bytes(2, "big") + bytes(length - 2))
        missing -= length + 2
    return _SOI + b"".join(comments) + jpeg[len(_SOI) :]
