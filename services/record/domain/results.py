"""From messages to the rows that are kept. Pure."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from facetally.v1 import face_pb2
from facetally.v1.face_pb2 import ClassifiedFace, FaceQuality, FacesClassified, PhotoOutcome
from facetally.v1.photo_pb2 import PhotoRejected, RejectionReason, TimeSource
from google.protobuf.timestamp_pb2 import Timestamp

from services.common.errors import PermanentError
from services.common.visitors import EMOTIONS, Group, Thresholds, group
from services.common.vocabulary import AgeBand, Gender, Mood, Quality, QualityReason


@dataclass(frozen=True, slots=True)
class Rules(Thresholds):
    """Which faces count as visitors, and what an estimate must reach to count as known.

    Args:
        counted_quality: the least of a visitor.
    """

    counted_quality: Quality


@dataclass(frozen=True, slots=True)
class FaceRow:
    """One face.

    Args:
        age_low_years: younger end of an interval that holds the true age in nine of ten faces; None where nobody said.
        age_high_years: its older end.
        counted: it is a visitor, and in the tallies.
    """

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    score: float
    eye_distance_px: float
    age_years: float
    age_low_years: float | None
    age_high_years: float | None
    female_probability: float
    emotion_probabilities: tuple[float, ...]
    gender: Gender
    age_band: AgeBand
    mood: Mood
    quality: Quality
    quality_reason: QualityReason
    counted: bool

    @property
    def group(self) -> Group:
        """What tallies know of it."""
        return Group(self.gender, self.age_band, self.mood)


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """One photo that was looked at."""

    id: UUID
    shop: str
    camera: str
    happened_at: datetime
    received_at: datetime
    time_source: str
    stamped_at: datetime | None
    outcome: str
    width_px: int
    height_px: int
    size_bytes: int
    too_small_count: int
    object_key: str
    detector_version: str
    classifier_version: str
    faces: tuple[FaceRow, ...]

    @property
    def visitors(self) -> list[FaceRow]:
        """The faces that count."""
        return [face for face in self.faces if face.counted]


@dataclass(frozen=True, slots=True)
class RejectionRow:
    """One upload that was refused at the door."""

    id: UUID
    shop: str
    camera: str
    happened_at: datetime
    outcome: str


Row = PhotoRow | RejectionRow


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a batch came to.

    Args:
        too_old: results from before the time that is kept; recorded nowhere.
        received_at: when each of the photos had arrived, UTC.
    """

    photos: int
    rejections: int
    faces: int
    duplicates: int
    too_old: int = 0
    received_at: tuple[datetime, ...] = ()


def photo_row(message: FacesClassified, rules: Rules) -> PhotoRow:
    """What is kept of a photo.

    Raises:
        PermanentError: the message makes no sense.
    """
    photo = message.photo
    if message.outcome == PhotoOutcome.PHOTO_OUTCOME_UNSPECIFIED:
        raise PermanentError("the photo's outcome is missing")
    return PhotoRow(
        id=uuid_of(photo.photo_id),
        shop=photo.shop_id,
        camera=photo.camera_id,
        happened_at=time_of(photo.captured_at),
        received_at=time_of(photo.received_at),
        time_source=_time_source(photo.time_source),
        stamped_at=time_of(photo.stamped_at) if photo.HasField("stamped_at") else None,
        outcome=_name(PhotoOutcome.Name, message.outcome, "PHOTO_OUTCOME_"),
        width_px=message.width_px,
        height_px=message.height_px,
        size_bytes=photo.size_bytes,
        too_small_count=message.too_small_count,
        object_key=photo.object_key,
        detector_version=message.detector_version,
        classifier_version=message.classifier_version,
        faces=tuple(_face_row(face, rules) for face in message.faces),
    )


def rejection_row(message: PhotoRejected) -> RejectionRow:
    """What is kept of a refused upload.

    Raises:
        PermanentError: the message makes no sense.
    """
    if message.reason == RejectionReason.REJECTION_REASON_UNSPECIFIED:
        raise PermanentError("the reason for the rejection is missing")
    return RejectionRow(
        id=uuid_of(message.rejection_id),
        shop=message.shop_id,
        camera=message.camera_id,
        happened_at=time_of(message.received_at),
        outcome=_name(RejectionReason.Name, message.reason, "REJECTION_REASON_"),
    )


def _face_row(face: ClassifiedFace, rules: Rules) -> FaceRow:
    emotions = tuple(getattr(face.emotion, emotion) for emotion in EMOTIONS)
    ages = (face.age_years, face.age_low_years, face.age_high_years)
    if not all(
        math.isfinite(number) for number in (*ages, face.gender.female, face.score, face.eye_distance_px, *emotions)
    ):
        raise PermanentError("an estimate is not a number")
    quality, reason = _quality(face)
    known = group(face.age_years, face.gender.female, emotions, quality, rules)
    return FaceRow(
        left_px=face.box.left,
        top_px=face.box.top,
        width_px=face.box.width,
        height_px=face.box.height,
        score=face.score,
        eye_distance_px=face.eye_distance_px,
        age_years=face.age_years,
        age_low_years=face.age_low_years if face.HasField("age_low_years") else None,
        age_high_years=face.age_high_years if face.HasField("age_high_years") else None,
        female_probability=face.gender.female,
        emotion_probabilities=emotions,
        gender=known.gender,
        age_band=known.age_band,
        mood=known.mood,
        quality=quality,
        quality_reason=reason,
        counted=quality.reaches(rules.counted_quality),
    )


def _quality(face: ClassifiedFace) -> tuple[Quality, QualityReason]:
    """Faces from before there was a judgement were all counted, with their mood."""
    if face.quality == FaceQuality.FACE_QUALITY_UNSPECIFIED:
        return Quality.GOOD, QualityReason.NONE
    if face.quality_reason == face_pb2.QualityReason.QUALITY_REASON_UNSPECIFIED:
        raise PermanentError("the reason for a face's quality is missing")
    return (
        Quality(_name(FaceQuality.Name, face.quality, "FACE_QUALITY_")),
        QualityReason(_name(face_pb2.QualityReason.Name, face.quality_reason, "QUALITY_REASON_")),
    )


def uuid_of(text: str) -> UUID:
    """An id of 32 hex digits.

    Raises:
        PermanentError: it is none.
    """
    try:
        return UUID(hex=text)
    except ValueError as error:
        raise PermanentError("the id is not 32 hex digits") from error


def time_of(stamp: Timestamp) -> datetime:
    """A time, UTC.

    Raises:
        PermanentError: it is missing, or out of range.
    """
    if not stamp.seconds:
        raise PermanentError("a time is missing")
    try:
        return stamp.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise PermanentError("a time is out of range") from error


def _time_source(value: int) -> str:
    """Photos that were announced before this was known were dated by their arrival."""
    if value == TimeSource.TIME_SOURCE_UNSPECIFIED:
        return "arrival"
    return _name(TimeSource.Name, value, "TIME_SOURCE_")


def _name(name_of: object, value: int, prefix: str) -> str:
    try:
        name: str = name_of(value)  # type: ignore[operator]
    except ValueError as error:
        raise PermanentError(f"{value} is no {prefix.lower()}") from error
    return name.removeprefix(prefix).lower()
