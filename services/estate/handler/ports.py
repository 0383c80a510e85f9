"""What the use cases need of the world."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from facetally.v1.estate_pb2 import Shop

from services.estate.domain import CameraLine, City, Found, Login, Query, RegisteredCamera, ShopLine


class Registry(Protocol):
    """Where regions, cities, shops, cameras and logins are kept."""

    def changing(self) -> AbstractAsyncContextManager[None]:
        """One change at a time: what the block reads stays so until it has changed it, wholly or not at all."""
        ...

    async def known_logins(self) -> set[str]:
        """Names of all logins."""
        ...

    async def save(self, lines: Sequence[CameraLine], logins: Sequence[Login]) -> bool:
        """Keep all lines, and the new logins, in one step; whether anything changed."""
        ...

    async def lines(self) -> list[CameraLine]:
        """All cameras."""
        ...

    async def replace(self, login: Login) -> list[str]:
        """Give a login another secret; the cameras that use it. None where there is no such login."""
        ...

    async def disable(self, camera: str, *, disabled: bool) -> bool:
        """Disable a camera, or enable it again; whether there is one."""
        ...

    async def shops(self) -> list[Shop]:
        """What cells need to know, of all shops."""
        ...


class Board(Protocol):
    """Where cells read of the shops."""

    async def post(self, shops: Sequence[Shop]) -> None:
        """Make the board say exactly this."""
        ...


class Chance(Protocol):
    """Where random things come from."""

    def salt(self) -> bytes:
        """16 random bytes."""
        ...

    def secret(self) -> str:
        """128 random bits as text that a person can type."""
        ...


class Editor(Registry, Protocol):
    """A registry that can be looked at page by page, and changed thing by thing."""

    async def shop(self, slug: str) -> ShopLine | None:
        """One shop; None where there is none."""
        ...

    async def cameras_of(self, shop: str) -> list[RegisteredCamera]:
        """A shop's cameras, by name."""
        ...

    async def camera(self, slug: str) -> RegisteredCamera | None:
        """One camera; None where there is none."""
        ...

    async def cities(self) -> list[City]:
        """All cities, by the names of regions and cities."""
        ...

    async def regions(self) -> dict[str, str]:
        """Names of all regions, in order of their names."""
        ...

    async def search(self, query: Query) -> Found:
        """The shops that somebody looks for, a page of them."""
        ...

    async def save_shop(self, shop: ShopLine) -> bool:
        """Keep a shop and the places that it is in; whether anything changed."""
        ...

    async def rename(self, kind: str, slug: str, name: str) -> bool:
        """Call a region or a city something else; whether there is one."""
        ...
