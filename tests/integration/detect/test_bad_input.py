"""Whatever arrives as a photo has a defined outcome, and the next photo is looked at as if nothing had been."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.predict.finder import FaceFinder
from services.common.errors import BadInputError
from services.detect.adapters.face_detector import Asked, FaceDetector
from services.detect.domain import Look, Sighting

SIDE_PX = 400
LOOK = Look(200, 100_000_000)


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector(FaceFinder.load())


@pytest.fixture(scope="module")
def portrait(demo_photos: Path) -> Image.Image:
    """One face in the middle."""
    return Image.open(demo_photos / "photo-10.jpg").convert("RGB")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def turned(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(image.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif.tobytes())


def with_nonsense_in_the_middle(image: Image.Image) -> bytes:
    jpeg = bytearray(saved(image, "JPEG", quality=90))
    middle = len(jpeg) * 3 // 4
    jpeg[middle : middle + 40] = bytes(40)
    return bytes(jpeg)


READABLE: dict[str, Callable[[Image.Image], bytes]] = {
    "CMYK": lambda image: saved(image.convert("CMYK"), "JPEG"),
    "greyscale": lambda image: saved(image.convert("L"), "JPEG"),
    "progressive": lambda image: saved(image, "JPEG", progressive=True),
    "turned, and EXIF says so": turned,
    "corrupt, but decodable": with_nonsense_in_the_middle,
}


def deep_png(image: Image.Image) -> bytes:
    grey = np.asarray(image.convert("L"), np.uint16) * 257
    return saved(Image.fromarray(grey), "PNG")


def animation(image: Image.Image) -> bytes:
    frames = [image.resize((SIDE_PX, SIDE_PX)), image.rotate(90).resize((SIDE_PX, SIDE_PX))]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


UNREADABLE: dict[str, Callable[[Image.Image], bytes]] = {
    "16-bit PNG": deep_png,
    "animated GIF": animation,
    "a text that is called .jpg": lambda _: b"this is no photo at all, whatever its name says",
    "12,000 x 9,000 pixels": lambda _: saved(Image.new("L", (12_000, 9_000), 128), "JPEG", quality=30),
    "cut off in its header": lambda image: saved(image, "JPEG")[:200],
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("kind", READABLE)
def test_odd_jpegs_show_their_face(detector: FaceDetector, portrait: Image.Image, kind: str) -> None:
    (sighting,) = detector.look([Asked(READABLE[kind](portrait), LOOK)])
    assert isinstance(sighting, Sighting)
    assert (sighting.width_px, sighting.height_px) == portrait.size
    assert len(sighting.faces) == 1


@pytest.mark.parametrize("side", [1, 30])
def test_a_photo_of_hardly_any_pixels_shows_nobody(detector: FaceDetector, side: int) -> None:
    (sighting,) = detector.look([Asked(saved(Image.new("RGB", (side, side)), "JPEG"), LOOK)])
    assert sighting == Sighting(side, side, ())


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_photo_is_refused_and_the_next_one_is_not(
    detector: FaceDetector, portrait: Image.Image, kind: str
) -> None:
    refused, seen = detector.look([Asked(UNREADABLE[kind](portrait), LOOK), Asked(saved(portrait, "JPEG"), LOOK)])
    assert isinstance(refused, BadInputError)
    assert isinstance(seen, Sighting)
    assert len(seen.faces) == 1
