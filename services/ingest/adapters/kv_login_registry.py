"""Shops, cameras and logins, from a JetStream key-value bucket, held in memory: logins work while NATS is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import nats.errors
import nats.js.errors
from facetally.v1 import estate_pb2
from google.protobuf.message import DecodeError
from nats.js.kv import KV_DEL, KV_PURGE, KeyValue

from services.common.cameras.opening_hours import parse_opening_hours
from services.common.ids import RegionId, ShopId
from services.common.logging import get_logger
from services.common.messaging import MessageBus
from services.common.streams import SHOPS_BUCKET
from services.ingest.domain import Login, Shop, make_camera

_log = get_logger(__name__)
_LOOK_AGAIN_S = 2.0


class KvLoginRegistry:
    """Logins by name, kept up to date for as long as the service runs."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._shops: dict[str, dict[str, Login]] = {}
        self._logins: dict[str, Login] = {}
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

    def find(self, login: str) -> Login | None:
        """The login of this name."""
        return self._logins.get(login)

    def __len__(self) -> int:
        """Logins known."""
        return len(self._logins)

    async def until_read(self) -> None:
        """Wait until all shops have been read once."""
        await self._complete.wait()

    async def is_ready(self) -> bool:
        """Whether all shops have been read once."""
        return self._complete.is_set()

    async def _watch(self) -> None:
        while True:
            try:
                bucket = await self._bus.jetstream.key_value(SHOPS_BUCKET)
                await self._follow(bucket)
            except (nats.errors.Error, TimeoutError, OSError) as error:
                _log.warning("login_registry_away", error=type(error).__name__)
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _follow(self, bucket: KeyValue) -> None:
        """Read all shops, then their changes, until the connection has been a new one.

        A watch does not outlive its server, and nobody says so: after a reconnect everything is read again.
        """
        connection = self._bus.connections
        watcher = await bucket.watchall()
        shops: dict[str, dict[str, Login]] = {}
        try:
            while self._bus.connections == connection:
                try:
                    entry = await watcher.updates(timeout=_LOOK_AGAIN_S)
                except (nats.errors.TimeoutError, TimeoutError):
                    continue
                if entry is None:  # from here on these are changes
                    self._shops = shops
                    self._logins = {name: login for logins in shops.values() for name, login in logins.items()}
                    self._complete.set()
                    _log.info("logins_read", shops=len(shops), logins=len(self._logins))
                    continue
                logins = {} if entry.operation in (KV_DEL, KV_PURGE) else _logins(entry.key, entry.value or b"")
                if logins is None:  # what was known of the shop stays
                    continue
                before = shops.get(entry.key, {})
                shops[entry.key] = logins
                if self._shops is shops:
                    self._replace(before, logins)
        finally:
            await watcher.stop()

    def _replace(self, before: dict[str, Login], after: dict[str, Login]) -> None:
        """One shop has changed. A login that moved to another shop may be there already: it is not the old one's to remove."""
        for name, login in before.items():
            if self._logins.get(name) is login:
                del self._logins[name]
        self._logins.update(after)


def _logins(key: str, value: bytes) -> dict[str, Login] | None:
    """The logins of one shop; None where the entry cannot be read, which must not stop the others."""
    try:
        shop = estate_pb2.Shop.FromString(value)
        return _read(shop)
    except (DecodeError, ValueError, KeyError, ZoneInfoNotFoundError) as error:
        _log.error("shop_unreadable", shop=key, error=type(error).__name__)
        return None


def _read(message: estate_pb2.Shop) -> dict[str, Login]:
    shop = Shop(
        RegionId(message.region_id),
        ShopId(message.shop_id),
        ZoneInfo(message.time_zone),
        parse_opening_hours(message.opening_hours, map(date.fromisoformat, message.holidays)),
    )
    cameras = {
        camera.camera_id: make_camera(
            camera.camera_id, list(camera.identifiers), camera.pattern, camera.burst_window_s, disabled=camera.disabled
        )
        for camera in message.cameras
    }
    logins: dict[str, Login] = {}
    for login in message.logins:
        if not cameras.keys() >= {login.camera_id, *login.shared_by}:  # the others of the shop go on
            _log.error("login_unreadable", shop=message.shop_id, login=login.login)
            continue
        shared_by = tuple(cameras[camera_id] for camera_id in login.shared_by)
        own = cameras[login.camera_id]
        logins[login.login] = Login(login.login, shop, own, shared_by, login.salt, login.secret_sha256)
    return logins
