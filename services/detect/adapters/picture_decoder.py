"""Pictures of those who ask, which may be more than JPEGs: PNG, GIF (its first frame) and BMP, through Pillow."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.common import jpeg_decoder
from services.common.errors import BadInputError
from services.common.jpeg_decoder import DecodedPhoto

_JPEG: Final = b"\xff\xd8"
_FORMATS: Final = ("PNG", "GIF", "BMP")
# These are decoded in full size, at up to 12 bytes a pixel.
_MAX_PIXELS: Final = 25_000_000
# What a JPEG's side may be. A longer one would make a canvas of nothing but margins.
_MAX_SIDE_PX: Final = 65_535
# A progressive JPEG has about ten. Each of more takes its time over all pixels, and hardly any bytes.
_MAX_SCANS: Final = 100
_START_OF_SCAN: Final = b"\xff\xda"
# What Pillow meets in damaged files, and lets out.
_DAMAGE: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AssertionError,
    struct.error,
)


def pixels(picture: bytes) -> int:
    """How many it has, before anything is decoded.

    Raises:
        BadInputError: it is neither a JPEG nor a PNG, GIF or BMP, or it is too large.
    """
    if picture.startswith(_JPEG):
        return jpeg_decoder.pixels(picture)
    with _opened(picture) as image:
        return image.width * image.height


def decode(picture: bytes, min_scale: float, max_pixels: int) -> DecodedPhoto:
    """Decode a picture at `min_scale` of its size or more. What is transparent is white.

    Args:
        picture: JPEG, PNG, GIF or BMP of any kind.
        min_scale: 0 to 1.
        max_pixels: larger pictures are refused before anything is decoded; those that are no JPEG from 25 million on.

    Raises:
        BadInputError: it is none of these, it is too large, or its data is damaged.
    """
    if picture.startswith(_JPEG):
        if picture.count(_START_OF_SCAN) > _MAX_SCANS:
            raise BadInputError("unreadable", f"the JPEG has more than {_MAX_SCANS} scans")
        return jpeg_decoder.decode(picture, min_scale, max_pixels)
    with _opened(picture) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise BadInputError("too_many_pixels", f"{width} x {height} pixels are more than {max_pixels}")
        rgb = _rgb(image).reduce(max(1, int(1 / min_scale)))
    return DecodedPhoto(np.array(rgb), width_px=width, height_px=height)


@contextmanager
def _opened(picture: bytes) -> Iterator[Image.Image]:
    """A picture whose header is read, and no pixel yet."""
    try:
        with Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
            if image.width * image.height > _MAX_PIXELS or max(image.size) > _MAX_SIDE_PX:
                raise BadInputError(
                    "too_many_pixels",
                    f"{image.width} x {image.height} pixels are more than {_MAX_PIXELS}, or one side is longer than {_MAX_SIDE_PX}",
                )
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInputError("too_many_pixels", f"the picture has more than {_MAX_PIXELS} pixels") from error
    except _DAMAGE as error:
        raise BadInputError("unreadable", "not a JPEG, PNG, GIF or BMP that can be decoded") from error


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return Image.fromarray(_bytes_of(np.asarray(image))).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    if image.mode not in {"LA", "RGBA"}:
        image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _bytes_of(grey: NDArray[np.integer]) -> NDArray[np.uint8]:
    """16-bit grey in 8 bits: Pillow itself would cut off all that is brighter than 255."""
    return np.asarray(np.clip(grey, 0, 0xFFFF) >> 8, np.uint8)
