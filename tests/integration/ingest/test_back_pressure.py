"""Ingest gets more than it can pass on: it says so, announces nothing, keeps within its memory, and goes on when it can."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from services.common.messaging import MessageBus
from services.common.storage import PhotoStorage
from services.common.streams import PHOTOS
from services.ingest.settings import IngestSettings
from tests.servers.ftp_client import RefusedError
from tests.servers.ingest import Camera, Ingest, announced, pour, running_ingest
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.running import RunningProgram
from tests.servers.s3 import S3Server
from tests.servers.services import connection
from tests.servers.store_proxy import Mood, StoreProxy

MIB = 1 << 20
# Ingest gives the store 30 s for a photo (services/common/storage.py).
STORE_WITHIN_S = 30.0
SOON_S = 5.0
AT_ONCE = 64
LARGE_BYTES = 50_000_000
ENDING_AT_ONCE = 6
UPLOAD_MEMORY_BYTES: int = IngestSettings.model_fields["upload_memory_bytes"].default
# What comes on top of that: an upload that ends is joined into one piece before what it came in is freed, one upload at a
# time; glibc's heap grows 16 MiB at a time; and each read asks for 256 KiB, which leaves gaps between shorter ones.
ALLOWANCE_BYTES = LARGE_BYTES + 32 * MIB


@dataclass(frozen=True, slots=True)
class Chain:
    """Ingest, and what is behind it."""

    ingest: Ingest
    store: StoreProxy
    nats: NatsServer
    s3: S3Server

    @property
    def camera(self) -> Camera:
        return self.ingest.cameras[0]

    async def kept(self) -> list[bytes]:
        """Every photo that is announced, as it is in the store."""
        async with PhotoStorage.connect(self.s3.settings("detect")) as storage:
            return [await storage.get(photo.object_key) for photo in await announced(self.nats)]


@pytest.fixture
async def chain(
    tmp_path: Path, certificate: Path, clean_streams: NatsServer, s3_server: S3Server, database: Database
) -> AsyncIterator[Chain]:
    async with StoreProxy.before(s3_server.port) as store:
        s3 = connection(s3_server.settings("ingest")) | {"url": store.url}
        async with running_ingest(tmp_path, certificate, clean_streams, s3, database, cameras=4) as ingest:
            yield Chain(ingest, store, clean_streams, s3_server)


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> bytes:
    return (demo_photos / "photo-01.jpg").read_bytes()


@pytest.mark.parametrize("limit", ["max_msgs", "max_bytes"])
async def test_while_the_stream_is_full_cameras_are_told_to_send_again_and_then_it_works(
    chain: Chain, photo: bytes, limit: str
) -> None:
    another = photo + b"another"
    assert (await chain.camera.upload("a.jpg", photo)).startswith("226")
    async with MessageBus.connect(chain.nats.settings("admin"), "test") as bus:
        stream = await bus.jetstream.stream_info(PHOTOS.name)
        # Room for one message: the next one may be some bytes longer.
        room = {"max_msgs": 1, "max_bytes": stream.state.bytes * 3 // 2}
        try:
            await bus.jetstream.update_stream(stream.config.evolve(**{limit: room[limit]}))
            for _ in range(2):
                assert (await chain.camera.upload("b.jpg", another, SOON_S)).startswith("451")
            assert await chain.kept() == [photo]
            await bus.jetstream.purge_stream(PHOTOS.name)  # as if detect had done its work
            assert (await chain.camera.upload("b.jpg", another, SOON_S)).startswith("226")
        finally:
            await bus.jetstream.update_stream(stream.config)
    assert await chain.kept() == [another]


@pytest.mark.parametrize("mood", [Mood.FAILS, Mood.BREAKS])
async def test_while_the_store_fails_nothing_is_announced_and_then_it_works(
    chain: Chain, photo: bytes, mood: Mood
) -> None:
    chain.store.turn(mood)
    for _ in range(2):
        assert (await chain.camera.upload("a.jpg", photo, SOON_S)).startswith("451")
    assert await announced(chain.nats) == []
    chain.store.turn(Mood.PASSES)
    assert (await chain.camera.upload("a.jpg", photo, SOON_S)).startswith("226")
    assert await chain.kept() == [photo]


async def test_a_camera_waits_for_a_slow_store(chain: Chain, photo: bytes) -> None:
    chain.store.turn(Mood.LATE)
    began = time.monotonic()
    assert (await chain.camera.upload("a.jpg", photo)).startswith("226")
    assert time.monotonic() - began >= chain.store.late_s
    assert await chain.kept() == [photo]


async def test_a_store_that_says_nothing_keeps_cameras_waiting_but_not_for_ever_and_not_too_many(
    chain: Chain, photo: bytes
) -> None:
    chain.store.turn(Mood.SAYS_NOTHING)
    limit = IngestSettings.model_fields["max_uploads_per_login"].default
    photos = [photo + f"{number:02}".encode() for number in range(limit + 1)]
    began = time.monotonic()
    waited_s: dict[str, list[float]] = defaultdict(list)

    async def upload(content: bytes) -> None:
        answer = await chain.camera.upload("a.jpg", content, STORE_WITHIN_S + SOON_S)
        waited_s[answer[:3]].append(time.monotonic() - began)

    await asyncio.gather(*map(upload, photos))
    assert {code: len(waits) for code, waits in waited_s.items()} == {"450": 1, "451": limit}
    assert max(waited_s["450"]) < SOON_S
    assert await announced(chain.nats) == []
    chain.store.turn(Mood.PASSES)
    for content in photos:
        assert (await chain.camera.upload("a.jpg", content, SOON_S)).startswith("226")
    assert await chain.kept() == photos


async def hold(camera: Camera, content: bytes, *barriers: asyncio.Barrier) -> str:
    """An upload that is sent as far as it is let, and ends when all others have come as far; the server's last word."""
    async with camera.session() as session:
        refused = ""
        data: asyncio.StreamWriter | None = None
        try:
            data = await session.begin_upload("a.jpg")
            await pour(data, content)
        except RefusedError as refusal:
            refused = str(refusal)
        for barrier in barriers:
            await barrier.wait()
        if data:
            data.close()
        return refused or await session.say("")


@asynccontextmanager
async def watched(running: RunningProgram) -> AsyncIterator[list[int]]:
    """The memory that a process takes while the block runs, in bytes, often."""
    process = psutil.Process(running.pid)
    samples = [process.memory_info().rss]

    async def watch() -> None:
        while True:
            await asyncio.sleep(0.005)
            samples.append(process.memory_info().rss)

    task = asyncio.create_task(watch())
    try:
        yield samples
    finally:
        task.cancel()


async def test_memory_is_bounded_whatever_comes_at_once(chain: Chain, photo: bytes) -> None:
    cameras = chain.ingest.cameras * (AT_ONCE // len(chain.ingest.cameras))
    endless = photo[:-2].ljust(LARGE_BYTES, b"\0")  # the JPEG's end never comes
    whole = photo.ljust(LARGE_BYTES, b"\0")
    assert (await chain.camera.upload("a.jpg", photo)).startswith("226")
    async with watched(chain.ingest.running) as samples, asyncio.timeout(60):
        everybody = asyncio.Barrier(AT_ONCE)
        crowd = await asyncio.gather(*(hold(camera, endless, everybody) for camera in cameras))

        # Memory is full, and then much of it ends at once.
        few, everybody = asyncio.Barrier(ENDING_AT_ONCE + 1), asyncio.Barrier(AT_ONCE)
        first = [asyncio.create_task(hold(camera, whole, few, everybody)) for camera in cameras[:ENDING_AT_ONCE]]
        await few.wait()
        others = await asyncio.gather(*(hold(camera, endless, everybody) for camera in cameras[ENDING_AT_ONCE:]))
        answers = await asyncio.gather(*first)
    assert {answer[:3] for answer in answers} == {"226"}
    for refused in (crowd, others):
        codes = {answer[:3] for answer in refused}
        assert codes <= {"450", "451", "452"}  # 451: there was room, and then the end was missing
        assert "452" in codes
    assert (await chain.camera.upload("a.jpg", photo + b"another", SOON_S)).startswith("226")
    taken = max(samples) - samples[0]
    assert taken > UPLOAD_MEMORY_BYTES // 2, "that was no crowd"
    assert taken < UPLOAD_MEMORY_BYTES + ALLOWANCE_BYTES
