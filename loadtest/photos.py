"""Photos to send: real faces at chosen sizes, a megabyte each.

They are made once and kept in a folder: heads of the demo photos, scaled until their faces are as wide as is wanted and put before
a place without people, with a sensor's noise, at the best JPEG quality that is not larger than a megabyte.
"""

import io
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from loadtest.endless_photos import JPEG_BYTES, EndlessPhotos, Photo
from models.predict.finder import FaceFinder

__all__ = ["FRAME_PX", "Person", "Photo", "PhotoPool", "demo_photos", "people_in"]

DEMO_PHOTOS: Final = Path(__file__).parents[1] / "demo_photos"
FRAME_PX: Final = (1920, 1080)
# Widths of faces, as exit cameras see them: from the smallest that counts to somebody who stands close.
SIZES_PX: Final = (210, 240, 270, 300, 340, 380, 430, 490)
# How many people there are in one photo after the other: one each, on the whole, as where everybody who pays is photographed.
PEOPLE: Final = (1, 1, 1, 2, 1, 1, 0, 1, 1, 1)
COUNT: Final = 40
_QUALITIES: Final = range(99, 80, -1)
_NOISE_SIGMA: Final = 3.5
# The side of the square that is cut out with a head, in widths of the face: at most, and at least.
_HEAD: Final = 2.6
_LEAST_HEAD: Final = 1.5
# The share of its half that fades out.
_FADING: Final = 0.15


class PhotoPool(EndlessPhotos):
    """Photos of a folder that is filled when it is first needed."""

    @classmethod
    def load(cls, folder: Path, report: Callable[[str], None]) -> Self:
        """Read the photos of a folder; make them first where there are none.

        Args:
            folder: is filled once.
            report: told of each photo that is made.

        Raises:
            FileNotFoundError: there are no demo photos to make them of.
        """
        if not folder.exists():
            _make(folder, report)
        return cls.read(folder)


def _make(folder: Path, report: Callable[[str], None]) -> None:
    """All of them or none: whoever breaks it off makes them anew."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for number, (frame, people) in enumerate(itertools.islice(_frames(), COUNT), 1):
        jpeg = _encoded(frame)
        name = f"{number:02}-{people}.jpg"
        (unfinished / name).write_bytes(jpeg)
        report(f"{name}: {len(jpeg) / 1e6:.2f} MB")
    unfinished.rename(folder)


def _frames() -> Iterator[tuple[NDArray[np.uint8], str]]:
    """Frames, and what is in each; without end."""
    finder = FaceFinder.load()
    chance = np.random.default_rng(6)
    people = itertools.cycle([cut for path in demo_photos("photo-*.jpg") for cut in people_in(path, finder)])
    (empty,) = demo_photos("no-face.jpg")
    sizes = itertools.cycle(SIZES_PX)
    for count in itertools.cycle(PEOPLE):
        frame = _background(empty, chance)
        in_it = list(itertools.islice(sizes, count))
        for place, size in enumerate(in_it):
            _put(frame, next(people), size, (place + chance.uniform(0.35, 0.65)) / count, chance)
        noise = chance.normal(0, _NOISE_SIGMA, (*frame.shape[:2], 1))
        name = "-".join(f"{size}px" for size in in_it) or "nobody"
        yield np.clip(frame + noise, 0, 255).astype(np.uint8), name


def demo_photos(pattern: str) -> list[NDArray[np.uint8]]:
    """Those of that name, decoded.

    Raises:
        FileNotFoundError: there are none.
    """
    paths = sorted(DEMO_PHOTOS.glob(pattern))
    if not paths:
        raise FileNotFoundError(f"there is no {pattern} in {DEMO_PHOTOS}: `make setup` makes them")
    return [np.asarray(simplejpeg.decode_jpeg(path.read_bytes()), np.uint8) for path in paths]


@dataclass(frozen=True, slots=True)
class Person:
    """A head with some of what is around it: a square, (n, n, 3) uint8 RGB, the face in its middle, `face_px` wide."""

    rgb: NDArray[np.uint8]
    face_px: float


def people_in(photo: NDArray[np.uint8], finder: FaceFinder) -> Iterator[Person]:
    """Everybody in a photo, cut out so that nobody else's face is in the cut."""
    faces = finder.find(photo, photo.shape[:2])
    middles = [np.array([f.left_px + f.width_px / 2, f.top_px + f.height_px / 2]) for f in faces]
    for number, (face, middle) in enumerate(zip(faces, middles, strict=True)):
        edges = [*middle, photo.shape[1] - middle[0], photo.shape[0] - middle[1], _HEAD * face.width_px / 2]
        others = [np.abs(other - middle).max() - 0.6 * face.width_px for i, other in enumerate(middles) if i != number]
        half = int(min(edges + others))
        if half >= _LEAST_HEAD * face.width_px / 2:
            left, top = (middle - half).astype(int)
            yield Person(photo[top : top + 2 * half, left : left + 2 * half], face.width_px)


def _background(empty: NDArray[np.uint8], chance: np.random.Generator) -> NDArray[np.float64]:
    """A place without people: a part of the empty photo, (1080, 1920, 3)."""
    width, height = FRAME_PX
    part = chance.uniform(0.6, 1.0)
    wide, high = int(width * part), int(height * part)
    left, top = chance.integers(0, width - wide + 1), chance.integers(0, height - high + 1)
    return cv2.resize(empty[top : top + high, left : left + wide], FRAME_PX).astype(np.float64)


def _put(frame: NDArray[np.float64], person: Person, face_px: int, across: float, chance: np.random.Generator) -> None:
    """Put somebody into a frame, the face that wide, fading into what is behind.

    Args:
        across: where the face's middle is, as a share of the frame's width; it stays inside.
    """
    width, height = FRAME_PX
    side = min(round(len(person.rgb) * face_px / person.face_px), height)
    head = cv2.resize(person.rgb, (side, side), interpolation=cv2.INTER_AREA)
    left = int(np.clip(across * width - side / 2, 0, width - side))
    top = int(chance.uniform(0, height - side))
    x = np.abs(np.linspace(-1, 1, side))
    fade = np.clip((1 - np.maximum.outer(x, x)) / _FADING, 0, 1)[..., None]
    behind = frame[top : top + side, left : left + side]
    behind += fade * (head - behind)


def _encoded(frame: NDArray[np.uint8]) -> bytes:
    """The best quality that is not larger than a megabyte, with the comment that it gets."""
    jpegs = (_jpeg(frame, quality) for quality in _QUALITIES)
    return next((jpeg for jpeg in jpegs if len(jpeg) <= JPEG_BYTES), _jpeg(frame, _QUALITIES[-1]))


def _jpeg(frame: NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
