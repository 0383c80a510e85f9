"""What a dead letter says, without pixels and without estimates about people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from facetally.v1.face_pb2 import FacesClassified, FacesDetected, ShadowFaces
from facetally.v1.photo_pb2 import PhotoRejected, PhotoStored
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message

_KINDS: Final[dict[str, type[Message]]] = {
    "photos": PhotoStored,
    "faces": FacesDetected,
    "results": FacesClassified,
    "rejections": PhotoRejected,
    "shadow": ShadowFaces,
}
# What may be shown. A field that somebody adds to a message is left out until it stands here.
_SHOWN: Final = {
    "photo",
    "outcome",
    "width_px",
    "height_px",
    "too_small_count",
    "detector_version",
    "classifier_version",
    "shadow_version",
    "rejection_id",
    "region_id",
    "shop_id",
    "camera_id",
    "received_at",
    "reason",
}
_LEFT_OUT: Final = "left out: faces hold pixels and estimates about people"
DROP_WARNING: Final = (
    "What they say is lost for good: these photos are not counted. The photos themselves stay in the photo store, for "
    "as long as photos are kept."
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that could not succeed, as services.common.inbox buried it.

    Args:
        number: in the stream DEAD.
        died_at: when it was buried, UTC.
        stage: the consumer that gave up.
        headers: as they are.
        body: the message as it was.
    """

    number: int
    died_at: datetime
    stage: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def reason(self) -> str:
        """Why it died, as its consumer said it."""
        return self.headers.get("Facetally-Reason", "")

    @property
    def subject(self) -> str:
        """What it died on."""
        return self.headers.get("Facetally-Subject", "")


@dataclass(frozen=True, slots=True)
class Summary:
    """A letter in a list; photo and camera are empty where the message cannot be read."""

    number: int
    died_at: datetime
    stage: str
    reason: str
    photo: str
    camera: str


def summary_of(letter: Letter) -> Summary:
    """A letter in a list."""
    message = _message(letter)
    photo = camera = ""
    if isinstance(message, PhotoRejected):
        photo, camera = message.rejection_id, message.camera_id
    elif isinstance(message, PhotoStored | FacesDetected | FacesClassified | ShadowFaces):
        photo, camera = message.photo.photo_id, message.photo.camera_id
    return Summary(letter.number, letter.died_at, letter.stage, letter.reason, photo, camera)


def shown(letter: Letter) -> dict[str, object]:
    """All of a letter that may be shown, ready for JSON."""
    said: dict[str, object] = {
        "number": letter.number,
        "died_at": letter.died_at.astimezone(UTC).isoformat(),
        "stage": letter.stage,
        "headers": dict(letter.headers),
        "bytes": len(letter.body),
    }
    message = _message(letter)
    if message is None:
        return said | {"message": None, "left_out": "the message cannot be read as what its subject says"}
    faces = len(message.faces) if isinstance(message, FacesDetected | FacesClassified | ShadowFaces) else 0
    for field in message.DESCRIPTOR.fields:
        if field.name not in _SHOWN:
            message.ClearField(field.name)
    said |= {
        "kind": message.DESCRIPTOR.name,
        "message": MessageToDict(message, preserving_proto_field_name=True),
    }
    return said | {"faces": faces, "left_out": _LEFT_OUT} if faces else said


def replayable(letter: Letter) -> bool:
    """Whether it says what it died on, and that is a stream of ours."""
    first, _, rest = letter.subject.partition(".")
    return first in _KINDS and bool(rest)


def replay_id(letter: Letter) -> str:
    """The message id of a replay.

    It is not the photo's, which the stream may still remember. It is the same when the replay is repeated, so that one
    that was broken off is stored once.
    """
    return f"replay-{letter.number}-{letter.died_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"


def _message(letter: Letter) -> Message | None:
    kind = _KINDS.get(letter.subject.partition(".")[0])
    if kind is None:
        return None
    message = kind()
    try:
        message.ParseFromString(letter.body)
    except DecodeError:
        return None
    return message
