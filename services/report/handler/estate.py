"""The registry of shops and cameras, as admins look at it and change it. Its rules are estate's own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from services.common.errors import TransientError
from services.common.logging import get_logger
from services.estate import handler as registry
from services.estate.domain import (
    CameraLine,
    Change,
    City,
    EstateError,
    Found,
    Imported,
    NewSecret,
    Preview,
    Query,
    RegisteredCamera,
    ShopLine,
)

_log = get_logger(__name__)
T = TypeVar("T")
S = TypeVar("S")
# Writes down what came of a change, before it holds.
Noted = Callable[[S], Awaitable[None]]


class Registries(Protocol):
    """Connects to the registry, and to where cells read of it."""

    def opened(self) -> AbstractAsyncContextManager[registry.Editor]:
        """The registry; TransientError when it is away, now or while it is used."""
        ...

    def board(self) -> AbstractAsyncContextManager[registry.Board]:
        """Where cells read of the shops; TransientError when it is away, soon."""
        ...


@dataclass(frozen=True, slots=True)
class Changed(Generic[T]):
    """What came of a change.

    Args:
        result: of the change itself.
        cells_know: whether the cells have been told. If not, they go on as before, until they are told.
    """

    result: T
    cells_know: bool


@dataclass(frozen=True, slots=True)
class ShopView:
    """A shop, its cameras, and what can be chosen for it.

    Args:
        cities: all that are registered.
        regions: names by slug.
    """

    shop: ShopLine
    cameras: tuple[RegisteredCamera, ...]
    cities: tuple[City, ...]
    regions: Mapping[str, str]


class EditEstate:
    """What admins do with the registry. Everything raises TransientError when the registry is away.

    Args:
        registries: where it is.
        chance: makes secrets.
    """

    def __init__(self, registries: Registries, chance: registry.Chance) -> None:
        self._registries = registries
        self._chance = chance
        # None: nothing is known to be missing.
        self.unpublished_since: datetime | None = None

    async def search(self, query: Query) -> tuple[Found, tuple[City, ...], Mapping[str, str]]:
        """A page of shops; and all cities and regions, by slug."""
        async with self._registries.opened() as editor:
            return await editor.search(query), tuple(await editor.cities()), await editor.regions()

    async def places(self) -> tuple[tuple[City, ...], Mapping[str, str]]:
        """All cities and regions, by slug."""
        async with self._registries.opened() as editor:
            return tuple(await editor.cities()), await editor.regions()

    async def shop(self, slug: str) -> ShopView | None:
        """One shop; None where there is none."""
        async with self._registries.opened() as editor:
            shop = await editor.shop(slug)
            if shop is None:
                return None
            cameras = await editor.cameras_of(slug)
            return ShopView(shop, tuple(cameras), tuple(await editor.cities()), await editor.regions())

    async def camera(self, slug: str) -> RegisteredCamera | None:
        """One camera; None where there is none."""
        async with self._registries.opened() as editor:
            return await editor.camera(slug)

    async def lines(self) -> Sequence[CameraLine]:
        """All cameras, as they are imported."""
        async with self._registries.opened() as editor:
            return await editor.lines()

    async def edit_shop(
        self, slug: str, values: Mapping[str, str], seen: str, noted: Noted[tuple[Change, ...]]
    ) -> Changed[tuple[Change, ...]]:
        """Change a shop, or move it to another city; raises as estate's `edit_shop`."""
        return await self._change(lambda editor: registry.edit_shop(slug, values, seen, editor), noted)

    async def add_shop(self, values: Mapping[str, str], noted: Noted[Imported]) -> Changed[Imported]:
        """Register a shop with its first camera; raises as estate's `add_shop`."""
        return await self._change(lambda editor: registry.add_shop(values, editor, self._chance), noted)

    async def add_camera(self, shop: str, values: Mapping[str, str], noted: Noted[Imported]) -> Changed[Imported]:
        """Register a further camera; raises as estate's `add_camera_to`."""
        return await self._change(lambda editor: registry.add_camera_to(shop, values, editor, self._chance), noted)

    async def edit_camera(
        self, slug: str, values: Mapping[str, str], seen: str, noted: Noted[tuple[Imported, tuple[Change, ...]]]
    ) -> Changed[tuple[Imported, tuple[Change, ...]]]:
        """Change a camera; raises as estate's `edit_camera`."""
        return await self._change(lambda editor: registry.edit_camera(slug, values, seen, editor, self._chance), noted)

    async def disable(self, slug: str, noted: Noted[None], *, disabled: bool) -> Changed[None]:
        """Refuse a camera's uploads, or take them again; EstateError where there is no such camera."""
        return await self._change(lambda editor: registry.disable(slug, editor, disabled=disabled), noted)

    async def rotate(self, camera: str, noted: Noted[list[NewSecret]]) -> Changed[list[NewSecret]]:
        """Give the login that a camera uses another secret; EstateError where there is no such camera."""

        async def rotate(editor: registry.Editor) -> list[NewSecret]:
            found = await editor.camera(camera)
            if found is None:
                raise EstateError([f"there is no camera {camera}"])
            return await registry.rotate_secret(found.line.login_name, editor, self._chance)

        return await self._change(rotate, noted)

    async def rename(self, kind: str, slug: str, name: str, seen: str, noted: Noted[None]) -> Changed[None]:
        """Call a region or a city something else; raises as estate's `rename`."""
        return await self._change(lambda editor: registry.rename(kind, slug, name, seen, editor), noted)

    async def preview(self, lines: Sequence[CameraLine]) -> tuple[Preview, str]:
        """What an import would change, and the version of the registry that it was compared with."""
        async with self._registries.opened() as editor:
            return await registry.preview_import(lines, editor)

    async def import_lines(self, lines: Sequence[CameraLine], seen: str, noted: Noted[Imported]) -> Changed[Imported]:
        """Import a list, if nothing has changed since the preview; raises as estate's `import_seen`."""
        return await self._change(lambda editor: registry.import_seen(lines, seen, editor, self._chance), noted)

    async def publish(self) -> int:
        """Tell the cells of all shops, again; how many there are.

        Raises:
            TransientError: the registry or NATS is away.
        """
        async with self._registries.opened() as editor, self._registries.board() as board:
            shops = await registry.publish(editor, board)
        self.unpublished_since = None
        return shops

    async def _change(self, work: Callable[[registry.Editor], Awaitable[S]], noted: Noted[S]) -> Changed[S]:
        """Change the registry, then tell the cells. What is registered stays so, even if they cannot be told now.

        What cannot be written into the audit log is not changed.
        """
        async with self._registries.opened() as editor:
            async with editor.changing():
                result = await work(editor)
                await noted(result)
            try:
                async with self._registries.board() as board:
                    await registry.publish(editor, board)
            except TransientError as error:
                _log.warning("estate_not_published", error=str(error))
                self.unpublished_since = self.unpublished_since or datetime.now(UTC)
                return Changed(result, cells_know=False)
        self.unpublished_since = None
        return Changed(result, cells_know=True)
