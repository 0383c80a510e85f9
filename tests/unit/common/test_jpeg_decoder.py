"""JPEGs of every kind, and things that are none."""

import io
import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.common.errors import BadInputError
from services.common.jpeg_decoder import decode

LIMIT = 100_000_000
# Four quarters of an upright picture: red, green, blue, white.
QUARTERS = np.zeros((160, 240, 3), np.uint8)
QUARTERS[:80, :120], QUARTERS[:80, 120:], QUARTERS[80:, :120] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
QUARTERS[80:, 120:] = 255


def jpeg(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def stored_as(orientation: int) -> bytes:
    """The picture as a camera stores it that was held in this way."""
    turns: dict[int, list[Image.Transpose]] = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    image = Image.fromarray(QUARTERS)
    for turn in turns[orientation]:
        image = image.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return jpeg(image, exif=exif.tobytes(), quality=95, subsampling=0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_photo_is_upright_however_the_camera_was_held(orientation: int, scale: float) -> None:
    decoded = decode(stored_as(orientation), scale, LIMIT)
    assert (decoded.width_px, decoded.height_px) == (240, 160)
    height, width = decoded.rgb.shape[:2]
    assert (height, width) == (160 * scale, 240 * scale)
    corners = [decoded.rgb[y, x] for y in (5, height - 6) for x in (5, width - 6)]
    np.testing.assert_allclose(corners, [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)], atol=12)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_every_colour_space_becomes_rgb(mode: str, progressive: bool) -> None:
    decoded = decode(
        jpeg(Image.new("RGB", (320, 240), (200, 100, 50)).convert(mode), progressive=progressive), 0.4, LIMIT
    )
    assert decoded.rgb.shape[2] == 3
    assert decoded.rgb.flags.c_contiguous
    if mode != "L":
        np.testing.assert_allclose(decoded.rgb[10, 10], (200, 100, 50), atol=6)


def test_a_photo_is_never_smaller_than_asked_for() -> None:
    decoded = decode(jpeg(Image.new("RGB", (1920, 1080))), 0.4, LIMIT)
    assert decoded.rgb.shape == (540, 960, 3)


def test_one_pixel_is_a_photo() -> None:
    assert decode(jpeg(Image.new("RGB", (1, 1))), 0.4, LIMIT).rgb.shape == (1, 1, 3)


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    small = bytearray(jpeg(Image.new("RGB", (16, 16))))
    at = small.index(b"\xff\xc0") + 5
    small[at : at + 4] = struct.pack(">HH", 65_000, 65_000)
    with pytest.raises(BadInputError) as refused:
        decode(bytes(small), 0.4, LIMIT)
    assert refused.value.reason == "too_many_pixels"


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xd9", bytes(1000)]
)
def test_what_is_no_jpeg_is_unreadable(content: bytes) -> None:
    with pytest.raises(BadInputError):
        decode(content, 0.4, LIMIT)


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_damage_anywhere_gives_a_picture_or_a_refusal_and_nothing_else(chance: random.Random) -> None:
    damaged = bytearray(stored_as(chance.randint(1, 8)))
    for _ in range(chance.randint(1, 30)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    try:
        decoded = decode(bytes(damaged[: chance.randint(10, len(damaged))]), 0.4, 10_000_000)
    except BadInputError:
        return
    assert decoded.rgb.dtype == np.uint8
