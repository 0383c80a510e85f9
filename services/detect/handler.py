"""Look at one stored photo, and say which faces it holds; look at one that somebody tries out or asks about, and tell."""

from contextlib import suppress
from typing import Protocol

from facetally.v1.face_pb2 import FacesDetected, PhotoExamined
from facetally.v1.photo_pb2 import PhotoStored
from facetally.v1.question_pb2 import LookRequest, PhotoLooked
from google.protobuf.message import Message

from services.common.errors import BadInputError
from services.common.ids import subject
from services.detect.domain import (
    Look,
    Sighting,
    asked_look,
    examined,
    is_large_enough,
    judge,
    looked,
    unreadable,
)


class PhotoSource(Protocol):
    """Where photos are kept."""

    async def get(self, key: str) -> bytes:
        """The photo's bytes."""
        ...


class FaceDetector(Protocol):
    """What sees faces."""

    def version(self, look: Look) -> str:
        """Names the detector and the scale at which it looks."""
        ...

    async def detect(self, photo: bytes, look: Look, *, urgent: bool = False) -> Sighting:
        """Faces in a photo, before others where it is urgent; BadInputError when it cannot be decoded."""
        ...


class Shrink(Protocol):
    """What makes a photo fit on a page."""

    async def __call__(self, photo: bytes) -> bytes:
        """The upright photo as a small JPEG; BadInputError when it cannot be decoded."""
        ...


class Publisher(Protocol):
    """Where results go."""

    async def publish(self, subject: str, message: Message, message_id: str) -> None:
        """Return once the message is durable."""
        ...


class DetectFaces:
    """PhotoStored in, FacesDetected out: one for each, also when there is no face or no picture."""

    def __init__(
        self, source: PhotoSource, detector: FaceDetector, publisher: Publisher, look: Look, *, max_faces: int
    ) -> None:
        self._source = source
        self._detector = detector
        self._publisher = publisher
        self._look = look
        self._max_faces = max_faces

    async def __call__(self, stored: PhotoStored) -> FacesDetected:
        """Return once the result is durable.

        Raises:
            PermanentError: the photo is not in the store, or the message makes no sense.
            TransientError: the store or NATS is away.
        """
        photo = stored.photo
        target = subject("faces", photo.region_id, photo.shop_id)
        jpeg = await self._source.get(photo.object_key)
        version = self._detector.version(self._look)
        try:
            sighting = await self._detector.detect(jpeg, self._look)
        except BadInputError:
            result = unreadable(photo, version)
        else:
            result = judge(photo, sighting, self._look.min_face_px, self._max_faces, version)
        await self._publisher.publish(target, result, photo.photo_id)
        return result


class ExaminePhoto:
    """A photo that somebody tries out in, all that can be seen in it out. Nothing is kept.

    Args:
        detector: sees faces.
        look: the one that all photos get: what it finds is what will count.
        close_up: finds smaller faces, at a higher cost; only where the other found none that counts.
        shrink: makes the photo fit on a page.
    """

    def __init__(self, detector: FaceDetector, look: Look, close_up: Look, shrink: Shrink) -> None:
        self._detector = detector
        self._look = look
        self._close_up = close_up
        self._shrink = shrink

    async def __call__(self, photo: bytes) -> PhotoExamined:
        """Return what is to be seen.

        Raises:
            BadInputError: it cannot be decoded.
        """
        min_face_px = self._look.min_face_px
        sighting = await self._detector.detect(photo, self._look, urgent=True)
        if not any(is_large_enough(face, min_face_px) for face in sighting.faces):
            with suppress(BadInputError):  # too many pixels to look so closely: what the first look found stays
                sighting = await self._detector.detect(photo, self._close_up, urgent=True)
        return examined(sighting, min_face_px, self._detector.version(self._look), await self._shrink(photo))


class LookAtPhoto:
    """A question in, all faces of its photo out, however small they are asked for. Nothing is kept."""

    def __init__(self, detector: FaceDetector, *, max_pixels: int) -> None:
        self._detector = detector
        self._max_pixels = max_pixels

    async def __call__(self, question: LookRequest) -> PhotoLooked:
        """Return what is to be seen.

        Raises:
            BadInputError: the photo cannot be decoded, or the question makes no sense.
        """
        look = asked_look(question, self._max_pixels)
        sighting = await self._detector.detect(question.photo, look, urgent=True)
        return looked(sighting, self._detector.version(look), with_chips=question.with_chips)
