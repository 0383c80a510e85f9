"""From what a release in shadow says to the rows that are kept. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from facetally.v1.face_pb2 import FaceEstimates, ShadowFaces

from services.common.errors import PermanentError
from services.common.visitors import EMOTIONS
from services.record.domain.results import time_of, uuid_of


@dataclass(frozen=True, slots=True)
class Estimate:
    """What models say of a face.

    Args:
        emotion_probabilities: in the order of EMOTIONS.
    """

    age_years: float
    female_probability: float
    emotion_probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ShadowRow:
    """A face that two releases were asked about.

    Args:
        seen_at: when the photo was taken, UTC.
        version: of the models whose estimate is recorded.
        shadow_version: of those in shadow.
    """

    photo_id: UUID
    face_index: int
    shop: str
    camera: str
    seen_at: datetime
    version: str
    shadow_version: str
    recorded: Estimate
    shadow: Estimate


def shadow_rows(message: ShadowFaces) -> list[ShadowRow]:
    """A row for each face.

    Raises:
        PermanentError: the message makes no sense.
    """
    if not message.classifier_version or not message.shadow_version:
        raise PermanentError("the message does not name both releases")
    photo = message.photo
    photo_id, seen_at = uuid_of(photo.photo_id), time_of(photo.captured_at)
    return [
        ShadowRow(
            photo_id, face.face_index, photo.shop_id, photo.camera_id, seen_at, message.classifier_version,
            message.shadow_version, _estimate(face.recorded), _estimate(face.shadow),
        )
        for face in message.faces
    ]  # fmt: skip


def _estimate(said: FaceEstimates) -> Estimate:
    emotions = tuple(getattr(said.emotion, mood.value) for mood in EMOTIONS)
    return Estimate(said.age_years, said.gender.female, emotions)
