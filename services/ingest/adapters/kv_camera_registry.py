"""The cameras, from a JetStream key-value bucket, held in memory: logins work while NATS is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import nats.errors
import nats.js.errors
from facetally.v1.estate_pb2 import CameraLogin
from nats.js.kv import KV_DEL, KV_PURGE, KeyValue

from services.common.ids import CameraId, RegionId, ShopId
from services.common.logging import get_logger
from services.common.messaging import MessageBus
from services.common.streams import CAMERAS_BUCKET
from services.ingest.domain import Camera

_log = get_logger(__name__)
_LOOK_AGAIN_S = 2.0


class KvCameraRegistry:
    """Cameras by login, kept up to date for as long as the service runs."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._cameras: dict[str, Camera] = {}
        self._complete = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def watching(cls, bus: MessageBus) -> AsyncIterator[Self]:
        """A registry that follows the bucket while the block runs; it may be empty at first."""
        registry = cls(bus)
        watch = asyncio.create_task(registry._watch())
        try:
            yield registry
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    def find(self, login: str) -> Camera | None:
        """The camera with this login."""
        return self._cameras.get(login)

    def __len__(self) -> int:
        """Cameras known."""
        return len(self._cameras)

    async def is_ready(self) -> bool:
        """Whether all cameras have been read once."""
        return self._complete.is_set()

    async def _watch(self) -> None:
        while True:
            try:
                bucket = await self._bus.jetstream.key_value(CAMERAS_BUCKET)
                await self._follow(bucket)
            except (nats.errors.Error, TimeoutError, OSError) as error:
                _log.warning("camera_registry_away", error=type(error).__name__)
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _follow(self, bucket: KeyValue) -> None:
        """Read all cameras, then their changes, until the connection has been a new one.

        A watch does not outlive its server, and nobody says so: after a reconnect everything is read again.
        """
        connection = self._bus.connections
        watcher = await bucket.watchall()
        cameras: dict[str, Camera] = {}
        try:
            while self._bus.connections == connection:
                try:
                    entry = await watcher.updates(timeout=_LOOK_AGAIN_S)
                except (nats.errors.TimeoutError, TimeoutError):
                    continue
                if entry is None:  # from here on these are changes
                    self._cameras = cameras
                    self._complete.set()
                elif entry.operation in (KV_DEL, KV_PURGE):
                    cameras.pop(entry.key, None)
                else:
                    cameras[entry.key] = _camera(entry.value or b"")
        finally:
            await watcher.stop()


def _camera(value: bytes) -> Camera:
    login = CameraLogin.FromString(value)
    return Camera(
        camera_id=CameraId(login.camera_id),
        shop_id=ShopId(login.shop_id),
        region_id=RegionId(login.region_id),
        salt=login.salt,
        secret_sha256=login.secret_sha256,
        disabled=login.disabled,
    )
