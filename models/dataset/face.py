"""What is written of a face that nets learn from, and which split it is in."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.predict.classifier import EMOTIONS, GENDERS
from models.preprocess import CHIP_SIZE_PX
from models.quality import Level

OLDEST_YEARS: Final = 120.0
# What photos fall into the test and the validation split, of all.
_TEST: Final = 0.1
_VALIDATION: Final = 0.1
# A sum of probabilities that were stored in 32 bits.
_SUM_TOLERANCE: Final = 1e-3


# The first bytes of a PNG of a chip: signature, header chunk, width, height, 8 bits, R G B.
_PNG_START: Final = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + CHIP_SIZE_PX.to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
)


class ManifestError(Exception):
    """A data set is not there, is damaged, or says what cannot be."""


class Split(StrEnum):
    """What a face is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Face:
    """One face.

    Args:
        face_id: its own in the data set.
        chip: PNG of (144, 144, 3) uint8 RGB, see `models.preprocess`; `encode_chip` makes it.
        box: left, top, width, height, pixels of the photo.
        photo: key of the photo. All faces of a photo are in one split.
        shop: where it was taken.
        camera: that took it.
        captured_at: when, with a time zone.
        quality: what the face is good for.
        consent: whether the person agreed that the face is used for training. Without it no net ever learns from it.
        model_version: of the nets that predicted; None where nothing was predicted.
        predicted_age_years: what they said, years ...
        predicted_gender: ... the probabilities of female and male ...
        predicted_emotion: ... and of the emotions, in the order of `models.predict.classifier.EMOTIONS`.
        age_years: what a person said, 0 to 120 ...
        gender: ... female or male ...
        emotion: ... and one of the emotions.
        labelled_by: who said so; None where nobody did.
        labelled_at: when, with a time zone.
    """

    face_id: str
    chip: bytes
    box: tuple[float, float, float, float]
    photo: str
    shop: str
    camera: str
    captured_at: datetime
    quality: Level
    consent: bool
    model_version: str | None = None
    predicted_age_years: float | None = None
    predicted_gender: tuple[float, ...] | None = None
    predicted_emotion: tuple[float, ...] | None = None
    age_years: float | None = None
    gender: str | None = None
    emotion: str | None = None
    labelled_by: str | None = None
    labelled_at: datetime | None = None

    def __post_init__(self) -> None:
        for fault, holds in _FAULTS.items():
            if holds(self):
                raise ManifestError(f"face {self.face_id!r}: {fault}")

    @property
    def split(self) -> Split:
        """Which split its photo is in."""
        return split_of(self.photo)


_FAULTS: Final[dict[str, Callable[[Face], bool]]] = {
    "an identifier is empty": lambda face: not all((face.face_id, face.photo, face.shop, face.camera)),
    f"the chip is no PNG of {CHIP_SIZE_PX} x {CHIP_SIZE_PX} pixels in R G B": lambda face: (
        not face.chip.startswith(_PNG_START)
    ),
    "a time has no time zone": lambda face: any(
        time is not None and time.tzinfo is None for time in (face.captured_at, face.labelled_at)
    ),
    "the box has no area": lambda face: not all(np.isfinite(face.box)) or min(face.box[2:]) <= 0,
    f"an age is not from 0 to {OLDEST_YEARS:g} years": lambda face: any(
        age is not None and not 0 <= age <= OLDEST_YEARS for age in (face.age_years, face.predicted_age_years)
    ),
    "what was predicted are not the probabilities of the classes": lambda face: any(
        found is not None and not _are_probabilities(found, len(classes))
        for found, classes in ((face.predicted_gender, GENDERS), (face.predicted_emotion, EMOTIONS))
    ),
    "a label is none of the classes": lambda face: (
        (face.gender is not None and face.gender not in GENDERS)
        or (face.emotion is not None and face.emotion not in EMOTIONS)
    ),
    "there are labels, and not by whom and when; or the other way round": lambda face: (
        (face.age_years is None and face.gender is None and face.emotion is None) != (face.labelled_by is None)
        or (face.labelled_by is None) != (face.labelled_at is None)
    ),
    "there are predictions, and not by which version; or the other way round": lambda face: (
        (face.predicted_age_years is None and face.predicted_gender is None and face.predicted_emotion is None)
        != (face.model_version is None)
    ),
}


def split_of(photo: str) -> Split:
    """Which split a photo is in: always the same, in whatever version of whatever data set.

    Args:
        photo: its key.
    """
    place = int.from_bytes(hashlib.sha256(photo.encode()).digest()[:8], "big") / 2**64
    if place < _TEST:
        return Split.TEST
    return Split.VALIDATION if place < _TEST + _VALIDATION else Split.TRAIN


def encode_chip(chip: NDArray[np.uint8]) -> bytes:
    """A chip (144, 144, 3) uint8 RGB as PNG."""
    assert chip.shape == (CHIP_SIZE_PX, CHIP_SIZE_PX, 3)
    _, png = cv2.imencode(".png", cv2.cvtColor(chip, cv2.COLOR_RGB2BGR))
    return png.tobytes()


def decode_chip(png: bytes) -> NDArray[np.uint8]:
    """A chip (144, 144, 3) uint8 RGB.

    Raises:
        ManifestError: it is damaged, or is no chip.
    """
    # Sizes are checked before anything is decoded: a few bytes can claim to be gigapixels.
    if not png.startswith(_PNG_START):
        raise ManifestError(f"a chip is no PNG of {CHIP_SIZE_PX} x {CHIP_SIZE_PX} pixels in R G B")
    bgr = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ManifestError("a chip is damaged: it cannot be decoded")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _are_probabilities(found: tuple[float, ...], classes: int) -> bool:
    return len(found) == classes and min(found) >= 0 and abs(sum(found) - 1) <= _SUM_TOLERANCE
