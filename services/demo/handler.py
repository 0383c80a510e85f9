"""The demo's story: upload, wait until all is tallied, and compare the pages with what was uploaded."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from services.demo.domain import DemoPhoto, ShopResult, expected_by_shop, photos_of
from services.estate.domain import CameraLine

_PAUSE_S = 0.3


class Camera(Protocol):
    """What uploads photos."""

    def upload(self, login: str, secret: str, photos: Sequence[str], *, tls: bool, done: Callable[[], None]) -> None:
        """Upload photos by name, one session; `done` is called after each that was kept."""
        ...


class Report(Protocol):
    """What shows the tallies."""

    async def looked_at(self, camera: str) -> int:
        """Photos of a camera that have been looked at."""
        ...

    async def visitors(self, shop: str) -> int:
        """Visitors of a shop, for machines."""
        ...

    async def visitors_on_page(self, shop: str) -> int:
        """Visitors as a shop's page shows them."""
        ...


class DemoError(Exception):
    """The demo did not come to its end."""


async def upload_all(
    lines: Sequence[CameraLine], secrets: Mapping[str, str], camera: Camera, at_once: int, done: Callable[[], None]
) -> int:
    """Let every camera upload its photos, every second one by FTPS; how many were uploaded."""
    slots = asyncio.Semaphore(at_once)
    work = photos_of(lines)

    async def one(number: int, name: str, photos: Sequence[DemoPhoto]) -> None:
        async with slots:
            names = [photo.name for photo in photos]
            await asyncio.to_thread(camera.upload, name, secrets[name], names, tls=number % 2 == 1, done=done)

    async with asyncio.TaskGroup() as tasks:
        for number, (name, photos) in enumerate(work.items()):
            tasks.create_task(one(number, name, photos))
    return sum(len(photos) for photos in work.values())


async def wait_until_tallied(
    lines: Sequence[CameraLine], report: Report, within_s: float, progress: Callable[[int], None]
) -> None:
    """Wait until every photo has been looked at.

    Raises:
        DemoError: it took too long.
    """
    shops = expected_by_shop(lines)
    wanted = sum(photos for _, photos, _ in shops.values())
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        there = sum([await report.looked_at(line.camera) for line in lines])
        progress(there)
        if there >= wanted:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise DemoError(f"only {there} of {wanted} photos were tallied within {within_s:.0f} s")
        await asyncio.sleep(_PAUSE_S)


async def read_pages(lines: Sequence[CameraLine], report: Report, within_s: float) -> list[ShopResult]:
    """What each shop's page shows, beside what it should, once all is added up or it takes too long."""
    shops = expected_by_shop(lines)
    deadline = asyncio.get_running_loop().time() + within_s
    while asyncio.get_running_loop().time() < deadline:
        if all([await report.visitors(shop) == faces for shop, (_, _, faces) in shops.items()]):
            break
        await asyncio.sleep(_PAUSE_S)
    return [
        ShopResult(line, photos, faces, await report.visitors_on_page(shop))
        for shop, (line, photos, faces) in shops.items()
    ]
