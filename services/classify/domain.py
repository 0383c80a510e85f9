"""From detected faces to classified ones. Pure."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from facetally.v1.face_pb2 import (
    ClassifiedFace,
    EmotionProbabilities,
    FacesClassified,
    FacesDetected,
    GenderProbabilities,
)
from numpy.typing import NDArray

from services.common.errors import PermanentError

CHIP_SIDE_PX = 144
_CHIP_BYTES = CHIP_SIDE_PX * CHIP_SIDE_PX * 3


class Estimates(Protocol):
    """What a classifier says of n faces; the order of columns is the order of fields in the messages."""

    @property
    def age_years(self) -> NDArray[np.float32]:
        """(n,)."""
        ...

    @property
    def age_low_years(self) -> NDArray[np.float32]:
        """(n,), younger ends of intervals that hold the true age in nine of ten faces."""
        ...

    @property
    def age_high_years(self) -> NDArray[np.float32]:
        """(n,), their older ends."""
        ...

    @property
    def gender(self) -> NDArray[np.float32]:
        """(n, 2), probabilities: female, male."""
        ...

    @property
    def emotion(self) -> NDArray[np.float32]:
        """(n, 7), probabilities: neutral, happiness, surprise, sadness, anger, disgust, fear."""
        ...


@dataclass(frozen=True, slots=True)
class FaceEstimate:
    """What a classifier says of one face.

    Args:
        age_years: the one that is tallied.
        age_low_years: younger end of an interval that holds the true age in nine of ten faces.
        age_high_years: its older end.
        gender: probabilities, as in Estimates.
        emotion: probabilities, as in Estimates.
    """

    age_years: float
    age_low_years: float
    age_high_years: float
    gender: tuple[float, ...]
    emotion: tuple[float, ...]


def chips_of(detected: FacesDetected) -> NDArray[np.uint8]:
    """The aligned faces of a photo.

    Returns:
        (n, 144, 144, 3) uint8 RGB.

    Raises:
        PermanentError: a chip has the wrong size.
    """
    for face in detected.faces:
        if len(face.chip_rgb) != _CHIP_BYTES:
            raise PermanentError(f"a chip has {len(face.chip_rgb)} bytes, not {_CHIP_BYTES}")
    pixels = np.frombuffer(b"".join(face.chip_rgb for face in detected.faces), np.uint8)
    return pixels.reshape(-1, CHIP_SIDE_PX, CHIP_SIDE_PX, 3)


def estimates_by_face(estimates: Estimates) -> list[FaceEstimate]:
    """The estimates, face by face."""
    ages = (estimates.age_years, estimates.age_low_years, estimates.age_high_years)
    columns = [column.tolist() for column in (*ages, estimates.gender, estimates.emotion)]
    return [
        FaceEstimate(age, low, high, tuple(gender), tuple(emotion))
        for age, low, high, gender, emotion in zip(*columns, strict=True)
    ]


def classified(detected: FacesDetected, estimates: list[FaceEstimate], version: str) -> FacesClassified:
    """Everything known of a photo, without its pixels."""
    faces = []
    for face, estimate in zip(detected.faces, estimates, strict=True):
        female, male = estimate.gender
        neutral, happiness, surprise, sadness, anger, disgust, fear = estimate.emotion
        faces.append(
            ClassifiedFace(
                box=face.box,
                score=face.score,
                eye_distance_px=face.eye_distance_px,
                age_years=estimate.age_years,
                age_low_years=estimate.age_low_years,
                age_high_years=estimate.age_high_years,
                gender=GenderProbabilities(female=female, male=male),
                emotion=EmotionProbabilities(
                    neutral=neutral,
                    happiness=happiness,
                    surprise=surprise,
                    sadness=sadness,
                    anger=anger,
                    disgust=disgust,
                    fear=fear,
                ),
                quality=face.quality,
                quality_reason=face.quality_reason,
            )
        )
    return FacesClassified(
        photo=detected.photo,
        outcome=detected.outcome,
        width_px=detected.width_px,
        height_px=detected.height_px,
        faces=faces,
        too_small_count=detected.too_small_count,
        detector_version=detected.detector_version,
        classifier_version=version,
    )
