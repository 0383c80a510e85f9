"""Keep one photo: in the store first, then announced, and only then is the camera told that it is kept."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from facetally.v1.photo_pb2 import Photo, PhotoRejected, PhotoStored
from google.protobuf.message import Message

from services.common.errors import BadInputError, PermanentError, TransientError
from services.common.ids import object_key, photo_id, rejection_id, subject
from services.common.logging import get_logger
from services.ingest.domain import REPLIES, Camera, Outcome, check_photo

_log = get_logger(__name__)


class PhotoStore(Protocol):
    """Where photos are kept."""

    async def put(self, key: str, photo: bytes | bytearray | memoryview) -> None:
        """Return once the store has the photo."""
        ...


class Publisher(Protocol):
    """Where photos are announced."""

    async def publish(self, subject: str, message: Message, message_id: str) -> None:
        """Return once the message is durable."""
        ...


class KeepPhoto:
    """An upload in, an outcome out."""

    def __init__(
        self, store: PhotoStore, publisher: Publisher, clock: Callable[[], datetime], *, max_pixels: int
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._clock = clock
        self._max_pixels = max_pixels

    async def __call__(self, camera: Camera, content: bytes | bytearray, *, too_large: bool) -> Outcome:
        """Keep the photo or refuse it.

        Args:
            camera: who sent it.
            content: what was received.
            too_large: whether there was more than may be received.
        """
        received_at = self._clock()
        try:
            if too_large:
                raise BadInputError(Outcome.TOO_LARGE, REPLIES[Outcome.TOO_LARGE].text)
            check_photo(content, self._max_pixels)
        except BadInputError as error:
            outcome = Outcome(error.reason)
            await self._report_refusal(camera, content, received_at, outcome)
            return outcome
        try:
            await self._keep(camera, content, received_at)
        except (TransientError, PermanentError) as error:
            # Whatever was done is done again, under the same id, when the camera sends the photo again.
            _log.warning("photo_not_kept", camera=camera.camera_id, error=str(error))
            return Outcome.AWAY
        return Outcome.KEPT

    async def _keep(self, camera: Camera, content: bytes | bytearray, received_at: datetime) -> None:
        name = photo_id(camera.camera_id, content)
        photo = Photo(
            photo_id=name,
            region_id=camera.region_id,
            shop_id=camera.shop_id,
            camera_id=camera.camera_id,
            object_key=object_key(camera.region_id, camera.shop_id, camera.camera_id, name, received_at),
            size_bytes=len(content),
        )
        photo.captured_at.FromDatetime(received_at)
        photo.received_at.FromDatetime(received_at)
        await self._store.put(photo.object_key, content)
        target = subject("photos", camera.region_id, camera.shop_id)
        await self._publisher.publish(target, PhotoStored(photo=photo), name)

    async def _report_refusal(
        self, camera: Camera, content: bytes | bytearray, received_at: datetime, outcome: Outcome
    ) -> None:
        """Let the refusal be counted. The camera's answer does not wait on its success."""
        rejected = PhotoRejected(
            rejection_id=rejection_id(camera.camera_id, outcome, content),
            region_id=camera.region_id,
            shop_id=camera.shop_id,
            camera_id=camera.camera_id,
            reason=f"REJECTION_REASON_{outcome.upper()}",
        )
        rejected.received_at.FromDatetime(received_at)
        try:
            target = subject("rejections", camera.region_id, camera.shop_id)
            await self._publisher.publish(target, rejected, rejected.rejection_id)
        except (TransientError, PermanentError) as error:
            _log.warning("refusal_not_counted", camera=camera.camera_id, reason=outcome, error=str(error))
