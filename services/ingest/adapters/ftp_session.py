"""One camera's control connection and its data connections, on pyftpdlib.

pyftpdlib answers 226 as soon as the last byte has come. Here the answer waits until the photo is kept: closing the data
connection hands the bytes over, and the session replies when it is told the outcome.
"""

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from OpenSSL import SSL
from pyftpdlib.exceptions import _RetryError
from pyftpdlib.handlers import DTPHandler, TLS_FTPHandler
from pyftpdlib.handlers.ftps.ssl import SSLConnectionMixin
from pyftpdlib.ioloop import AsyncChat

from services.ingest.adapters.virtual_filesystem import UploadBuffer, VirtualFilesystem
from services.ingest.domain import BUSY, NO_DATA_CONNECTION, Camera, Reply

if TYPE_CHECKING:
    from services.ingest.adapters.ftp_server import FtpServer

_READ_BYTES = 256 * 1024
# Reading, appending to and resuming files are not for cameras.
_REFUSED_COMMANDS = frozenset({"APPE", "REST", "RETR", "SITE", "SITE CHMOD", "SITE HELP", "MFMT"})


class _UploadChannel(DTPHandler):  # type: ignore[misc]
    """A data connection that brings a photo, or a listing of nothing."""

    ac_in_buffer_size = _READ_BYTES
    timeout = 60
    file_obj: Any
    cmd_channel: "FtpSession"

    def enable_receiving(self, _type: str, cmd: str) -> None:
        """Receive bytes as they are: a JPEG is never text, whatever TYPE the camera forgot to set."""
        super().enable_receiving("i", cmd)

    def handle_read(self) -> None:
        """Take a chunk, or end the transfer as soon as it is too much."""
        try:
            chunk = self.recv(self.ac_in_buffer_size)
        except _RetryError:
            return
        except OSError:
            self.handle_error()
            return
        self.tot_bytes_received += len(chunk)
        if chunk and isinstance(self.file_obj, UploadBuffer) and not self.file_obj.take(chunk):
            self.close()

    handle_read_event = handle_read  # as in pyftpdlib, which would call its own otherwise

    def handle_close(self) -> None:
        """The camera closed the connection; before any transfer that is no success, and pyftpdlib would say 226."""
        if self._initialized:
            super().handle_close()
        else:
            self.close()

    def handle_error(self) -> None:
        """A broken connection is the end of the upload: whether the photo is whole shows in its bytes."""
        if not isinstance(sys.exception(), OSError | SSL.Error):
            self.cmd_channel.log_exception(self)
        self.close()

    def close(self) -> None:
        """Hand the upload over, the first time; the answer follows when it is kept."""
        upload = self.file_obj
        if not isinstance(upload, UploadBuffer) or not self.receive:
            super().close()
            return
        if self._closed:
            return
        AsyncChat.close(self)
        if self._idler is not None and not self._idler.cancelled:
            self._idler.cancel()
        self.cmd_channel.upload_ended(upload)


class UploadChannel(SSLConnectionMixin, _UploadChannel):  # type: ignore[misc]
    """As above, encrypted where the camera asked for it (PROT P)."""

    def __init__(self, sock: Any, cmd_channel: "FtpSession") -> None:
        super().__init__(sock, cmd_channel)
        if cmd_channel.is_data_private:
            self.secure_connection(cmd_channel.ssl_context)

    def use_sendfile(self) -> bool:
        """There is no file to send."""
        return False

    def handle_error(self) -> None:
        """As without encryption; TLS can say nothing any more."""
        self._error = True
        _UploadChannel.handle_error(self)

    def handle_failed_ssl_handshake(self) -> None:
        """Tell the camera (RFC 4217, 10.2)."""
        self.cmd_channel.respond("522 TLS handshake failed on the data connection.")
        upload = self.file_obj
        self._error = True
        if isinstance(upload, UploadBuffer):
            upload.close()
        self.file_obj = None
        _UploadChannel.close(self)


class FtpSession(TLS_FTPHandler):  # type: ignore[misc]
    """A control connection. What differs from server to server is set on a subclass, by the server."""

    server: "FtpServer.Acceptor"
    camera: Camera | None = None
    _in_dtp_queue: Any
    service: ClassVar["FtpServer"]

    abstracted_fs = VirtualFilesystem
    dtp_handler = UploadChannel
    banner = "facetally ready."
    use_sendfile = False
    max_login_attempts = 3
    timeout = 120
    proto_cmds: ClassVar[dict[str, Any]] = {
        name: command for name, command in TLS_FTPHandler.proto_cmds.items() if name not in _REFUSED_COMMANDS
    }

    def __init__(self, conn: Any, server: Any, ioloop: Any = None) -> None:
        self._upload: UploadBuffer | None = None
        super().__init__(conn, server, ioloop)

    @property
    def is_data_private(self) -> bool:
        """Whether the camera asked for encrypted data connections."""
        return bool(self._prot)

    def ftp_STOR(self, file: str, mode: str = "w") -> Any:  # noqa: N802
        """Begin an upload, unless there are too many at once already."""
        return super().ftp_STOR(file, mode) if self._can_upload() else None

    def ftp_STOU(self, line: str) -> Any:  # noqa: N802
        """As STOR, under a name that we choose."""
        return super().ftp_STOU(line) if self._can_upload() else None

    def _can_upload(self) -> bool:
        if not self._expects_data():
            self.respond(str(NO_DATA_CONNECTION))
            return False
        if not self.service.has_room():
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

    def new_upload(self, name: str) -> UploadBuffer:
        """A buffer that counts against the uploads at once until it is answered or the session ends."""
        self._forget_upload()
        self._upload = self.service.new_upload(name)
        return self._upload

    def upload_ended(self, upload: UploadBuffer) -> None:
        """The data connection is over; let the photo be kept, and answer then."""
        if self.camera is None or upload.aborted:
            upload.close()
            return
        self.service.keep(self, self.camera, upload)

    def answer(self, upload: UploadBuffer, reply: Reply) -> None:
        """Say what became of the upload."""
        upload.close()
        if self._upload is upload:
            self._upload = None
        if self._closed or upload.aborted:
            return
        self.respond(str(reply))
        if self.data_channel is None or self.data_channel.file_obj is upload:
            self._on_dtp_close()

    def _forget_upload(self) -> None:
        if self._upload is not None and not self.service.is_keeping(self._upload):
            self._upload.close()
        self._upload = None

    def close(self) -> None:
        """End the session; an upload that is being kept is kept all the same."""
        super().close()
        self._forget_upload()

    def log_exception(self, instance: object) -> None:
        """A bug, or a library's mood: without what the camera sent."""
        self.service.report_exception(type(instance).__name__)

    def handle_ssl_established(self) -> None:
        """Nothing to add."""


def tls_context(certificate: str) -> SSL.Context:
    """TLS 1.2 and later, with the certificate chain and key of a PEM file."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.use_certificate_chain_file(certificate)
    context.use_privatekey_file(certificate)
    return context
