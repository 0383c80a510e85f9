"""The photos that are asked about: one face each, about 220 pixels wide, as a good camera sends them and as a thrifty one does."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import simplejpeg

from bench.exit_photos import encoded
from loadtest.photos import PhotoPool

# Of the load test's photos those with one face of 210 or 240 pixels.
_ONE_FACE: Final = "[0-9][0-9]-2[14]0px.jpg"
THRIFTY_BYTES: Final = 200_000


def large_photos(pool: Path, report: Callable[[str], None]) -> list[bytes]:
    """Photos of 1920 x 1080 pixels and nearly a megabyte.

    Args:
        pool: folder of the load test's photos; they are made where they are not there yet.
        report: told of each photo that is made.

    Raises:
        FileNotFoundError: there are no demo photos to make them of.
    """
    PhotoPool.load(pool, report)
    return [path.read_bytes() for path in sorted(pool.glob(_ONE_FACE))]


def thrifty(photo: bytes) -> bytes:
    """The same photo as a JPEG of at most 200 kB."""
    return encoded(simplejpeg.decode_jpeg(photo), THRIFTY_BYTES)
