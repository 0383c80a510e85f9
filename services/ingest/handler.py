"""Keep one photo: in the store first, then announced, and only then is the camera told that it is kept."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from facetally.v1.photo_pb2 import Photo, PhotoHeld, PhotoRejected, PhotoStored, TimeSource
from google.protobuf.message import Message

from services.common.cameras.exif import ExifFacts, read_exif
from services.common.cameras.path_patterns import PathFacts, read_path
from services.common.errors import BadInputError, PermanentError, TransientError
from services.common.ids import CameraId, PhotoId, RegionId, ShopId, object_key, photo_id, rejection_id, subject
from services.common.logging import get_logger
from services.ingest.domain import (
    NAMELESS,
    Camera,
    Held,
    Login,
    Outcome,
    Result,
    Upload,
    check_photo,
    date_photo,
    is_no_photo,
    is_same_moment,
    is_temporary,
    needs_exif,
    recognise,
    refusal,
)

_log = get_logger(__name__)
# How long a camera may take to rename a photo.
RENAME_WITHIN = timedelta(minutes=1)
# From here on a camera's clock is reported as wrong.
_DRIFT_S = 120.0
# Photos of a camera with which the next is compared.
_MAX_KEPT = 8


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


class HeldPhotos(Protocol):
    """Photos in the store whose final names are still to come."""

    async def hold(self, held: PhotoHeld) -> int:
        """Return once that is durable; a number to release it by."""
        ...

    async def release(self, number: int) -> None:
        """The photo has been announced, or refused."""
        ...

    async def overdue(self, before: datetime) -> list[tuple[int, PhotoHeld]]:
        """The photos that have been held since then or longer."""
        ...


@dataclass(slots=True)
class _Burst:
    """When the photos of a camera that were kept last were taken; one photo at a time is compared with them."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    kept: dict[PhotoId, datetime] = field(default_factory=dict)


class KeepPhoto:
    """Uploads in, outcomes out."""

    def __init__(
        self,
        store: PhotoStore,
        publisher: Publisher,
        held: HeldPhotos,
        clock: Callable[[], datetime],
        *,
        max_pixels: int,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._held = held
        self._clock = clock
        self._max_pixels = max_pixels
        self._bursts: dict[CameraId, _Burst] = {}
        self._wrong_clocks: set[CameraId] = set()

    async def __call__(self, login: Login, upload: Upload) -> Result:
        """Keep an upload, or say why not."""
        received_at = self._clock()
        camera = login.camera
        try:
            path = read_path(upload.path, login.patterns)
            camera = recognise(login, path, ExifFacts())
            if is_no_photo(upload.path):
                raise refusal(Outcome.NOT_PHOTO)
            if upload.refused:
                raise refusal(upload.refused)
            block = check_photo(upload.path, upload.content, self._max_pixels).exif
            is_held = is_temporary(upload.path)  # its final name may leave everything open
            exif = read_exif(block) if is_held or needs_exif(login, path) else ExifFacts()
            if is_held:
                return Result(Outcome.HELD, await self._hold(login, upload, exif, received_at))
            camera = recognise(login, path, exif)
            photo = self._describe(login, camera, path, exif, received_at)
            photo.photo_id = photo_id(camera.camera_id, upload.content)
            photo.size_bytes = len(upload.content)
            async with self._turn_of(camera.camera_id, camera.burst_window_s):
                self._judge(login, camera, photo, path)
                photo.object_key = _key(photo)
                await self._store.put(photo.object_key, upload.content)
                await self._announce(photo)
                self._remember(photo)
        except BadInputError as error:
            outcome = Outcome(error.reason)
            await self._report(_origin(login, camera, received_at), upload.content, outcome)
            return Result(outcome)
        except (TransientError, PermanentError) as error:
            # Whatever was done is done again, under the same id, when the camera sends the photo again.
            _log.warning("photo_not_kept", camera=camera.camera_id, error=str(error))
            return Result(Outcome.AWAY)
        return Result(Outcome.KEPT)

    async def rename(self, login: Login, held: Held, path: str) -> Outcome:
        """Announce a photo that was held, under the name that the camera has given it now."""
        received_at = held.photo.received_at.ToDatetime(UTC)
        facts = read_path(path, login.patterns)
        camera = recognise(login, facts, held.exif)
        photo = self._describe(login, camera, facts, held.exif, received_at)
        photo.photo_id, photo.object_key = held.photo.photo_id, held.photo.object_key
        photo.size_bytes = held.photo.size_bytes
        outcome = Outcome.KEPT
        try:
            async with self._turn_of(camera.camera_id, camera.burst_window_s):
                try:
                    self._judge(login, camera, photo, facts)
                except BadInputError as error:
                    outcome = Outcome(error.reason)
                    await self._report(photo, photo.photo_id.encode(), outcome)
                else:
                    await self._announce(photo)
                    self._remember(photo)
            await self._held.release(held.number)
        except (TransientError, PermanentError) as error:
            # It is held on, and announced when its time is over.
            _log.warning("photo_not_renamed", camera=camera.camera_id, error=str(error))
            return Outcome.AWAY
        return outcome

    async def announce_overdue(self) -> int:
        """Announce the photos that were never renamed, by what is known of them; how many.

        Raises:
            TransientError: NATS is away. Doing it again announces none twice.
        """
        overdue = await self._held.overdue(self._clock() - RENAME_WITHIN)
        for number, held in overdue:
            await self._announce_unnamed(held)
            await self._held.release(number)
        return len(overdue)

    async def _announce_unnamed(self, held: PhotoHeld) -> None:
        photo = held.photo
        camera_id = CameraId(photo.camera_id)
        async with self._turn_of(camera_id, held.burst_window_s):
            if held.outside_hours:
                await self._report(photo, photo.photo_id.encode(), Outcome.OUTSIDE_HOURS)
            elif self._is_repetition(camera_id, held.burst_window_s, photo):
                await self._report(photo, photo.photo_id.encode(), Outcome.BURST)
            else:
                await self._announce(photo)
                self._remember(photo)

    async def _hold(self, login: Login, upload: Upload, exif: ExifFacts, received_at: datetime) -> Held:
        photo = self._describe(login, login.camera, PathFacts(()), exif, received_at)
        if login.camera.disabled:
            raise refusal(Outcome.DISABLED)
        photo.photo_id = photo_id(login.camera.camera_id, upload.content)
        photo.size_bytes = len(upload.content)
        photo.object_key = _key(photo)
        is_closed = not login.shop.hours.is_open(photo.captured_at.ToDatetime(login.shop.time_zone))
        if is_closed and photo.time_source == TimeSource.TIME_SOURCE_EXIF:  # a name could say nothing else
            raise refusal(Outcome.OUTSIDE_HOURS)
        await self._store.put(photo.object_key, upload.content)
        held = PhotoHeld(photo=photo, outside_hours=is_closed, burst_window_s=login.camera.burst_window_s)
        return Held(await self._held.hold(held), photo, exif)

    def _describe(self, login: Login, camera: Camera, path: PathFacts, exif: ExifFacts, received_at: datetime) -> Photo:
        """What is known of a photo, apart from its bytes."""
        dating = date_photo(path, exif, login.shop.time_zone, received_at)
        photo = _origin(login, camera, received_at)
        photo.time_source = getattr(TimeSource, f"TIME_SOURCE_{dating.source.upper()}")
        photo.captured_at.FromDatetime(dating.captured_at)
        if dating.stamped_at:
            photo.stamped_at.FromDatetime(dating.stamped_at)
            self._watch_clock(camera, (dating.stamped_at - received_at).total_seconds())
        return photo

    def _judge(self, login: Login, camera: Camera, photo: Photo, path: PathFacts) -> None:
        """See that a photo is wanted.

        Raises:
            BadInputError: with the outcome as its reason.
        """
        if camera.disabled:
            raise refusal(Outcome.DISABLED)
        if not login.shop.hours.is_open(photo.captured_at.ToDatetime(login.shop.time_zone)):
            raise refusal(Outcome.OUTSIDE_HOURS)
        if path.is_cut_out:
            raise refusal(Outcome.BURST)
        if camera.burst_window_s and path.is_off_trigger:
            raise refusal(Outcome.BURST)
        if self._is_repetition(camera.camera_id, camera.burst_window_s, photo):
            raise refusal(Outcome.BURST)

    def _is_repetition(self, camera_id: CameraId, window_s: int, photo: Photo) -> bool:
        """Whether another photo of this moment is kept. One that is sent again is the same, and no other."""
        if not window_s:
            return False
        kept = self._bursts[camera_id].kept
        at = photo.captured_at.ToDatetime(UTC)
        return photo.photo_id not in kept and any(is_same_moment(at, other, window_s) for other in kept.values())

    def _turn_of(self, camera_id: CameraId, window_s: int) -> AbstractAsyncContextManager[object]:
        """Photos of a burst may come at once, and are looked at one after the other."""
        if not window_s:
            return nullcontext()
        return self._bursts.setdefault(camera_id, _Burst()).turn

    def _remember(self, photo: Photo) -> None:
        if burst := self._bursts.get(CameraId(photo.camera_id)):
            burst.kept[PhotoId(photo.photo_id)] = photo.captured_at.ToDatetime(UTC)
            if len(burst.kept) > _MAX_KEPT:
                burst.kept.pop(next(iter(burst.kept)))

    def _watch_clock(self, camera: Camera, drift_s: float) -> None:
        """Say once when a camera's clock goes wrong, and once when it is right again."""
        is_wrong = abs(drift_s) > _DRIFT_S
        if is_wrong and camera.camera_id not in self._wrong_clocks:
            self._wrong_clocks.add(camera.camera_id)
            _log.warning("camera_clock_wrong", camera=camera.camera_id, drift_s=round(drift_s))
        elif not is_wrong and camera.camera_id in self._wrong_clocks:
            self._wrong_clocks.remove(camera.camera_id)
            _log.info("camera_clock_right", camera=camera.camera_id)

    async def _announce(self, photo: Photo) -> None:
        target = subject("photos", photo.region_id, photo.shop_id)
        await self._publisher.publish(target, PhotoStored(photo=photo), photo.photo_id)

    async def _report(self, photo: Photo, content: bytes | bytearray, outcome: Outcome) -> None:
        """Let it be counted that nothing was kept. The camera's answer does not wait on its success.

        Args:
            photo: where it comes from, and when it came.
            content: what makes it this upload and no other.
            outcome: why nothing was kept.
        """
        if outcome is Outcome.NO_ROOM:  # it comes again
            return
        received_at = photo.received_at.ToDatetime(UTC)
        known_by = received_at.isoformat().encode() if outcome in NAMELESS else content
        rejected = PhotoRejected(
            rejection_id=rejection_id(CameraId(photo.camera_id), outcome, known_by),
            region_id=photo.region_id,
            shop_id=photo.shop_id,
            camera_id=photo.camera_id,
            received_at=photo.received_at,
            reason=f"REJECTION_REASON_{outcome.upper()}",
        )
        try:
            target = subject("rejections", photo.region_id, photo.shop_id)
            await self._publisher.publish(target, rejected, rejected.rejection_id)
        except (TransientError, PermanentError) as error:
            _log.warning("refusal_not_counted", camera=photo.camera_id, reason=outcome, error=str(error))


def _origin(login: Login, camera: Camera, received_at: datetime) -> Photo:
    """A photo of which no more is known than where it comes from, and when it came."""
    photo = Photo(region_id=login.shop.region_id, shop_id=login.shop.shop_id, camera_id=camera.camera_id)
    photo.received_at.FromDatetime(received_at)
    return photo


def _key(photo: Photo) -> str:
    return object_key(
        RegionId(photo.region_id),
        ShopId(photo.shop_id),
        CameraId(photo.camera_id),
        PhotoId(photo.photo_id),
        photo.captured_at.ToDatetime(UTC),
    )
