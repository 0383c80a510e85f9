"""Ingest as the process that it is, and cameras that are registered with it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import nats.js.errors
from facetally.v1.photo_pb2 import Photo, PhotoStored

from services.common.ids import CameraId, PhotoId, photo_id
from services.common.messaging import MessageBus
from services.common.streams import PHOTOS
from services.estate.__main__ import import_lines
from services.estate.domain import CameraLine
from services.estate.settings import EstateSettings
from tests.servers.ftp_client import FtpClient, RefusedError
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.running import RunningProgram, free_ports
from tests.servers.services import connection, service

_DATA_PORTS = 200
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Camera:
    """A registered camera."""

    port: int
    name: str
    secret: str

    def photo_id(self, content: bytes) -> PhotoId:
        """What a photo of this camera is called."""
        return photo_id(CameraId(self.name), content)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[FtpClient]:
        """Log in."""
        client = await FtpClient.connect(self.port)
        try:
            await client.log_in(self.name, self.secret)
            yield client
        finally:
            client.writer.close()

    async def upload(self, path: str, content: bytes, within_s: float = 60.0) -> str:
        """One upload in a session of its own, as most cameras do it; the server's last word.

        Raises:
            OSError: there was none, or not in time.
        """
        try:
            async with asyncio.timeout(within_s), self.session() as session:
                data = await session.begin_upload(path)
                await pour(data, content)
                data.close()
                return await session.say("")
        except RefusedError as refusal:
            return str(refusal)


async def pour(data: asyncio.StreamWriter, content: bytes) -> None:
    """Send a photo, or as much of it as the server takes."""
    pieces = memoryview(content)
    try:
        for start in range(0, len(content), _PIECE_BYTES):
            data.write(pieces[start : start + _PIECE_BYTES])
            await data.drain()
    except ConnectionError:  # the reply says why
        data.transport.abort()
    except asyncio.CancelledError:
        data.transport.abort()
        raise


@dataclass(frozen=True, slots=True)
class Ingest:
    """The process, and who may upload to it."""

    running: RunningProgram
    cameras: list[Camera]


@asynccontextmanager
async def running_ingest(
    folder: Path, certificate: Path, server: NatsServer, s3: Mapping[str, str], database: Database, cameras: int = 1
) -> AsyncIterator[Ingest]:
    """Register cameras of one shop, and take their uploads with all settings as they are by default.

    Args:
        folder: for its log.
        server: provisioned, and without cameras yet.
        s3: connection to the photo store, as `connection` gives it.
    """
    ports = free_ports(1 + _DATA_PORTS)
    values = {
        "nats": connection(server.settings("ingest")),
        "s3": s3,
        "ftp_port": ports[0],
        "passive_port_first": ports[1],
        "passive_port_last": ports[-1],
        "tls_certificate": certificate,
    }
    estate = EstateSettings.model_validate({"nats": server.settings("estate"), "postgres_dsn": database.dsn("estate")})
    lines = [
        CameraLine("north", "North", "city", "City", "shop-1", "Shop", "UTC", f"cam-{number}")
        for number in range(cameras)
    ]
    imported = await import_lines(estate, lines, lambda _: None)
    running = RunningProgram(service("ingest", values), folder / "ingest.log")
    running.spawn()
    try:
        await running.until_ready()
        yield Ingest(running, [Camera(ports[0], new.login, new.secret) for new in imported.new])
    finally:
        await asyncio.to_thread(running.stop)


async def announced(server: NatsServer) -> list[Photo]:
    """Every photo in the stream PHOTOS, in its order."""
    photos: list[Photo] = []
    number = 1
    async with MessageBus.connect(server.settings("admin"), "test") as bus:
        while True:
            try:
                message = await bus.jetstream.get_msg(PHOTOS.name, seq=number, next=True, subject=PHOTOS.subjects[0])
            except nats.js.errors.NotFoundError:
                return photos
            photos.append(PhotoStored.FromString(message.data or b"").photo)
            number = (message.seq or number) + 1
