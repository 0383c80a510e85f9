"""The FTP server. pyftpdlib's event loop is an epoll object, and asyncio watches that: one thread, no hand-over."""

import asyncio
import errno
import logging
import resource
import socket
import time
from collections import Counter as Count
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, ClassVar, Protocol, Self

from prometheus_client import Counter, Gauge, Histogram
from pyftpdlib.authorizers import AuthenticationFailed
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from services.common.logging import get_logger
from services.ingest.adapters.ftp_session import FtpSession, ImplicitTlsSession
from services.ingest.adapters.login_guard import LoginGuard
from services.ingest.adapters.recent_uploads import RecentUpload, RecentUploads
from services.ingest.adapters.tls_certificate import TlsCertificate
from services.ingest.adapters.upload_buffer import UploadBuffer, UploadMemory
from services.ingest.domain import REPLIES, Held, Login, Outcome, Reply, Result, Upload, is_no_photo, may_log_in

_log = get_logger(__name__)
# Time-outs of pyftpdlib are looked at this often.
_TICK_S = 0.25
_TIDY_EVERY_S = 5.0
_FINISH_WITHIN_S = 20.0
_LISTEN_AGAIN_S = 1.0
_ACCEPTED_AT_ONCE = 64
# A control connection, its data connection, and the port that waits for one.
_FILES_PER_CONNECTION = 3
_FILES_FOR_THE_REST = 512
# What a camera may do: change and list folders, store, append (which is storing), rename, delete, make folders.
_PERMISSIONS = frozenset("aeldfmw")

UPLOADS = Counter("facetally_ingest_uploads_total", "Uploads, by outcome", ["outcome"])
RECEIVED_BYTES = Counter("facetally_ingest_received_bytes_total", "Bytes of uploads received")
ANSWER_SECONDS = Histogram(
    "facetally_ingest_answer_seconds",
    "Time from an upload's last byte to the camera's answer",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
CONNECTIONS = Gauge("facetally_ingest_connections", "Control connections open now")
CONNECTIONS_REFUSED = Counter(
    "facetally_ingest_connections_refused_total", "Connections refused or ended for another's sake, by limit", ["limit"]
)
UPLOADS_NOW = Gauge("facetally_ingest_uploads_in_memory", "Uploads in memory now")
UPLOAD_MEMORY = Gauge("facetally_ingest_upload_memory_bytes", "Memory that uploads take now")
LOGIN_FAILURES = Counter("facetally_ingest_login_failures_total", "Logins refused")

FindLogin = Callable[[str], Login | None]


class Keeper(Protocol):
    """Decides what becomes of uploads."""

    async def __call__(self, login: Login, upload: Upload) -> Result:
        """Keep an upload, or say why not."""
        ...

    async def rename(self, login: Login, held: Held, path: str) -> Outcome:
        """Give a held photo its name."""
        ...


class PortTakenError(Exception):
    """Another program listens on the FTP port."""


@dataclass(frozen=True, slots=True)
class FtpOptions:
    """How cameras reach the server, and what it takes from them: the settings of the same names say more."""

    host: str
    port: int
    implicit_port: int | None
    passive_ports: range
    masquerade_address: str | None
    active_mode: bool
    certificate: Path
    require_tls: bool
    max_upload_bytes: int
    upload_memory_bytes: int
    max_uploads: int
    max_uploads_per_login: int
    min_upload_bytes_per_s: int
    max_connections: int
    max_connections_per_address: int
    max_connections_per_login: int
    idle_timeout_s: float
    login_timeout_s: float


class _Authorizer:
    """pyftpdlib's questions about users, answered from the registry."""

    def __init__(self, find: FindLogin) -> None:
        self._find = find

    def validate_authentication(self, username: str, password: str, handler: FtpSession) -> None:
        login = self._find(username)
        if login is None or not may_log_in(login, password):
            may_log_in(None, password)
            LOGIN_FAILURES.inc()
            raise AuthenticationFailed("Authentication failed.")
        handler.login = login

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
        find: a login by its name.
        keeper: decides what becomes of uploads; cameras are answered with its outcomes.
    """

    class Acceptor(FTPServer):  # type: ignore[misc]
        """A listening socket."""

        service: ClassVar["FtpServer"]

        def handle_accept(self) -> None:
            """Let in all who wait, and not one a turn; but those who are in wait for no endless row of others."""
            for _ in range(_ACCEPTED_AT_ONCE):
                if (arrived := self.accept()) is None:
                    break
                self.handle_accepted(*arrived)

        def handle_accepted(self, sock: Any, addr: Any) -> Any:
            """Let a camera in, if there is room."""
            if reason := self.service.refusal_of(addr[0]):
                CONNECTIONS_REFUSED.labels(reason).inc()
                _turn_away(sock)
                return None
            session = super().handle_accepted(sock, addr)
            if session is not None:
                self.service.session_opened(session)
            return session

        def handle_error(self) -> None:
            """Nobody can be let in just now, for want of files or memory; pyftpdlib would never listen again."""
            _log.exception("connection_not_accepted")
            self.del_channel()
            self.call_later(_LISTEN_AGAIN_S, self.add_channel)

    def __init__(self, options: FtpOptions, find: FindLogin, keeper: Keeper) -> None:
        self._options = options
        self._find = find
        self._keeper = keeper
        self.recent = RecentUploads()
        self._memory = UploadMemory(options.upload_memory_bytes, options.max_uploads)
        self._guard = LoginGuard()
        self._certificate = TlsCertificate(options.certificate)
        self._keeping: dict[UploadBuffer, asyncio.Task[None]] = {}
        self._renaming: set[asyncio.Task[None]] = set()
        # Sessions by address; those that have not logged in, the oldest first; the others' logins; and how many each has.
        self._sessions: dict[FtpSession, str] = {}
        self._strangers: dict[FtpSession, None] = {}
        self._logins: dict[FtpSession, str] = {}
        self._by_address: Count[str] = Count()
        self._by_login: Count[str] = Count()
        self._waiting: dict[FtpSession, str] = {}
        CONNECTIONS.set_function(lambda: len(self._sessions))
        UPLOADS_NOW.set_function(lambda: len(self._memory))
        UPLOAD_MEMORY.set_function(lambda: self._memory.used_bytes)
        self._ioloop = IOLoop()
        self._max_connections = _allow_files(options.max_connections)
        attributes = {
            "service": self,
            "authorizer": _Authorizer(find),
            "ssl_context": self._certificate.context,
            "tls_control_required": options.require_tls,
            "tls_data_required": options.require_tls,
            "passive_ports": list(options.passive_ports),
            "masquerade_address": options.masquerade_address,
            "active_mode": options.active_mode,
            "min_bytes_per_s": options.min_upload_bytes_per_s,
            "idle_timeout": options.idle_timeout_s,
            "login_timeout": options.login_timeout_s,
        }
        self._session_class = type("Session", (FtpSession,), attributes)
        self._implicit_class = type("ImplicitSession", (ImplicitTlsSession,), attributes)
        self._acceptors = [self._listen(options.port, self._session_class, "FTP_PORT")]
        if options.implicit_port is not None:
            self._acceptors.append(self._listen(options.implicit_port, self._implicit_class, "FTPS_PORT"))

    def _listen(self, port: int, session: type, setting: str) -> "FtpServer.Acceptor":
        acceptor_class = type("ServiceAcceptor", (self.Acceptor,), {"service": self})
        try:
            acceptor: FtpServer.Acceptor = acceptor_class(
                (self._options.host, port), session, ioloop=self._ioloop, backlog=1024
            )
        except OSError as error:
            # pyftpdlib wraps it.
            cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
            if cause.errno != errno.EADDRINUSE:
                raise
            raise PortTakenError(
                f"port {port} is in use by another program: stop it, or set FACETALLY_INGEST_{setting}"
            ) from error
        acceptor.max_cons = acceptor.max_cons_per_ip = 0  # limits are ours
        return acceptor

    @classmethod
    @asynccontextmanager
    async def running(cls, options: FtpOptions, find: FindLogin, keeper: Keeper) -> AsyncIterator[Self]:
        """A server that takes uploads while the block runs; then those under way are finished.

        Raises:
            PortTakenError: a port is in use.
        """
        logging.getLogger("pyftpdlib").setLevel(logging.ERROR)  # it would log every command, file names included
        server = cls(options, find, keeper)
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
            for acceptor in server._acceptors:
                acceptor.close()
            server._acceptors[0].close_all()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        address: tuple[str, int] = self._acceptors[0].socket.getsockname()
        return address[1]

    # Sessions

    def refusal_of(self, address: str) -> str | None:
        """The limit that keeps another connection out; None when it may come in, for which a stranger may have to go."""
        if self._by_address[address] >= self._options.max_connections_per_address:
            return "address"
        if len(self._sessions) >= self._max_connections:
            if not self._strangers:
                return "all"
            CONNECTIONS_REFUSED.labels("stranger").inc()
            next(iter(self._strangers)).close()
        return None

    def session_opened(self, session: FtpSession) -> None:
        """A camera has connected; it has not logged in."""
        if session._closed:  # noqa: SLF001 - pyftpdlib has no other name for it
            return
        self._sessions[session] = session.remote_ip
        self._strangers[session] = None
        self._by_address[session.remote_ip] += 1

    def logged_in(self, session: FtpSession, login: Login) -> None:
        """A camera has logged in, perhaps once too often, and perhaps again or as another one."""
        self._strangers.pop(session, None)
        self._forget_login(session)
        self._logins[session] = login.name
        self._by_login[login.name] += 1
        if self._by_login[login.name] > self._options.max_connections_per_login:
            CONNECTIONS_REFUSED.labels("login").inc()
            session.disconnect(Reply(421, "Too many connections of this login."))

    def login_failed(self, session: FtpSession) -> float | None:
        """Seconds to wait with the answer; None: the session has been ended."""
        wait_s = self._guard.failed(session.remote_ip, monotonic())
        if wait_s is None:
            CONNECTIONS_REFUSED.labels("failures").inc()
            session.disconnect(Reply(421, "Too many failed logins."))
        else:
            self._waiting[session] = session.remote_ip
        return wait_s

    def login_answered(self, session: FtpSession) -> None:
        """A failure has been answered, or its session is gone."""
        if address := self._waiting.pop(session, None):
            self._guard.answered(address)

    def session_closed(self, session: FtpSession) -> None:
        """A camera is gone. Said more than once."""
        self.login_answered(session)
        address = self._sessions.pop(session, None)
        if address is None:
            return
        self._strangers.pop(session, None)
        self._forget_login(session)
        _decrement(self._by_address, address)

    def _forget_login(self, session: FtpSession) -> None:
        if name := self._logins.pop(session, None):
            _decrement(self._by_login, name)

    def is_current(self, session: FtpSession) -> bool:
        """Whether the login is still what it was, bringing what is known of its cameras up to date."""
        before = session.login
        now = self._find(before.name) if before else None
        if before is None or now is None or now.camera.disabled or now.secret_sha256 != before.secret_sha256:
            return False
        session.login = now
        return True

    # Uploads

    def has_room(self, login: Login) -> bool:
        """Whether another upload fits into memory; one that does not is counted."""
        if self._memory.has_room(login.name, self._options.max_uploads_per_login):
            return True
        UPLOADS.labels("busy").inc()
        return False

    def new_upload(self, login: Login, path: str) -> UploadBuffer:
        """An empty buffer; it counts until it is closed."""
        limit = self._options.max_upload_bytes
        return UploadBuffer(path, login.name, self._memory, limit, discard=is_no_photo(path))

    def is_keeping(self, upload: UploadBuffer) -> bool:
        """Whether the upload is being kept right now."""
        return upload in self._keeping

    def keep(self, session: FtpSession, login: Login, upload: UploadBuffer) -> None:
        """Keep an upload, and answer the camera."""
        task = asyncio.get_running_loop().create_task(self._keep_and_answer(session, login, upload))
        self._keeping[upload] = task
        task.add_done_callback(lambda _: self._keeping.pop(upload, None))

    async def _keep_and_answer(self, session: FtpSession, login: Login, upload: UploadBuffer) -> None:
        began = perf_counter()
        RECEIVED_BYTES.inc(upload.received_bytes)
        result = Result(Outcome.AWAY)
        try:
            result = await self._keeper(login, Upload(upload.name, upload.content, upload.refused))
        except Exception:  # noqa: BLE001 - the edge: a bug costs this camera a second try, and nobody else anything
            _log.exception("upload_bug", login=login.name)
        finally:
            reply = REPLIES[result.outcome]
            if reply.code < 300:
                self.recent.remember(login.name, upload.name, RecentUpload(upload.received_bytes, time.time()))
            session.answer(upload, reply, result.held)
            UPLOADS.labels(result.outcome).inc()
            ANSWER_SECONDS.observe(perf_counter() - began)

    def rename(self, session: FtpSession, login: Login, held: Held, path: str) -> None:
        """Give a held photo its name, and answer the camera."""
        task = asyncio.get_running_loop().create_task(self._rename_and_answer(session, login, held, path))
        self._renaming.add(task)
        task.add_done_callback(self._renaming.discard)

    async def _rename_and_answer(self, session: FtpSession, login: Login, held: Held, path: str) -> None:
        outcome = Outcome.AWAY
        try:
            outcome = await self._keeper.rename(login, held, path)
        except Exception:  # noqa: BLE001 - the edge, as above: the photo is announced later all the same
            _log.exception("rename_bug", login=login.name)
        finally:
            session.renamed(outcome)
            UPLOADS.labels(outcome).inc()

    def report_exception(self, where: str) -> None:
        """Log what pyftpdlib could not handle."""
        _log.exception("ftp_session_bug", where=where)

    # Turning

    def _turn(self) -> None:
        """Let pyftpdlib handle whatever is ready."""
        self._ioloop.loop(timeout=0, blocking=False)

    async def _tick(self) -> None:
        tidied = monotonic()
        while True:
            await asyncio.sleep(_TICK_S)
            self._turn()
            if monotonic() - tidied >= _TIDY_EVERY_S:
                tidied = monotonic()
                self._guard.tidy(tidied)
                if self._certificate.reload():
                    self._session_class.ssl_context = self._certificate.context  # type: ignore[attr-defined]
                    self._implicit_class.ssl_context = self._certificate.context  # type: ignore[attr-defined]

    async def _finish(self) -> None:
        """Take no new connections, and wait for the uploads under way."""
        for acceptor in self._acceptors:
            self._ioloop.unregister(acceptor.socket.fileno())
            acceptor.socket.shutdown(socket.SHUT_RDWR)
        deadline = asyncio.get_running_loop().time() + _FINISH_WITHIN_S
        while (len(self._memory) or self._renaming) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_TICK_S / 5)


def _decrement(counts: Count[str], key: str) -> None:
    counts[key] -= 1
    if counts[key] <= 0:
        del counts[key]


def _turn_away(sock: Any) -> None:
    """Say that there is no room, if that can be said at once."""
    sock.setblocking(False)
    try:
        sock.send(b"421 Too many connections: try again in a moment.\r\n")
    except OSError:
        pass
    finally:
        sock.close()


def _allow_files(connections: int) -> int:
    """Let this process open as many files as so many connections need; how many connections the system lets it have."""
    needed = connections * _FILES_PER_CONNECTION + _FILES_FOR_THE_REST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed >= needed:
        return connections
    possible = max(1, (allowed - _FILES_FOR_THE_REST) // _FILES_PER_CONNECTION)
    _log.warning("fewer_connections", possible=possible, wanted=connections, open_files_limit=hard)
    return possible
