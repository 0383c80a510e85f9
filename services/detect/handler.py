"""Look at one stored photo, and say which faces it holds; look at one that somebody tries out, and say all about it."""

from contextlib import suppress
from typing import Protocol

from facetally.v1.face_pb2 import FacesDetected, PhotoExamined
from facetally.v1.photo_pb2 import PhotoStored
from google.protobuf.message import Message

from services.common.errors import BadInputError
from services.common.ids import subject
from services.detect.domain import Sighting, examined, is_large_enough, judge, unreadable


class PhotoSource(Protocol):
    """Where photos are kept."""

    async def get(self, key: str) -> bytes:
        """The photo's bytes."""
        ...


class FaceDetector(Protocol):
    """What sees faces."""

    @property
    def version(self) -> str:
        """Names the detector and the scale at which it looks."""
        ...

    async def detect(self, photo: bytes, *, urgent: bool = False) -> Sighting:
        """Faces in a JPEG, before others where it is urgent; BadInputError when it cannot be decoded."""
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
        self, source: PhotoSource, detector: FaceDetector, publisher: Publisher, *, min_face_px: int, max_faces: int
    ) -> None:
        self._source = source
        self._detector = detector
        self._publisher = publisher
        self._min_face_px = min_face_px
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
        version = self._detector.version
        try:
            sighting = await self._detector.detect(jpeg)
        except BadInputError:
            result = unreadable(photo, version)
        else:
            result = judge(photo, sighting, self._min_face_px, self._max_faces, version)
        await self._publisher.publish(target, result, photo.photo_id)
        return result


class ExaminePhoto:
    """A photo that somebody tries out in, all that can be seen in it out. Nothing is kept.

    Args:
        detector: the one that all photos are looked at with: what it finds is what will count.
        close_up: finds smaller faces, at a higher cost; asked only where the other found none that counts.
    """

    def __init__(self, detector: FaceDetector, close_up: FaceDetector, shrink: Shrink, *, min_face_px: int) -> None:
        self._detector = detector
        self._close_up = close_up
        self._shrink = shrink
        self._min_face_px = min_face_px

    async def __call__(self, photo: bytes) -> PhotoExamined:
        """Return what is to be seen.

        Raises:
            BadInputError: it cannot be decoded.
        """
        sighting = await self._detector.detect(photo, urgent=True)
        if not any(is_large_enough(face, self._min_face_px) for face in sighting.faces):
            with suppress(BadInputError):  # too many pixels to look so closely: what the first look found stays
                sighting = await self._close_up.detect(photo, urgent=True)
        return examined(sighting, self._min_face_px, self._detector.version, await self._shrink(photo))
