"""Logins in a dictionary, in place of the key-value bucket."""

import hashlib
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from services.common.cameras.opening_hours import parse_opening_hours
from services.common.ids import RegionId, ShopId
from services.ingest.domain import Camera, Login, Shop, make_camera

SALT = bytes(16)


def shop(opening_hours: str = "", holidays: Iterable[date] = (), zone: str = "Europe/Berlin") -> Shop:
    """A shop in Berlin that is always open, unless told otherwise."""
    return Shop(RegionId("north"), ShopId("shop-1"), ZoneInfo(zone), parse_opening_hours(opening_hours, holidays))


def camera(
    name: str, *identifiers: str, pattern: str = "any", burst_window_s: int = 0, disabled: bool = False
) -> Camera:
    """A camera."""
    return make_camera(name, list(identifiers), pattern, burst_window_s, disabled=disabled)


def login(name: str, secret: str, own: Camera, *shared_by: Camera, where: Shop | None = None) -> Login:
    """A login; a camera's own, or one that cameras share."""
    return Login(name, where or shop(), own, shared_by, SALT, hashlib.sha256(SALT + secret.encode()).digest())


class FakeLogins:
    """Finds logins by name."""

    def __init__(self) -> None:
        self.logins: dict[str, Login] = {}

    def add(self, name: str, secret: str, *, disabled: bool = False, where: Shop | None = None) -> None:
        """A camera with a login of its own."""
        self.logins[name] = login(name, secret, camera(name, disabled=disabled), where=where)

    def share(self, name: str, secret: str, *cameras: Camera, where: Shop | None = None) -> None:
        """A login that cameras of a shop share."""
        self.logins[name] = login(name, secret, camera(name), *cameras, where=where)

    def find(self, name: str) -> Login | None:
        """The login of this name."""
        return self.logins.get(name)
