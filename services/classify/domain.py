"""From detected faces to classified ones, and from questions about faces to answers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Flag, auto
from math import isnan
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from facetally.v1.face_pb2 import (
    ClassifiedFace,
    EmotionProbabilities,
    FaceEstimates,
    FaceQuality,
    FacesClassified,
    FacesDetected,
    GenderProbabilities,
    Point,
    ShadowFace,
    ShadowFaces,
)
from facetally.v1.question_pb2 import AgeEstimate, EstimatedFace, EstimateRequest, FacesEstimated, HeadPose
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from services.common.errors import BadInputError, PermanentError

CHIP_SIDE_PX = 144
_CHIP_BYTES = CHIP_SIDE_PX * CHIP_SIDE_PX * 3
MAX_ASKED_FACES = 100


class UnfitReleaseError(Exception):
    """The release cannot be put into service.

    Args:
        reason: damaged, unfit or self_test.
        message: a clause.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Wanted(Flag):
    """What is to be estimated: each takes a net of its own."""

    AGE_AND_GENDER = auto()
    EMOTION = auto()
    LANDMARKS = auto()


NOTHING = Wanted(0)
TALLIED = Wanted.AGE_AND_GENDER | Wanted.EMOTION


T = TypeVar("T")


class Versioned(NamedTuple, Generic[T]):
    """What models have said, and which: others may be in service by now."""

    said: T
    version: str


class Estimates(NamedTuple):
    """What is estimated of n faces. Columns that nobody wanted have no rows.

    The order within rows is the order of fields in the messages.

    Args:
        age_years: (n,).
        age_low_years: (n,), younger ends of intervals that hold the true age in nine of ten faces.
        age_high_years: (n,), their older ends.
        gender: (n, 2), probabilities: female, male.
        emotion: (n, 7), probabilities: neutral, happiness, surprise, sadness, anger, disgust, fear.
        landmarks: (n, 68, 2), x and y in pixels of the chip, from its top left corner.
        pose: (n, 3), degrees: pitch, yaw, roll.
    """

    age_years: NDArray[np.float32]
    age_low_years: NDArray[np.float32]
    age_high_years: NDArray[np.float32]
    gender: NDArray[np.float32]
    emotion: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    pose: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FaceEstimate:
    """What a classifier says of one face.

    Args:
        age_years: the one that is tallied.
        age_low_years: younger end of an interval that holds the true age in nine of ten faces; None where the models know none.
        age_high_years: its older end.
        gender: probabilities, as in Estimates.
        emotion: probabilities, as in Estimates.
    """

    age_years: float
    age_low_years: float | None
    age_high_years: float | None
    gender: tuple[float, ...]
    emotion: tuple[float, ...]


def chips_of(detected: FacesDetected) -> NDArray[np.uint8]:
    """The aligned faces of a photo.

    Returns:
        (n, 144, 144, 3) uint8 RGB.

    Raises:
        PermanentError: a chip has the wrong size.
    """
    try:
        return _stacked([face.chip_rgb for face in detected.faces])
    except ValueError as error:
        raise PermanentError(str(error)) from error


def estimates_by_face(estimates: Estimates) -> list[FaceEstimate]:
    """What is tallied, face by face.

    Raises:
        ValueError: not all of it was wanted.
    """
    ages = (estimates.age_years, estimates.age_low_years, estimates.age_high_years)
    columns = [column.tolist() for column in (*ages, estimates.gender, estimates.emotion)]
    return [
        FaceEstimate(age, _known(low), _known(high), tuple(gender), tuple(emotion))
        for age, low, high, gender, emotion in zip(*columns, strict=True)
    ]


def _known(years: float) -> float | None:
    return None if isnan(years) else years


def classified(detected: FacesDetected, estimates: list[FaceEstimate], version: str) -> FacesClassified:
    """Everything known of a photo, without its pixels."""
    faces = []
    for face, estimate in zip(detected.faces, estimates, strict=True):
        faces.append(
            ClassifiedFace(
                box=face.box,
                score=face.score,
                eye_distance_px=face.eye_distance_px,
                age_years=estimate.age_years,
                age_low_years=estimate.age_low_years,
                age_high_years=estimate.age_high_years,
                gender=_gender(estimate.gender),
                emotion=_emotion(estimate.emotion),
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


def estimable(result: FacesClassified) -> list[int]:
    """Which faces are good for estimates, by their place in the photo's."""
    return [index for index, face in enumerate(result.faces) if face.quality != FaceQuality.FACE_QUALITY_REJECTED]


def in_shadow(result: FacesClassified, indices: list[int], estimates: list[FaceEstimate], version: str) -> ShadowFaces:
    """What is recorded of some of a photo's faces, and what the models in shadow say of them.

    Args:
        result: what is recorded.
        indices: of the faces, as `estimable` has them.
        estimates: of the shadow, in that order.
        version: of the shadow.
    """
    faces = []
    for index, estimate in zip(indices, estimates, strict=True):
        face = result.faces[index]
        recorded = FaceEstimates(age_years=face.age_years, gender=face.gender, emotion=face.emotion)
        shadow = FaceEstimates(
            age_years=estimate.age_years, gender=_gender(estimate.gender), emotion=_emotion(estimate.emotion)
        )
        faces.append(ShadowFace(face_index=index, recorded=recorded, shadow=shadow))
    return ShadowFaces(
        photo=result.photo, faces=faces, classifier_version=result.classifier_version, shadow_version=version
    )


def question_of(body: bytes) -> EstimateRequest:
    """The question that somebody asks.

    Raises:
        BadInputError: it is none.
    """
    try:
        return EstimateRequest.FromString(body)
    except DecodeError as error:
        raise BadInputError("bad_question", "This is no EstimateRequest.") from error


def wanted_by(request: EstimateRequest) -> Wanted:
    """What somebody asks for."""
    return (
        (Wanted.AGE_AND_GENDER if request.age_and_gender else NOTHING)
        | (Wanted.EMOTION if request.emotion else NOTHING)
        | (Wanted.LANDMARKS if request.landmarks else NOTHING)
    )


def asked_chips(request: EstimateRequest) -> NDArray[np.uint8]:
    """The aligned faces that somebody asks about.

    Returns:
        (n, 144, 144, 3) uint8 RGB.

    Raises:
        BadInputError: a chip has the wrong size, or there are too many.
    """
    if len(request.chips_rgb) > MAX_ASKED_FACES:
        raise BadInputError("bad_question", f"These are {len(request.chips_rgb)} chips, and {MAX_ASKED_FACES} at most.")
    try:
        return _stacked(request.chips_rgb)
    except ValueError as error:
        raise BadInputError("bad_question", str(error)) from error


def estimated(count: int, estimates: Estimates, version: str) -> FacesEstimated:
    """The answer: of each face what was wanted.

    Args:
        count: of the faces.
        estimates: a row of each wanted column for each of them.
        version: of the classifier.
    """
    ages = zip(*(column.tolist() for column in estimates[:3]), strict=True)
    columns = (
        [AgeEstimate(years=years, low_years=low, high_years=high) for years, low, high in ages],
        [_gender(row) for row in estimates.gender.tolist()],
        [_emotion(row) for row in estimates.emotion.tolist()],
        [[Point(x=x, y=y) for x, y in points] for points in estimates.landmarks.tolist()],
        [HeadPose(pitch_deg=pitch, yaw_deg=yaw, roll_deg=roll) for pitch, yaw, roll in estimates.pose.tolist()],
    )
    faces = [
        EstimatedFace(age=age, gender=gender, emotion=emotion, landmarks=landmarks, pose=pose)
        for age, gender, emotion, landmarks, pose in zip(*(column or [None] * count for column in columns), strict=True)
    ]
    return FacesEstimated(faces=faces, classifier_version=version)


def _stacked(chips: Sequence[bytes]) -> NDArray[np.uint8]:
    for chip in chips:
        if len(chip) != _CHIP_BYTES:
            raise ValueError(f"a chip has {len(chip)} bytes, not {_CHIP_BYTES}")
    return np.frombuffer(b"".join(chips), np.uint8).reshape(-1, CHIP_SIDE_PX, CHIP_SIDE_PX, 3)


def _gender(probabilities: Sequence[float]) -> GenderProbabilities:
    female, male = probabilities
    return GenderProbabilities(female=female, male=male)


def _emotion(probabilities: Sequence[float]) -> EmotionProbabilities:
    neutral, happiness, surprise, sadness, anger, disgust, fear = probabilities
    return EmotionProbabilities(
        neutral=neutral,
        happiness=happiness,
        surprise=surprise,
        sadness=sadness,
        anger=anger,
        disgust=disgust,
        fear=fear,
    )
