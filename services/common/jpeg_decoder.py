"""JPEG decoding, once per photo, at the smallest scale that still shows what is looked for.

libjpeg scales while it decodes (n/8 of the size), at hardly more than the cost of reading the entropy-coded data.
"""

import io
import math
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from services.common.errors import BadInputError

# Below full size, libjpeg's vector code knows these scales. Those between take half as long again, more than full size.
_QUICK_SCALES = (1 / 8, 1 / 4, 1 / 2)
# Photos have their EXIF block right at the start.
_EXIF_WITHIN_BYTES = 4096
_PREVIEW_QUALITY = 80
# What turns or mirrors the stored pixels into the upright photo, by EXIF orientation: transpose, flip rows, flip columns.
_UPRIGHT = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True, slots=True)
class DecodedPhoto:
    """An upright photo, perhaps smaller than the original.

    Args:
        rgb: (h, w, 3) uint8, contiguous.
        width_px: of the upright photo in full size.
        height_px: of the upright photo in full size.
    """

    rgb: NDArray[np.uint8]
    width_px: int
    height_px: int


def pixels(photo: bytes) -> int:
    """How many a photo has, before anything is decoded.

    Raises:
        BadInputError: it is no JPEG.
    """
    height, width, _, _ = _header(photo)
    return height * width


def decode(photo: bytes, min_scale: float, max_pixels: int) -> DecodedPhoto:
    """Decode a photo at `min_scale` of its size or more, as quickly as that can be.

    Args:
        photo: JPEG of any kind: greyscale, progressive, CMYK.
        min_scale: 0 to 1.
        max_pixels: larger photos are refused before anything is decoded.

    Raises:
        BadInputError: it is no JPEG, it is too large, or its data is beyond repair.
    """
    height, width, colour_space, _ = _header(photo)
    if height * width > max_pixels:
        raise BadInputError("too_many_pixels", f"{width} x {height} pixels are more than {max_pixels}")
    scale = next((scale for scale in _QUICK_SCALES if scale >= min_scale), 1.0)
    least = (max(1, math.ceil(height * scale)), max(1, math.ceil(width * scale)))
    try:
        rgb = _decode_cmyk(photo, least) if colour_space == "CMYK" else _decode(photo, least)
    except (ValueError, KeyError, OSError, UnidentifiedImageError) as error:
        raise BadInputError("unreadable", "the JPEG's data is beyond repair") from error
    transpose, flip_rows, flip_columns = _UPRIGHT[_orientation(photo)]
    if transpose:
        rgb, height, width = rgb.transpose(1, 0, 2), width, height
    rgb = rgb[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
    return DecodedPhoto(np.ascontiguousarray(rgb), width_px=width, height_px=height)


def preview(photo: bytes, longest_px: int, max_pixels: int) -> bytes:
    """The upright photo as a JPEG whose longer side has at most `longest_px`, without whatever else the file held.

    Raises:
        BadInputError: as `decode`.
    """
    height, width, _, _ = _header(photo)
    decoded = decode(photo, min(1.0, longest_px / max(height, width)), max_pixels)
    image = Image.fromarray(decoded.rgb)
    image.thumbnail((longest_px, longest_px))
    return bytes(simplejpeg.encode_jpeg(np.asarray(image), quality=_PREVIEW_QUALITY))


def _header(photo: bytes) -> tuple[int, int, str, str]:
    try:
        header: tuple[int, int, str, str] = simplejpeg.decode_jpeg_header(photo, strict=False)
    except (ValueError, KeyError) as error:  # KeyError: a colour space that libjpeg does not know
        raise BadInputError("unreadable", "not a JPEG that can be decoded") from error
    return header


def _decode(photo: bytes, least: tuple[int, int]) -> NDArray[np.uint8]:
    rgb: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        photo, "RGB", min_height=least[0], min_width=least[1], min_factor=1, strict=False
    )
    return rgb


def _decode_cmyk(photo: bytes, least: tuple[int, int]) -> NDArray[np.uint8]:
    """Printers' JPEGs: rare enough for the slower way, through Pillow."""
    with Image.open(io.BytesIO(photo)) as image:
        image.draft(None, (least[1], least[0]))
        return np.asarray(image.convert("RGB"))


def _orientation(photo: bytes) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none, or one that makes no sense."""
    if b"Exif\0\0" not in photo[:_EXIF_WITHIN_BYTES]:
        return 1
    try:
        with Image.open(io.BytesIO(photo)) as image:
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except (OSError, ValueError, SyntaxError):  # a damaged EXIF block is no reason to lose the photo
        return 1
    return orientation if orientation in _UPRIGHT else 1
