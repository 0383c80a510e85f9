"""Pictures of every kind that somebody may ask about, and things that are none."""

import io
import random
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFile

from services.common.errors import BadInputError
from services.detect.adapters.picture_decoder import decode, pixels

LIMIT = 100_000_000
SIZE = (90, 60)
ORANGE = (200, 100, 50)
WHITE = (255, 255, 255)
# An orange left half, and a right half that is white or, where a picture can be that, transparent.
HALVES = Image.new("RGB", SIZE, WHITE)
HALVES.paste(ORANGE, (0, 0, SIZE[0] // 2, SIZE[1]))
SEE_THROUGH = HALVES.convert("RGBA")
SEE_THROUGH.putalpha(
    Image.fromarray(np.where(np.arange(SIZE[0]) < SIZE[0] // 2, np.uint8(255), np.uint8(0))[None]).resize(SIZE)
)
PALETTE = HALVES.quantize(8)
# White is see-through, and would be black without.
PALETTE_SEE_THROUGH = SEE_THROUGH.quantize(8)


@pytest.fixture(autouse=True)
def as_in_detect(monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint, which is in no process of detect's, has Pillow accept half pictures."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def deep(halves: NDArray[np.uint8]) -> Image.Image:
    """In 16 bits: all but black would be white if bits were cut off."""
    return Image.fromarray(halves.astype(np.uint16) * 256 + 17)


def png(width: int, height: int, depth: int, colour: int, rows: bytes, interlaced: bool = False) -> bytes:
    """A PNG of kinds that Pillow does not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def deep_colour() -> bytes:
    row = b"\0" + b"".join(struct.pack(">HHH", *(value * 257 for value in pixel)) for pixel in [ORANGE, WHITE])
    return png(2, 1, 16, 2, row)


COLOURED = {
    "PNG": saved(HALVES, "PNG"),
    "PNG with a palette": saved(PALETTE, "PNG"),
    "PNG with alpha": saved(SEE_THROUGH, "PNG"),
    "PNG with a palette and alpha": saved(PALETTE_SEE_THROUGH, "PNG"),
    "PNG with a colour that is see-through": saved(HALVES, "PNG", transparency=WHITE),
    "16-bit PNG in colour": deep_colour(),
    "GIF": saved(PALETTE, "GIF"),
    "GIF with alpha": saved(PALETTE_SEE_THROUGH, "GIF"),
    "BMP": saved(HALVES, "BMP"),
    "BMP with a palette": saved(PALETTE, "BMP"),
    "BMP in 32 bits": saved(SEE_THROUGH, "BMP"),
    "JPEG": saved(HALVES, "JPEG", quality=95),
}
GREY = {
    "grey PNG": saved(HALVES.convert("L"), "PNG"),
    "grey PNG with alpha": saved(SEE_THROUGH.convert("LA"), "PNG"),
    "16-bit grey PNG": saved(deep(np.asarray(HALVES.convert("L"))), "PNG"),
    "grey GIF": saved(HALVES.convert("L"), "GIF"),
    "grey BMP": saved(HALVES.convert("L"), "BMP"),
}


@pytest.mark.parametrize("kind", [*COLOURED, *GREY])
def test_pictures_of_every_kind_become_rgb(kind: str) -> None:
    decoded = decode((COLOURED | GREY)[kind], 1.0, LIMIT)
    height, width = decoded.rgb.shape[:2]
    assert (decoded.width_px, decoded.height_px) == (width, height)
    assert decoded.rgb.dtype == np.uint8
    assert decoded.rgb.flags.c_contiguous
    left, right = decoded.rgb[height // 2, 0], decoded.rgb[height // 2, -1]
    np.testing.assert_allclose(left, ORANGE if kind in COLOURED else [124] * 3, atol=6)
    np.testing.assert_allclose(right, WHITE, atol=6)


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_a_picture_of_one_bit_is_black_and_white(kind: str) -> None:
    decoded = decode(saved(HALVES.convert("L").point(lambda value: 255 * (value > 200)).convert("1"), kind), 1.0, LIMIT)
    assert (decoded.rgb[:, 0] == 0).all()
    assert (decoded.rgb[:, -1] == 255).all()


def test_an_interlaced_png_is_whole() -> None:
    """Adam7 of 2 x 2 pixels: the first alone, the one beside it, the row below."""
    interlaced = png(2, 2, 8, 0, b"\0\x0a" + b"\0\x14" + b"\0\x1e\x28", interlaced=True)
    assert decode(interlaced, 1.0, LIMIT).rgb[..., 0].tolist() == [[10, 20], [30, 40]]


def test_of_an_animation_the_first_picture_is_looked_at() -> None:
    moving = saved(PALETTE, "GIF", save_all=True, append_images=[Image.new("P", SIZE), PALETTE.rotate(90)])
    np.testing.assert_allclose(decode(moving, 1.0, LIMIT).rgb[30, 5], ORANGE, atol=6)


@pytest.mark.parametrize(("min_scale", "factor"), [(1.0, 1), (0.51, 1), (0.5, 2), (0.4, 2), (0.08, 12)])
def test_a_picture_is_never_smaller_than_asked_for_and_hardly_larger(min_scale: float, factor: int) -> None:
    decoded = decode(saved(Image.new("RGB", (1201, 600), ORANGE), "PNG"), min_scale, LIMIT)
    assert (decoded.width_px, decoded.height_px) == (1201, 600)
    assert decoded.rgb.shape == (-(-600 // factor), -(-1201 // factor), 3)
    assert (decoded.rgb == ORANGE).all()


@pytest.mark.parametrize("kind", [*COLOURED, *GREY])
def test_pixels_are_counted_without_decoding(kind: str) -> None:
    content = (COLOURED | GREY)[kind]
    size = (2, 1) if kind == "16-bit PNG in colour" else SIZE
    assert pixels(content) == size[0] * size[1]
    with pytest.raises(BadInputError) as refused:
        decode(content, 1.0, size[0] * size[1] - 1)
    assert refused.value.reason == "too_many_pixels"


@pytest.mark.parametrize(
    ("width", "height"), [(5001, 5000), (65_536, 1), (1, 65_536), (10_000, 10_000), (2**31 - 1, 1), (2**16, 2**15)]
)
def test_what_would_fill_the_memory_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    bombs = [png(width, height, 1, 0, b"")]
    bomb = bytearray(saved(Image.new("RGB", (1, 1)), "BMP"))
    bomb[18:26] = struct.pack("<II", width, height)
    bombs.append(bytes(bomb))
    for content in bombs:
        for count_or_decode in (pixels, lambda content: decode(content, 1.0, LIMIT)):
            with pytest.raises(BadInputError) as refused:
                count_or_decode(content)
            assert refused.value.reason == "too_many_pixels"


def test_a_jpeg_with_hundreds_of_scans_is_refused_before_it_is_decoded() -> None:
    progressive = saved(HALVES, "JPEG", progressive=True)
    assert decode(progressive, 1.0, LIMIT).width_px == SIZE[0]
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    with pytest.raises(BadInputError, match="scans"):
        decode(progressive[:-2] + 100 * scan + b"\xff\xd9", 1.0, LIMIT)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP"])
def test_half_a_picture_is_unreadable(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8))
    content = saved(noise, kind)
    with pytest.raises(BadInputError) as refused:
        decode(content[: len(content) // 2], 1.0, LIMIT)
    assert refused.value.reason == "unreadable"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"BM", bytes(1000), b"P6 1 1 255 abc", b"<svg/>"]
    + [saved(HALVES, kind) for kind in ("TIFF", "WEBP", "PPM", "ICO")],
)
def test_what_is_none_of_these_is_unreadable(content: bytes) -> None:
    for count_or_decode in (pixels, lambda content: decode(content, 1.0, LIMIT)):
        with pytest.raises(BadInputError) as refused:
            count_or_decode(content)
        assert refused.value.reason == "unreadable"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*COLOURED, *GREY]), st.randoms(use_true_random=False))
def test_damage_anywhere_gives_a_picture_or_a_refusal_and_nothing_else(kind: str, chance: random.Random) -> None:
    damaged = bytearray((COLOURED | GREY)[kind])
    for _ in range(chance.randint(0, 8)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    try:
        decoded = decode(bytes(damaged[: chance.randint(10, len(damaged))]), 0.4, 10_000_000)
    except BadInputError:
        return
    assert decoded.rgb.dtype == np.uint8
    assert decoded.rgb.size
