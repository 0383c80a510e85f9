"""Faces for serving: a photo in, its faces cut out and judged."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self

import dlib
import numpy as np
from numpy.typing import NDArray

from models.predict.boxes import SCORE_THRESHOLD, CascadeBoxes, CnnBoxes, HogBoxes, Method, load_boxes
from models.preprocess import align
from models.pyramid import Found
from models.quality import Quality, judge, noise
from models.registry import WEIGHTS_DIR
from models.runtime import Device

# A face's box is as wide as dlib's detectors draw it on average, 1.4 times the square from brows to lips; but while theirs come in
# steps of a fifth, ours follows from where eyes and nose are. Measured on 267 faces from the web: their boxes are 1.1 to 1.55 times as wide.
BOX_PER_FACE: Final = 1.4
# The points are found in a box; where it turns out to be that much too large or too small, they are found again in ours.
_FITTING_BOX: Final = (1.1, 1.7)
# The face that cameras are to show, pixels of the full-size photo.
MIN_FACE_PX: Final = 200
# No photo is looked at more closely than for faces of this size: twice its own, where detectors look for 76 pixels.
SMALLEST_FACE_PX: Final = 36
# Eyes, nose: corners 0 and 1 belong to one eye, 2 and 3 to the other.
POINTS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """A face. All measures are pixels of the upright, full-size photo.

    Args:
        left_px: of its box, as are top, width and height.
        score: the detector's confidence; above 0 is a face. HOG's and the CNN's do not compare.
        points: (5, 2) float64, x and y of: outer and inner corner of the eye at the image's right, outer and inner corner of
            the one at its left, nose.
        centre: x, y of the middle of the chip.
        size_px: side of the square from brows to lips, which is 80 pixels of the chip.
        roll_deg: how far the face is turned clockwise.
        chip: (144, 144, 3) uint8 RGB, see `models.preprocess`.
        quality: what it is good for.
    """

    left_px: float
    top_px: float
    width_px: float
    height_px: float
    score: float
    points: NDArray[np.float64]
    centre: tuple[float, float]
    size_px: float
    roll_deg: float
    chip: NDArray[np.uint8]
    quality: Quality

    def noise(self) -> float:
        """Standard deviation of the chip's noise, in steps of brightness, 0 to 255: see `models.quality`."""
        return noise(self.chip)


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded photo, perhaps smaller than the original.

    Args:
        rgb: (h, w, 3) uint8 RGB, contiguous, upright.
        full_px: height and width of the photo in full size.
        min_face_px: the smallest face to look for, pixels of the photo in full size. It decides how closely the photo is looked
            at, and so what it costs: half the size, four times the time. `rgb` should show such a face at 80 pixels or more.
    """

    rgb: NDArray[np.uint8]
    full_px: tuple[int, int]
    min_face_px: float = MIN_FACE_PX


def five_point_model() -> Path:
    """The file of dlib's 5-point model (public domain).

    The 68-point one beside it must never be loaded: its licence excludes commercial use.

    It is found without importing its package, which needs an outdated setuptools.
    """
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package face-recognition-models is not installed")
    return Path(spec.submodule_search_locations[0]) / "models" / "shape_predictor_5_face_landmarks.dat"


class FaceCutter:
    """Cuts faces out of photos where boxes are known. Not safe for several threads at a time."""

    def __init__(self) -> None:
        self._landmarks = dlib.shape_predictor(str(five_point_model()))

    def cut(self, photo: Photo, box: Found) -> FoundFace:
        """Five points, the chip, and the verdict.

        Args:
            photo: it shows the face.
            box: around the face, pixels of `photo.rgb`.
        """
        points = self._points(photo.rgb, box)
        face = align(photo.rgb, points)
        ratio = box.width / face.size_px
        if not _FITTING_BOX[0] <= ratio <= _FITTING_BOX[1]:
            points = self._points(photo.rgb, _box_around(face.centre, face.size_px, box.score))
            face = align(photo.rgb, points)
        enlarge = np.array([photo.full_px[1] / photo.rgb.shape[1], photo.full_px[0] / photo.rgb.shape[0]])
        # How large a face is, its points know best. Where it is, the detector does: of a profile the points are guesses.
        middle = (box.left + box.width / 2, box.top + box.height / 2)
        around = _box_around(middle, face.size_px, box.score)
        points = points * enlarge
        return FoundFace(
            left_px=around.left * enlarge[0],
            top_px=around.top * enlarge[1],
            width_px=around.width * enlarge[0],
            height_px=around.height * enlarge[1],
            score=box.score,
            points=points,
            centre=(face.centre[0] * enlarge[0], face.centre[1] * enlarge[1]),
            size_px=face.size_px * enlarge[0],
            roll_deg=face.roll_deg,
            chip=face.chip,
            quality=judge(face, eye_distance(points)),
        )

    def _points(self, rgb: NDArray[np.uint8], box: Found) -> NDArray[np.float64]:
        right, bottom = box.left + box.width - 1, box.top + box.height - 1
        shape = self._landmarks(rgb, dlib.rectangle(round(box.left), round(box.top), round(right), round(bottom)))
        return np.array([(part.x, part.y) for part in shape.parts()], np.float64)


class FaceFinder:
    """Finds faces, in each photo those of at least its `min_face_px`. Not safe for several threads at a time."""

    def __init__(self, boxes: HogBoxes | CnnBoxes | CascadeBoxes) -> None:
        self._boxes = boxes
        self._cutter = FaceCutter()
        self.version = boxes.version

    @classmethod
    def load(
        cls,
        method: Method = Method.CNN,
        score_threshold: float = SCORE_THRESHOLD,
        *,
        weights_dir: Path | None = None,
        device: Device = "cpu",
        threads: int = 1,
    ) -> Self:
        """Load the detector and check its weights.

        Args:
            method: how faces are found.
            score_threshold: the detector's confidence from which on a box is a face.
            weights_dir: folder of converted weights; by default the one that set-up fills.
            device: where the CNN runs.
            threads: of the processor that the CNN may use.

        Raises:
            WeightsError: weights are missing, or not the ones on the card.
            RuntimeError: CUDA is asked for and not there.
        """
        return cls(load_boxes(method, score_threshold, weights_dir or WEIGHTS_DIR, device, threads))

    def find(self, rgb: NDArray[np.uint8], full_px: tuple[int, int]) -> list[FoundFace]:
        """Faces of one photo as cameras are to show them, the surest first. See `Photo`."""
        return self.find_all([Photo(rgb, full_px)])[0]

    def find_all(self, photos: Sequence[Photo]) -> list[list[FoundFace]]:
        """Faces of several photos; on CUDA those of one size are looked at together."""
        boxes = self.boxes(photos)
        return [[self.cut(photo, box) for box in found_boxes] for photo, found_boxes in zip(photos, boxes, strict=True)]

    def boxes(self, photos: Sequence[Photo]) -> list[list[Found]]:
        """First step: where faces are, in pixels of each `photo.rgb`."""
        return self._boxes([photo.rgb for photo in photos], [self._scale(photo) for photo in photos])

    def cut(self, photo: Photo, box: Found) -> FoundFace:
        """Second step: five points, the chip, and the verdict."""
        return self._cutter.cut(photo, box)

    def _scale(self, photo: Photo) -> float:
        """At which the smallest face of a photo is as large as the detector needs it."""
        of_full_size = self._boxes.face_px / max(photo.min_face_px, SMALLEST_FACE_PX)
        height_px: int = photo.rgb.shape[0]
        return of_full_size * photo.full_px[0] / height_px


def eye_distance(points: NDArray[np.float64]) -> float:
    """Distance between the middles of the eyes; each lies in the middle of its two corners."""
    eyes = (points[0] + points[1]) / 2 - (points[2] + points[3]) / 2
    return math.hypot(*eyes)


def _box_around(centre: tuple[float, float], size: float, score: float) -> Found:
    side = size * BOX_PER_FACE
    return Found(centre[0] - side / 2, centre[1] - side / 2, side, side, score)
