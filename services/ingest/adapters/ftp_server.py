"""The FTP server. pyftpdlib's event loop is an epoll object, and asyncio watches that: one thread, no hand-over."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Self

from prometheus_client import Counter, Gauge, Histogram
from pyftpdlib.authorizers import AuthenticationFailed
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from services.common.logging import get_logger
from services.ingest.adapters.ftp_session import FtpSession, tls_context
from services.ingest.adapters.virtual_filesystem import UploadBuffer
from services.ingest.domain import REPLIES, Camera, Outcome, may_log_in

_log = get_logger(__name__)
# Time-outs of pyftpdlib are looked at this often.
_TICK_S = 0.25
_FINISH_WITHIN_S = 20.0
# What a camera may do: change and list folders, store, rename, delete, make folders.
_PERMISSIONS = frozenset("eldfmw")

UPLOADS = Counter("facetally_ingest_uploads_total", "Uploads, by camera and outcome", ["camera", "outcome"])
RECEIVED_BYTES = Counter("facetally_ingest_received_bytes_total", "Bytes of uploads received")
ANSWER_SECONDS = Histogram(
    "facetally_ingest_answer_seconds",
    "Time from an upload's last byte to the camera's answer",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
CONNECTIONS = Gauge("facetally_ingest_connections", "Control connections open now")
UPLOADS_NOW = Gauge("facetally_ingest_uploads_in_memory", "Uploads in memory now")
LOGIN_FAILURES = Counter("facetally_ingest_login_failures_total", "Logins refused")

FindCamera = Callable[[str], Camera | None]
Keep = Callable[[Camera, bytearray, bool], Awaitable[Outcome]]


class PortTakenError(Exception):
    """Another program listens on the FTP port."""


@dataclass(frozen=True, slots=True)
class FtpOptions:
    """How cameras reach the server, and what it takes from them."""

    host: str
    port: int
    passive_ports: range
    masquerade_address: str | None
    certificate: Path
    require_tls: bool
    max_upload_bytes: int
    max_uploads: int
    max_connections: int


class _Authorizer:
    """pyftpdlib's questions about users, answered from the registry."""

    def __init__(self, find: FindCamera) -> None:
        self._find = find

    def validate_authentication(self, username: str, password: str, handler: FtpSession) -> None:
        camera = self._find(username)
        if not may_log_in(camera, password):
            LOGIN_FAILURES.inc()
            raise AuthenticationFailed("Authentication failed.")
        handler.camera = camera

    def has_perm(self, _username: str, perm: str, _path: str | None = None) -> bool:
        return perm in _PERMISSIONS

    def get_perms(self, _username: str) -> str:
        return "".join(sorted(_PERMISSIONS))

    def get_home_dir(self, _username: str) -> str:
        return "/"

    def get_msg_login(self, _username: str) -> str:
        return "Logged in."

    def get_msg_quit(self, _username: str) -> str:
        return "Goodbye."

    def impersonate_user(self, _username: str, _password: str) -> None:
        """There are no system users."""

    def terminate_impersonation(self, _username: str) -> None:
        """There are no system users."""


class FtpServer:
    """Takes uploads from cameras.

    Args:
        options: of the server.
        find: a camera by its login.
        keep: keeps an upload; the camera is answered with its outcome.
    """

    class Acceptor(FTPServer):  # type: ignore[misc]
        """The listening socket."""

    def __init__(self, options: FtpOptions, find: FindCamera, keep: Keep) -> None:
        self._options = options
        self._keep = keep
        self._open: set[UploadBuffer] = set()
        self._keeping: dict[UploadBuffer, asyncio.Task[None]] = {}
        self._ioloop = IOLoop()
        session = type(
            "Session",
            (FtpSession,),
            {
                "service": self,
                "authorizer": _Authorizer(find),
                "ssl_context": tls_context(str(options.certificate)),
                "tls_control_required": options.require_tls,
                "tls_data_required": options.require_tls,
                "passive_ports": list(options.passive_ports),
                "masquerade_address": options.masquerade_address,
            },
        )
        try:
            self._acceptor = self.Acceptor((options.host, options.port), session, ioloop=self._ioloop)
        except OSError as error:
            raise PortTakenError(
                f"port {options.port} is in use by another program: stop it, or set FACETALLY_INGEST_FTP_PORT"
            ) from error
        self._acceptor.max_cons = options.max_connections
        self._acceptor.max_cons_per_ip = 0

    @classmethod
    @asynccontextmanager
    async def running(cls, options: FtpOptions, find: FindCamera, keep: Keep) -> AsyncIterator[Self]:
        """A server that takes uploads while the block runs; then those under way are finished.

        Raises:
            PortTakenError: the port is in use.
        """
        logging.getLogger("pyftpdlib").setLevel(logging.ERROR)  # it would log every command, file names included
        server = cls(options, find, keep)
        loop = asyncio.get_running_loop()
        poller = server._ioloop._poller.fileno()  # noqa: SLF001 - the way in that pyftpdlib has no name for
        loop.add_reader(poller, server._turn)
        ticker = asyncio.create_task(server._tick())
        try:
            yield server
            await server._finish()
        finally:
            ticker.cancel()
            loop.remove_reader(poller)
            server._acceptor.close()
            server._acceptor.close_all()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        address: tuple[str, int] = self._acceptor.socket.getsockname()
        return address[1]

    def has_room(self) -> bool:
        """Whether another upload fits into memory."""
        self._forget_closed()
        return len(self._open) < self._options.max_uploads

    def new_upload(self, name: str) -> UploadBuffer:
        """An empty buffer; it counts until it is closed."""
        upload = UploadBuffer(name, self._options.max_upload_bytes)
        self._open.add(upload)
        UPLOADS_NOW.set(len(self._open))
        return upload

    def is_keeping(self, upload: UploadBuffer) -> bool:
        """Whether the upload is being kept right now."""
        return upload in self._keeping

    def keep(self, session: FtpSession, camera: Camera, upload: UploadBuffer) -> None:
        """Keep an upload, and answer the camera."""
        task = asyncio.get_running_loop().create_task(self._keep_and_answer(session, camera, upload))
        self._keeping[upload] = task
        task.add_done_callback(lambda _: self._keeping.pop(upload, None))

    async def _keep_and_answer(self, session: FtpSession, camera: Camera, upload: UploadBuffer) -> None:
        began = perf_counter()
        RECEIVED_BYTES.inc(len(upload.content))
        outcome = Outcome.AWAY
        try:
            outcome = await self._keep(camera, upload.content, upload.too_large)
        except Exception:  # noqa: BLE001 - the edge: a bug costs this camera a second try, and nobody else anything
            _log.exception("upload_bug", camera=camera.camera_id)
        finally:
            session.answer(upload, REPLIES[outcome])
            UPLOADS.labels(camera.camera_id, outcome).inc()
            ANSWER_SECONDS.observe(perf_counter() - began)
            self._forget_closed()

    def report_exception(self, where: str) -> None:
        """Log what pyftpdlib could not handle."""
        _log.exception("ftp_session_bug", where=where)

    def _forget_closed(self) -> None:
        self._open = {upload for upload in self._open if not upload.closed}
        UPLOADS_NOW.set(len(self._open))

    def _turn(self) -> None:
        """Let pyftpdlib handle whatever is ready."""
        self._ioloop.loop(timeout=0, blocking=False)
        CONNECTIONS.set(len(self._acceptor.ip_map))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._turn()

    async def _finish(self) -> None:
        """Take no new connections, and wait for the uploads under way."""
        self._ioloop.unregister(self._acceptor.socket.fileno())
        self._acceptor.socket.shutdown(socket.SHUT_RDWR)
        deadline = asyncio.get_running_loop().time() + _FINISH_WITHIN_S
        while self._open and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_TICK_S / 5)
            self._forget_closed()
