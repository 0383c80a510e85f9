"""Ingest's FTP server in this process, with fakes behind it, for real clients."""

import asyncio
import ftplib
import io
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from facetally.v1.photo_pb2 import Photo, PhotoStored

from loadtest.ftp_session import believing_context
from services.ingest.adapters.ftp_server import FtpOptions, FtpServer
from services.ingest.handler import KeepPhoto
from tests.fakes.held_photos import FakeHeldPhotos
from tests.fakes.logins import FakeLogins
from tests.fakes.photo_storage import FakePhotoStorage
from tests.fakes.publisher import FakePublisher
from tests.servers.running import free_ports

T = TypeVar("T")
LIMIT_BYTES = 2_000_000
SECRET = "a secret"


@dataclass
class Ftp:
    """A server, and what it did."""

    options: FtpOptions
    server: FtpServer
    logins: FakeLogins
    storage: FakePhotoStorage = field(default_factory=FakePhotoStorage)
    publisher: FakePublisher = field(default_factory=FakePublisher)
    held: FakeHeldPhotos = field(default_factory=FakeHeldPhotos)

    def connect(self, tls: bool = False, login: str = "cam-1", secret: str = SECRET) -> ftplib.FTP:
        """A session of ftplib."""
        client: ftplib.FTP
        client = ftplib.FTP_TLS(context=believing_context(), timeout=20) if tls else ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", self.server.port)
        try:
            client.login(login, secret)
            if isinstance(client, ftplib.FTP_TLS):
                client.prot_p()
        except ftplib.Error:
            client.close()
            raise
        return client

    @property
    def announced(self) -> list[Photo]:
        """Photos in the order in which they were announced."""
        return [m.photo for _, m in self.publisher.published.values() if isinstance(m, PhotoStored)]


def options(certificate: Path, **changes: object) -> FtpOptions:
    """Small limits, and ports that nobody else has."""
    port, implicit, first, *_ = free_ports(22)
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "implicit_port": implicit,
        "passive_ports": range(first, first + 20),
        "masquerade_address": None,
        "active_mode": False,
        "certificate": certificate,
        "require_tls": False,
        "max_upload_bytes": LIMIT_BYTES,
        "upload_memory_bytes": 8 * LIMIT_BYTES,
        "max_uploads": 8,
        "max_uploads_per_login": 8,
        "min_upload_bytes_per_s": 0,
        "max_connections": 50,
        "max_connections_per_address": 50,
        "max_connections_per_login": 50,
        "idle_timeout_s": 60.0,
        "login_timeout_s": 20.0,
    }
    return FtpOptions(**(values | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def running_ftp(certificate: Path, logins: FakeLogins | None = None, **changes: object) -> AsyncIterator[Ftp]:
    """A server with two cameras, one of them disabled, unless told otherwise."""
    if logins is None:
        logins = FakeLogins()
        logins.add("cam-1", SECRET)
        logins.add("cam-off", SECRET, disabled=True)
    storage, publisher, held = FakePhotoStorage(), FakePublisher(), FakeHeldPhotos()
    keeper = KeepPhoto(storage, publisher, held, lambda: datetime.now(UTC), max_pixels=100_000_000)
    chosen = options(certificate, **changes)
    async with FtpServer.running(chosen, logins.find, keeper) as server:
        yield Ftp(chosen, server, logins, storage, publisher, held)


async def client(work: Callable[[], T]) -> T:
    """A blocking client must not block the server, which lives in this loop."""
    return await asyncio.to_thread(work)


def store(session: ftplib.FTP, content: bytes, name: str = "photo.jpg") -> str:
    """Upload; the server's last reply, whatever it says."""
    try:
        return session.storbinary(f"STOR {name}", io.BytesIO(content))
    except ftplib.Error as error:
        return str(error)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):  # refused while we were still sending
        return session.getmultiline()
