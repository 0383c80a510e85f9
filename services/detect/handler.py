"""Look at one stored photo, and say which faces it holds."""

from typing import Protocol

from facetally.v1.face_pb2 import FacesDetected
from facetally.v1.photo_pb2 import PhotoStored
from google.protobuf.message import Message

from services.common.errors import BadInputError
from services.common.ids import subject
from services.detect.domain import Sighting, judge, unreadable


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

    async def detect(self, photo: bytes) -> Sighting:
        """Faces in a JPEG; BadInputError when it cannot be decoded."""
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
