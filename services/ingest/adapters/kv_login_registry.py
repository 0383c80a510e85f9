"""Shops, cameras and logins, from a JetStream key-value bucket, held in memory: logins work while NATS is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from facetally.v1 import estate_pb2
from google.protobuf.message import DecodeError

from services.common.cameras.opening_hours import parse_opening_hours
from services.common.ids import RegionId, ShopId
from services.common.kv_watch import KvWatch
from services.common.logging import get_logger
from services.common.messaging import MessageBus
from services.common.streams import SHOPS_BUCKET
from services.ingest.domain import Login, Shop, make_camera

_log = get_logger(__name__)


class KvLoginRegistry:
    """Logins by name, kept up to date for as long as the service runs."""

    def __init__(self, bus: MessageBus) -> None:
        self._watch = KvWatch(bus, SHOPS_BUCKET, _logins, self._read_all, self._replace)
        self._logins: dict[str, Login] = {}

    @classmethod
    @asynccontextmanager
    async def watching(cls, bus: MessageBus) -> AsyncIterator[Self]:
        """A registry that follows the bucket while the block runs; it may be empty at first."""
        registry = cls(bus)
        async with registry._watch.following():
            yield registry

    def find(self, login: str) -> Login | None:
        """The login of this name."""
        return self._logins.get(login)

    def __len__(self) -> int:
        """Logins known."""
        return len(self._logins)

    async def until_read(self) -> None:
        """Wait until all shops have been read once."""
        await self._watch.until_read()

    async def is_ready(self) -> bool:
        """Whether all shops have been read once, and are followed."""
        return await self._watch.is_ready()

    def _read_all(self, shops: dict[str, dict[str, Login]]) -> None:
        self._logins = {name: login for logins in shops.values() for name, login in logins.items()}
        _log.info("logins_read", shops=len(shops), logins=len(self._logins))

    def _replace(self, before: dict[str, Login] | None, after: dict[str, Login] | None) -> None:
        """One shop has changed. A login that moved to another shop may be there already: it is not the old one's to remove."""
        for name, login in (before or {}).items():
            if self._logins.get(name) is login:
                del self._logins[name]
        self._logins.update(after or {})


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
