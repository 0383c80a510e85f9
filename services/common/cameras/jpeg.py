"""The structure of a JPEG file, read without decoding it. Pure.

Source: ITU-T T.81, annex B.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_SOS: Final = 0xDA
_APP1: Final = 0xE1
_EXIF: Final = b"Exif\0\0"
# Start-of-frame markers carry the size; C4, C8 and CC in their range mean something else.
_SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone, without a length: TEM and the restart markers.
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


class NotJpegError(Exception):
    """The bytes are something else."""


class TruncatedJpegError(Exception):
    """The bytes are the beginning of a JPEG."""


@dataclass(frozen=True, slots=True)
class JpegStructure:
    """What a whole JPEG says of itself.

    Args:
        exif: the EXIF block from its `Exif` mark on; empty where there is none.
    """

    width_px: int
    height_px: int
    exif: bytes


def read_structure(content: bytes | bytearray) -> JpegStructure:
    """Size and EXIF block of a JPEG that is all there.

    Raises:
        NotJpegError: it is something else, or has no pixels.
        TruncatedJpegError: its end is missing.
    """
    if not content.startswith(_SOI):
        raise NotJpegError
    structure, data_starts_at = _walk_to_data(content)
    # In entropy-coded data FF is always followed by 00 or a restart: FF D9 can only be the end. Cameras append things.
    if content.rfind(_EOI, data_starts_at) < 0:
        raise TruncatedJpegError
    if structure.width_px * structure.height_px == 0:
        raise NotJpegError
    return structure


def _walk_to_data(content: bytes | bytearray) -> tuple[JpegStructure, int]:
    """The structure, and where the entropy-coded data starts."""
    width = height = 0
    exif = b""
    for marker, start, end in _segments(content):
        if marker in _SOF and end - start >= 5:
            height = int.from_bytes(content[start + 1 : start + 3], "big")
            width = int.from_bytes(content[start + 3 : start + 5], "big")
        elif marker == _APP1 and not exif and content.startswith(_EXIF, start):
            exif = bytes(content[start:end])
        elif marker == _SOS:
            return JpegStructure(width, height, exif), end
    raise TruncatedJpegError


def _segments(content: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment's content, up to where the bytes end."""
    at = len(_SOI)
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise NotJpegError
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _STANDALONE:
            at += 2
        else:
            end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
            if end < at + 4:
                raise NotJpegError
            if end > len(content):
                return
            yield marker, at + 4, end
            at = end
