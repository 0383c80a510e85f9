"""Labelled faces as the product sees them: found in a photo, cut out, estimated."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.dataset import load_rgb
from models.evaluation.frames import surrounded
from models.evaluation.metrics import Bools, Ints
from models.evaluation.subjects import GOOD, Advance, Classifier, Finder, Found

# How much a pixel further from the photo's middle counts against a pixel of width.
_DISTANCE_WEIGHT: Final = 0.3
_FACES_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class SeenFaces:
    """The faces that were found of n labelled ones.

    Args:
        index: (k,) which of the labelled faces each is.
        chips: (k, 144, 144, 3) uint8 RGB.
        good: (k,) whether the product would report its mood.
        cpu_ms_per_photo: CPU milliseconds of finding and cutting.
    """

    index: Ints
    chips: NDArray[np.uint8]
    good: Bools
    cpu_ms_per_photo: float


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """What a classifier says of k faces.

    Args:
        age_years: (k,)
        age_low_years: (k,)
        age_high_years: (k,)
        gender: (k, 2) calibrated probabilities.
        emotion: (k, 7) calibrated probabilities.
        cpu_ms_per_face: CPU milliseconds of estimating, in batches of 8.
    """

    age_years: NDArray[np.float32]
    age_low_years: NDArray[np.float32]
    age_high_years: NDArray[np.float32]
    gender: NDArray[np.float32]
    emotion: NDArray[np.float32]
    cpu_ms_per_face: float


@dataclass(frozen=True, slots=True, eq=False)
class RawEstimates:
    """What its nets say of k faces, before calibration and correction.

    Args:
        age_years: (k,)
        gender_logits: (k, 2)
        emotion_logits: (k, 7)
    """

    age_years: NDArray[np.float32]
    gender_logits: NDArray[np.float32]
    emotion_logits: NDArray[np.float32]


def find_faces(finder: Finder, paths: Sequence[Path], advance: Advance) -> SeenFaces:
    """Find the face of each labelled image.

    Raises:
        DataError: an image cannot be read.
    """
    found: list[tuple[int, Found]] = []
    cpu_s = 0.0
    for number, path in enumerate(paths):
        photo = surrounded(load_rgb(path))
        began = time.process_time()
        faces = finder.find(photo.half_rgb, photo.full_px)
        cpu_s += time.process_time() - began
        if faces:
            found.append((number, the_face(faces, photo.full_px)))
        advance(1)
    chips = [face.chip for _, face in found]
    return SeenFaces(
        index=np.array([number for number, _ in found], np.int64),
        chips=np.stack(chips) if chips else np.zeros((0, 1, 1, 3), np.uint8),
        good=np.array([face.quality.level == GOOD for _, face in found], np.bool_),
        cpu_ms_per_photo=1000 * cpu_s / max(1, len(paths)),
    )


def the_face(faces: Sequence[Found], full_px: tuple[int, int]) -> Found:
    """The face that a label is about: large, and near the middle of the photo.

    Args:
        faces: at least one.
        full_px: height and width of the photo.
    """

    def score(face: Found) -> float:
        x = face.left_px + face.width_px / 2 - full_px[1] / 2
        y = face.top_px + face.height_px / 2 - full_px[0] / 2
        return face.width_px - _DISTANCE_WEIGHT * float(np.hypot(x, y))

    return max(faces, key=score)


def estimate(classifier: Classifier, chips: NDArray[np.uint8], advance: Advance) -> Estimates:
    """Estimate all chips, (k, 144, 144, 3) uint8 RGB, in batches."""
    parts = []
    began = time.process_time()
    for batch in _batches(chips):
        parts.append(classifier.predict(batch))
        advance(len(batch))
    cpu_s = time.process_time() - began
    return Estimates(
        age_years=_joined([part.age_years for part in parts], ()),
        age_low_years=_joined([part.age_low_years for part in parts], ()),
        age_high_years=_joined([part.age_high_years for part in parts], ()),
        gender=_joined([part.gender for part in parts], (2,)),
        emotion=_joined([part.emotion for part in parts], (7,)),
        cpu_ms_per_face=1000 * cpu_s / len(chips) if len(chips) else np.nan,
    )


def estimate_raw(classifier: Classifier, chips: NDArray[np.uint8], advance: Advance) -> RawEstimates:
    """The same, before calibration and correction."""
    parts = []
    for batch in _batches(chips):
        parts.append(classifier.raw(batch))
        advance(len(batch))
    return RawEstimates(
        age_years=_joined([part.age_years for part in parts], ()),
        gender_logits=_joined([part.gender_logits for part in parts], (2,)),
        emotion_logits=_joined([part.emotion_logits for part in parts], (7,)),
    )


def _batches(chips: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [chips[i : i + _FACES_AT_ONCE] for i in range(0, len(chips), _FACES_AT_ONCE)]


def _joined(parts: list[NDArray[np.float32]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.zeros((0, *shape), np.float32)
