"""Photos come in both cells; one of them is cut off from headquarters for a while; and what became of every photo."""

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from minio import Minio

from bench.cells.places import Cell, Places, recorded
from tests.servers.s3 import S3Server

_LOOK_EVERY_S: Final = 0.2
_FIRST_WITHIN_S: Final = 60.0
_COMPLETE_WITHIN_S: Final = 150.0
_AFTERWARDS_S: Final = 2.0


@dataclass(slots=True)
class Camera:
    """What a cell's camera has sent, and was told is kept: by photo id, how many faces of it count."""

    cell: Cell
    kept: dict[str, int] = field(default_factory=dict)

    async def send(self, photo: bytes, faces: int, per_second: float, stopping: asyncio.Event) -> None:
        """Send the photo again and again, each time with something behind its end, so that it is another one."""
        for number in itertools.count():
            if stopping.is_set():
                return
            await self._send_until_kept(photo + f"{self.cell.name}-{number}".encode(), faces)
            await asyncio.sleep(1 / per_second)

    async def _send_until_kept(self, content: bytes, faces: int) -> None:
        """As a camera does: again and again, until it is told 226."""
        camera = self.cell.camera
        while True:
            if (await camera.upload("photo.jpg", content)).startswith("226"):
                self.kept[camera.photo_id(content)] = faces
                return
            await asyncio.sleep(_LOOK_EVERY_S)


@dataclass(frozen=True, slots=True)
class Story:
    """What was found.

    Args:
        photos: that each cell has kept.
        cut_s: how long one was cut off.
        meanwhile: photos of the other cells that were recorded meanwhile.
        behind_at_reconnect: photos that the cell had kept and headquarters did not know, when the line was mended.
        complete_after_s: until it knew them.
        lost: photos that headquarters' report does not count.
        doubled: those that it counts more than once.
        visitors: that the report counts too many, or too few if negative.
        strays: photos in a store where they do not belong, or missing in the one where they do.
    """

    photos: Mapping[str, int]
    cut_s: float
    meanwhile: int
    behind_at_reconnect: int
    complete_after_s: float
    lost: int
    doubled: int
    visitors: int
    strays: int

    @property
    def is_good(self) -> bool:
        """Whether each photo is counted once, and in its own cell alone."""
        return not (self.lost or self.doubled or self.visitors or self.strays)


async def cut_off(
    places: Places,
    name: str,
    photo: bytes,
    faces: int,
    *,
    cut_s: float,
    per_second: float,
    say: Callable[[str], None],
) -> Story:
    """Cut a cell off.

    Args:
        places: all of them.
        name: of the cell.
        photo: a JPEG.
        faces: of it that count.
        cut_s: for how long.
        per_second: photos that each cell's camera sends.
        say: is told what happens.
    """
    cameras = {cell.name: Camera(cell) for cell in places.cells.values()}
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for camera in cameras.values():
            tasks.create_task(camera.send(photo, faces, per_second, stopping))
        for camera in cameras.values():
            await _until_first(places, camera)
        say("Photos of every cell are recorded.")
        line = places.cells[name].line
        known = await recorded(places.database)
        line.cut()
        say(f"{name} is cut off for {cut_s:g} s.")
        await asyncio.sleep(cut_s)
        missing = cameras[name].kept.keys() - await recorded(places.database)
        meanwhile = len(await recorded(places.database) - known - cameras[name].kept.keys())
        line.mend()
        say(f"The line is mended; {len(missing)} photos of {name} are not known yet.")
        complete_after_s = await _until_known(places, missing)
        say(f"They are, after {complete_after_s:.1f} s.")
        await asyncio.sleep(_AFTERWARDS_S)
        stopping.set()
    counted = {camera.cell.name: await _counted(places, camera) for camera in cameras.values()}
    differences = {name: uploads - len(cameras[name].kept) for name, (_, uploads) in counted.items()}
    return Story(
        photos={name: len(camera.kept) for name, camera in cameras.items()},
        cut_s=cut_s,
        meanwhile=meanwhile,
        behind_at_reconnect=len(missing),
        complete_after_s=complete_after_s,
        lost=sum(-difference for difference in differences.values() if difference < 0),
        doubled=sum(difference for difference in differences.values() if difference > 0),
        visitors=sum(visitors - sum(cameras[name].kept.values()) for name, (visitors, _) in counted.items()),
        strays=await _strays(places, cameras),
    )


async def _until_first(places: Places, camera: Camera) -> None:
    """Wait until headquarters has recorded some photo of a cell.

    Raises:
        TimeoutError: it has not.
    """
    async with asyncio.timeout(_FIRST_WITHIN_S):
        while not camera.kept.keys() & await recorded(places.database):  # noqa: ASYNC110 - a database sets no event
            await asyncio.sleep(_LOOK_EVERY_S)


async def _until_known(places: Places, missing: set[str]) -> float:
    """Seconds until headquarters has recorded these photos, or as many as were waited for."""
    began = time.monotonic()
    while time.monotonic() - began < _COMPLETE_WITHIN_S:
        if not missing - await recorded(places.database):
            break
        await asyncio.sleep(_LOOK_EVERY_S)
    return time.monotonic() - began


async def _counted(places: Places, camera: Camera) -> tuple[int, int]:
    """Visitors and looked-at photos of a cell's shop, as the report's API says: once they are all there, or do not change any more."""
    today = datetime.now(UTC).date()
    days = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1))}
    of_shop = {"place": f"shop:{camera.cell.shop}", "compare": "none", **days}
    expected = sum(camera.kept.values()), len(camera.kept)
    headers = {"Authorization": f"Bearer {places.token}"}
    found = 0, 0
    async with httpx.AsyncClient(base_url=places.report_url, timeout=10, headers=headers) as client:
        for _ in range(100):
            shown = await client.get("/overview", params=of_shop)
            of_camera = await client.get(f"/cameras/{camera.cell.shop}-exit", params=days)
            for answer in (shown, of_camera):
                answer.raise_for_status()
            found = shown.json()["now"]["visitors"], sum(of_camera.json()["uploads"].values())
            if found == expected:
                break
            await asyncio.sleep(_LOOK_EVERY_S)
    return found


async def _strays(places: Places, cameras: Mapping[str, Camera]) -> int:
    wanted = {"": set[str](), **{name: set(camera.kept) for name, camera in cameras.items()}}
    stores = {"": places.s3, **{name: cell.s3 for name, cell in places.cells.items()}}
    found = {name: await asyncio.to_thread(_photo_ids, store) for name, store in stores.items()}
    return sum(len(wanted[name] ^ found[name]) for name in stores)


def _photo_ids(s3: S3Server) -> set[str]:
    """Ids of the photos in a store, as their keys end with them."""
    settings = s3.settings("admin")
    secret = settings.secret_key.get_secret_value()
    client = Minio(f"127.0.0.1:{s3.port}", settings.access_key, secret, region=settings.region, secure=False)
    names = (str(found.object_name) for found in client.list_objects(settings.bucket, recursive=True))
    return {name.removesuffix(".jpg").rpartition("-")[2] for name in names}
