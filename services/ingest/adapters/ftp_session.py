"""One camera's control connection, on pyftpdlib."""

from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from pyftpdlib.handlers import TLS_FTPHandler

from services.ingest.adapters.upload_buffer import UploadBuffer
from services.ingest.adapters.upload_channel import NoPassivePortError, PassivePort, UploadChannel
from services.ingest.adapters.virtual_filesystem import VirtualFilesystem
from services.ingest.domain import BUSY, NO_DATA_CONNECTION, RENAMED, Held, Login, Outcome, Reply, is_temporary

if TYPE_CHECKING:
    from services.ingest.adapters.ftp_server import FtpServer

_MAX_LINE_BYTES = 8192
_MAX_HELD = 64
# Answers that wait because the other side does not read; the kernel holds some hundreds more.
_MAX_UNREAD = 100
# A camera needs a dozen at most.
_MAX_LINES_BEFORE_LOGIN = 100


class FtpSession(TLS_FTPHandler):  # type: ignore[misc]
    """A control connection. What differs from server to server is set on a subclass, by the server."""

    server: "FtpServer.Acceptor"
    service: ClassVar["FtpServer"]
    active_mode: ClassVar[bool] = False
    min_bytes_per_s: ClassVar[int] = 0
    login_timeout: ClassVar[float] = 30.0
    idle_timeout: ClassVar[float] = 120.0
    _in_dtp_queue: Any
    _in_buffer: list[bytes]
    _rnfr: str | None

    abstracted_fs = VirtualFilesystem
    dtp_handler = UploadChannel
    passive_dtp = PassivePort
    banner = "facetally ready."
    use_sendfile = False
    max_login_attempts = 3
    timeout = 0  # pyftpdlib's own; `_expect_command` says why not

    def __init__(self, conn: Any, server: Any, ioloop: Any = None) -> None:
        self.login: Login | None = None
        self._upload: UploadBuffer | None = None
        self._held: dict[str, Held] = {}
        self._is_line_too_long = False
        self._lines_before_login = 0
        self._heard_at = monotonic()
        self._idle_timer: Any = None
        super().__init__(conn, server, ioloop)
        if self.connected:
            self.call_later(self.login_timeout, self._expect_login)
            self._expect_command()

    @property
    def is_data_private(self) -> bool:
        """Whether the camera asked for encrypted data connections."""
        return bool(self._prot)

    # The control connection

    def _expect_login(self) -> None:
        if not self.authenticated:
            self.disconnect(Reply(421, "Nobody has logged in: goodbye."))

    def _expect_command(self) -> None:
        """End a session that has been silent for too long, transfers apart; look again when that may be so.

        pyftpdlib moves a timer at every command without telling its heap of timers, so that those of other sessions
        wait behind it, for as long as one camera goes on talking.
        """
        silent_s = 0.0 if self.data_channel is not None else monotonic() - self._heard_at
        if silent_s >= self.idle_timeout:
            self.handle_timeout()
        else:
            self._idle_timer = self.ioloop.call_later(
                self.idle_timeout - silent_s, self._expect_command, _errback=self.handle_error
            )

    def on_login(self, username: str) -> None:
        """The login is right. What another one has left to be renamed is not this one's."""
        self._held.clear()
        if self.login is not None:
            self.service.logged_in(self, self.login)

    def ftp_ALLO(self, line: str) -> None:  # noqa: N802
        """There is nothing to allocate. Some cameras hang up at a 202, which says that the command is superfluous."""
        self.respond("200 There is room.")

    def disconnect(self, reply: Reply) -> None:
        """Say why, and close."""
        self.respond(str(reply))
        self.close_when_done()

    def push(self, data: str) -> None:
        """Say something. Who leaves too many answers unread is disconnected: they would fill the memory."""
        super().push(data)
        if len(self.producer_fifo) > _MAX_UNREAD:
            self.ac_in_buffer = b""
            self.call_later(0, self.close)

    def close_when_done(self) -> None:
        """Close. What could not be sent by now would wait for somebody who does not read, for ever perhaps."""
        self.close()

    def collect_incoming_data(self, data: bytes) -> None:
        """Add to the line; what makes it too long is dropped, and answered once, when the line ends."""
        if self._in_buffer_len + len(data) > _MAX_LINE_BYTES:
            self._is_line_too_long = True
        elif not self._is_line_too_long:
            self._in_buffer.append(data)
            self._in_buffer_len += len(data)

    def found_terminator(self) -> None:
        """A line is complete."""
        self._heard_at = monotonic()
        if not self.authenticated:
            self._lines_before_login += 1
            if self._lines_before_login > _MAX_LINES_BEFORE_LOGIN:
                self.ac_in_buffer = b""
                self.disconnect(Reply(421, "Nobody has logged in: goodbye."))
                return
        if self._is_line_too_long:
            self._is_line_too_long = False
            self._in_buffer = []
            self._in_buffer_len = 0
            self.respond("500 Command too long.")
            return
        super().found_terminator()

    def ftp_AUTH(self, line: str) -> None:  # noqa: N802
        """Start TLS. What came in the clear after the command was not said by the one who speaks then (RFC 4217, 15.1)."""
        super().ftp_AUTH(line)
        self.ac_in_buffer = b""

    def ftp_FEAT(self, line: str) -> None:  # noqa: N802
        """What cameras may count on."""
        features = ["AUTH TLS", "EPSV", "MDTM", "PBSZ", "PROT", "SIZE", "TVFS", "UTF8"]
        if self.active_mode:
            features.append("EPRT")
        self.push("211-Features supported:\r\n" + "".join(f" {feature}\r\n" for feature in sorted(features)))
        self.respond("211 End FEAT.")

    def ftp_SIZE(self, path: str) -> None:  # noqa: N802
        """Size of a recent upload, in whatever TYPE: bytes are kept as they came."""
        try:
            self.respond(f"213 {self.fs.getsize(path)}")
        except FileNotFoundError:
            self.respond("550 No such file.")

    def handle_auth_failed(self, msg: str, password: str) -> None:
        """Answer a wrong login later, and the later the more there are; or not at all. Until then nothing is heard.

        pyftpdlib would answer although the session is closed by then, and listen again on a file number that may be
        another camera's.
        """
        self.username = ""
        self.ac_in_buffer = b""
        wait_s = self.service.login_failed(self)
        if wait_s is not None:
            self.del_channel()
            self.call_later(wait_s, self._refuse_login)

    def _refuse_login(self) -> None:
        self.service.login_answered(self)
        self.add_channel()
        self._heard_at = monotonic()
        self.attempted_logins += 1
        self.respond("530 Authentication failed.")
        if self.attempted_logins >= self.max_login_attempts:
            self.close_when_done()

    # Data connections

    def process_command(self, cmd: str, *args: Any, **kwargs: Any) -> None:
        """Refuse active mode where it is not wanted."""
        if cmd in ("PORT", "EPRT") and not self.active_mode:
            self.respond("502 Active mode is not available: use passive mode (PASV or EPSV).")
            return
        super().process_command(cmd, *args, **kwargs)

    def _make_epasv(self, extmode: bool = False) -> None:
        try:
            super()._make_epasv(extmode)
        except NoPassivePortError:
            self.respond("425 All data ports are in use: try again in a moment.")

    # Uploads

    def ftp_STOR(self, file: str, mode: str = "w") -> Any:  # noqa: N802
        """Begin an upload, unless there are too many at once already."""
        return super().ftp_STOR(file, mode) if self._can_upload() else None

    def ftp_STOU(self, line: str) -> Any:  # noqa: N802
        """As STOR, under a name that we choose."""
        return super().ftp_STOU(line) if self._can_upload() else None

    def ftp_APPE(self, file: str) -> Any:  # noqa: N802
        """As STOR: some cameras send every photo so. A photo is never made of parts."""
        return self.ftp_STOR(file)

    def ftp_REST(self, line: str) -> None:  # noqa: N802
        """There is nothing to go on with, and so a camera starts from the beginning."""
        if line.strip() == "0":
            self.respond("350 Starting at the beginning.")
        else:
            self.respond("502 An upload cannot be resumed: send the whole photo.")

    def _can_upload(self) -> bool:
        if self.login is None or not self.service.is_current(self):
            self.disconnect(Reply(421, "This login has changed: log in again."))
            return False
        if not self._expects_data():
            self.respond(str(NO_DATA_CONNECTION))
            return False
        if not self.service.has_room(self.login):
            self.respond(str(BUSY))
            return False
        return True

    def _expects_data(self) -> bool:
        """Whether there is a data connection, or one can still come."""
        ways = (self.data_channel, self._dtp_acceptor, self._dtp_connector)
        return any(way is not None and not way._closed for way in ways)  # noqa: SLF001 - pyftpdlib has no other name for it

    def _on_dtp_close(self) -> None:
        """A data connection is over. One that broke before pyftpdlib knew it leaves an upload waiting for ever."""
        super()._on_dtp_close()
        self._heard_at = monotonic()
        if self._in_dtp_queue is not None and not self._expects_data():
            upload, _ = self._in_dtp_queue
            self._in_dtp_queue = None
            upload.close()
            self.respond(str(NO_DATA_CONNECTION))

    def ftp_ABOR(self, line: str) -> None:  # noqa: N802
        """Abort the upload: pyftpdlib answers, and so its outcome must not be answered as well."""
        if self._upload is not None:
            self._upload.aborted = True
        super().ftp_ABOR(line)

    def new_upload(self, path: str) -> UploadBuffer:
        """A buffer that counts against the uploads at once until it is answered or the session ends."""
        self._forget_upload()
        assert self.login is not None
        self._upload = self.service.new_upload(self.login, path)
        return self._upload

    def upload_ended(self, upload: UploadBuffer) -> None:
        """The data connection is over; let the photo be kept, and answer then."""
        if self.login is None or upload.aborted:
            upload.close()
            return
        self.service.keep(self, self.login, upload)

    def answer(self, upload: UploadBuffer, reply: Reply, held: Held | None) -> None:
        """Say what became of the upload; one that is held waits for its rename."""
        upload.close()
        if self._upload is upload:
            self._upload = None
        if held is not None:
            self._held[upload.name] = held
            if len(self._held) > _MAX_HELD:
                self._held.pop(next(iter(self._held)))
        if self._closed or upload.aborted:
            return
        self.respond(str(reply))
        if self.data_channel is None or self.data_channel.file_obj is upload:
            self._on_dtp_close()

    def ftp_RNTO(self, path: str) -> Any:  # noqa: N802
        """Give an upload its final name; a photo that was held is announced first, and answered then."""
        held = self._held.pop(self._rnfr or "", None)
        if held is None or self.login is None:
            return super().ftp_RNTO(path)
        before, self._rnfr = self._rnfr, None
        self.fs.rename(before, path)
        if is_temporary(path):  # the final name is still to come
            self._held[path] = held
            self.respond(str(RENAMED))
            return None
        self.service.rename(self, self.login, held, path)
        return None

    def renamed(self, outcome: Outcome) -> None:
        """Say that the photo has its name. What is refused under it was accepted before: the camera has done its part."""
        if not self._closed:
            self.respond("451 Not renamed, NATS is away." if outcome is Outcome.AWAY else str(RENAMED))

    def _forget_upload(self) -> None:
        if self._upload is not None and not self.service.is_keeping(self._upload):
            self._upload.close()
        self._upload = None

    def close(self) -> None:
        """End the session; an upload that is being kept is kept all the same."""
        if self._idle_timer is not None and not self._idle_timer.cancelled:
            self._idle_timer.cancel()
        super().close()
        self._forget_upload()
        self.service.session_closed(self)

    def __repr__(self) -> str:
        """Short: pyftpdlib puts it into debugging messages that nobody reads, many times an upload."""
        return type(self).__name__

    def log(self, msg: str, logfun: object = None) -> None:
        """Nothing: pyftpdlib's lines name files, and putting them together costs time even where nobody reads them."""

    logline = logerror = log

    def log_cmd(self, cmd: str, arg: str, respcode: int, respstr: str) -> None:
        """Nothing, as above."""

    def log_transfer(self, *details: object, **more: object) -> None:
        """Nothing, as above."""

    def log_exception(self, instance: object) -> None:
        """A bug, or a library's mood: without what the camera sent."""
        self.service.report_exception(type(instance).__name__)

    def handle_ssl_established(self) -> None:
        """Nothing to add."""


class ImplicitTlsSession(FtpSession):
    """A control connection that is encrypted from its first byte on, data connections included (port 990)."""

    def handle(self) -> None:
        """Shake hands before saying anything."""
        self._prot = self._pbsz = True
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self) -> None:
        """Now the camera can be greeted."""
        super().handle()

    def flush_account(self) -> None:
        """Another login changes nothing about encryption."""
        super().flush_account()
        self._prot = self._pbsz = True
