"""Who finds small faces, and at what cost: heads of real people, shrunk, six at a time before a grey wall.

Where faces are is known, because they were put there. Heads are those of the demo photos, as dlib's CNN sees them in full size.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.cpu_times import CpuTimes
from bench.exit_photos import encoded
from bench.face_api import Box, FaceApi, PeerDetector
from bench.faceapi.ours import NAME
from loadtest.photos import FRAME_PX, Person, demo_photos, people_in
from models.predict.finder import FaceFinder, Photo
from models.preprocess import FACE_SIZE_PX
from services.common.jpeg_decoder import decode

SIZES_PX: Final = (36, 50, 72, 100, 200)
_COLUMNS, _ROWS = 3, 2
_GREY: Final = 128
_NOISE_SIGMA: Final = 3.5
# A box is that of a face when its middle is within the face, and neither is so much wider than the other.
_MOST_WIDER: Final = 2.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo of 1920 x 1080 pixels, and where its faces are.

    Args:
        jpeg: the file.
        size_px: how wide its faces are.
    """

    jpeg: Path
    size_px: int
    faces: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw in pictures with faces of one size."""

    faces: int
    found: int
    wrong: int


# Looks at a picture: the CPU milliseconds that it took, and boxes.
Look = Callable[[Picture], tuple[float, Sequence[Box]]]


class SmallFaces:
    """What everybody has seen, and what it took."""

    def __init__(self) -> None:
        self._times = CpuTimes()
        self._seen: dict[tuple[str, int], list[Seen]] = {}

    def look(self, who: str, picture: Picture, look: Look) -> None:
        """Have somebody look at a picture."""
        cpu_ms, boxes = look(picture)
        self._times.add(who, picture.jpeg.name, cpu_ms)
        self._seen.setdefault((who, picture.size_px), []).append(seen(picture.faces, boxes))

    def names(self) -> list[str]:
        """Who looked."""
        return list(dict.fromkeys(who for who, _ in self._seen))

    def cpu_ms(self, who: str) -> float:
        """For a picture."""
        return self._times.ms(who)

    def found_share(self, who: str, size_px: int) -> float:
        """Of the faces of one size."""
        results = self._seen[who, size_px]
        return sum(one.found for one in results) / sum(one.faces for one in results)

    def wrong(self, who: str) -> int:
        """Boxes that were no face."""
        return sum(one.wrong for name in self._seen for one in self._seen[name] if name[0] == who)


def measure(folder: Path) -> SmallFaces:
    """Have everybody look at all pictures.

    Args:
        folder: for the pictures.

    Raises:
        FaceApiError: face-api.js is not there, or has ended.
        FileNotFoundError: there are no demo photos.
        WeightsError: weights are missing.
    """
    finder = FaceFinder.load()
    people = [person for photo in demo_photos("photo-*.jpg") for person in people_in(photo, finder)]
    shown = [picture for size_px in SIZES_PX for picture in pictures(people, size_px, folder)]
    results = SmallFaces()
    with FaceApi.running([picture.jpeg for picture in shown]) as peer:
        looks: dict[str, Look] = {
            f"{NAME}, {size_px} px": partial(_we, finder, size_px) for size_px in reversed(SIZES_PX)
        }
        looks |= {f"face-api.js, {detector}": partial(_they, peer, detector) for detector in PeerDetector}
        for look in looks.values():
            look(shown[0])
        for picture in shown:
            for who, look in looks.items():
                results.look(who, picture, look)
    return results


def pictures(people: Sequence[Person], size_px: int, folder: Path) -> Iterator[Picture]:
    """All people, each once, with faces of one size."""
    noise = np.random.default_rng(0).normal(0, _NOISE_SIGMA, (*FRAME_PX[::-1], 1)).astype(np.float32)
    at_once = _COLUMNS * _ROWS
    for first in range(0, len(people), at_once):
        frame, faces = wall(people[first : first + at_once], size_px)
        jpeg = folder / f"{size_px}px-{first}.jpg"
        jpeg.write_bytes(encoded(frame + noise))
        yield Picture(jpeg, size_px, faces)


def wall(people: Sequence[Person], size_px: int) -> tuple[NDArray[np.float32], tuple[Box, ...]]:
    """Up to six people before a grey wall, each in the middle of a part of its own; and where their faces are.

    Returns:
        (1080, 1920, 3) RGB, 0 to 255, and boxes in its pixels.
    """
    frame = np.full((*FRAME_PX[::-1], 3), _GREY, np.float32)
    faces = []
    for number, person in enumerate(people):
        row, column = divmod(number, _COLUMNS)
        x, y = (2 * column + 1) * FRAME_PX[0] // (2 * _COLUMNS), (2 * row + 1) * FRAME_PX[1] // (2 * _ROWS)
        side = round(len(person.rgb) * size_px / person.face_px)
        head = cv2.resize(person.rgb, (side, side), interpolation=cv2.INTER_AREA)
        left, top = x - side // 2, y - side // 2
        frame[top : top + side, left : left + side] = head
        faces.append(Box(x - size_px / 2, y - size_px / 2, size_px, size_px))
    return frame, tuple(faces)


def seen(faces: Sequence[Box], boxes: Sequence[Box]) -> Seen:
    """Which of the faces have a box, and how many boxes have no face."""
    found = sum(any(_is_of(box, face) for box in boxes) for face in faces)
    wrong = sum(not any(_is_of(box, face) for face in faces) for box in boxes)
    return Seen(len(faces), found, wrong)


def _is_of(box: Box, face: Box) -> bool:
    x, y = box.left + box.width / 2 - face.left, box.top + box.height / 2 - face.top
    alike = face.width / _MOST_WIDER <= box.width <= face.width * _MOST_WIDER
    return alike and 0 <= x <= face.width and 0 <= y <= face.height


def _we(finder: FaceFinder, min_face_px: int, picture: Picture) -> tuple[float, Sequence[Box]]:
    """Decode it and find its faces, as detect does."""
    jpeg = picture.jpeg.read_bytes()
    began = time.process_time()
    decoded = decode(jpeg, min(1.0, FACE_SIZE_PX / min_face_px), FRAME_PX[0] * FRAME_PX[1])
    (found,) = finder.boxes([Photo(decoded.rgb, (decoded.height_px, decoded.width_px), min_face_px)])
    cpu_ms = (time.process_time() - began) * 1000
    larger = decoded.width_px / decoded.rgb.shape[1]
    return cpu_ms, [Box(*(edge * larger for edge in (f.left, f.top, f.width, f.height))) for f in found]


def _they(peer: FaceApi, detector: PeerDetector, picture: Picture) -> tuple[float, Sequence[Box]]:
    """The same."""
    answer = peer.measure(detector, picture.jpeg, find_only=True)
    return answer.cpu_ms, answer.boxes
