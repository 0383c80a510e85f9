"""A data connection, on pyftpdlib.

pyftpdlib answers 226 as soon as the last byte has come. Here the answer waits until the photo is kept: closing the data
connection hands the bytes over, and the session replies when it is told the outcome.
"""

import sys
from typing import TYPE_CHECKING, Any

from OpenSSL import SSL
from pyftpdlib.handlers import DTPHandler
from pyftpdlib.handlers.ftp.dispatchers import PassiveDTP
from pyftpdlib.handlers.ftps.ssl import SSLConnectionMixin
from pyftpdlib.ioloop import AsyncChat

from services.ingest.adapters.upload_buffer import UploadBuffer

if TYPE_CHECKING:
    from services.ingest.adapters.ftp_session import FtpSession

# Plain connections give as much as the kernel has; encrypted ones a record at a time, a call for each.
_READ_BYTES = 256 * 1024
_RECORD_BYTES = 16 * 1024
_RECORDS_AT_ONCE = 16


class NoPassivePortError(OSError):
    """All passive ports wait for their cameras."""


class PassivePort(PassiveDTP):  # type: ignore[misc]
    """A port that waits for a data connection; never one outside the range, which no firewall would let through."""

    def bind(self, address: tuple[str, int]) -> None:
        """Take a port of the range."""
        if address[1] == 0 and self.cmd_channel.passive_ports:
            self.socket.close()
            self.del_channel()
            raise NoPassivePortError
        super().bind(address)

    def handle_accepted(self, sock: Any, addr: Any) -> None:
        """The camera's connection. Of another address's it hears nothing: it would take that for its upload's answer."""
        if addr[0] != self.cmd_channel.remote_ip:
            sock.close()
            return
        super().handle_accepted(sock, addr)


class _PlainChannel(DTPHandler):  # type: ignore[misc]
    """A data connection that brings a photo, or takes a listing."""

    ac_in_buffer_size = _READ_BYTES
    timeout = 30
    file_obj: Any
    cmd_channel: "FtpSession"
    reads_at_once = 1
    _lastdata: int
    _error = False  # a broken connection is closed without TLS's good-bye

    def __repr__(self) -> str:
        """Short, as the session's."""
        return type(self).__name__

    def enable_receiving(self, _type: str, cmd: str) -> None:
        """Receive bytes as they are: a JPEG is never text, whatever TYPE the camera forgot to set."""
        super().enable_receiving("i", cmd)

    def handle_read(self) -> None:
        """Take what is there, or end the transfer as soon as it is too much."""
        chunks: list[bytes] = []
        is_over = False
        receive = self.socket.recv
        try:
            while len(chunks) < self.reads_at_once and not is_over:
                chunk = receive(self.ac_in_buffer_size)
                chunks.append(chunk)
                is_over = not chunk
        except (BlockingIOError, InterruptedError, SSL.WantReadError, SSL.WantWriteError):
            pass  # that was all for now
        except SSL.ZeroReturnError:
            is_over = True
        except (OSError, SSL.Error):  # whether the photo is whole shows in its bytes
            is_over = self._error = True
        self.tot_bytes_received += sum(map(len, chunks))
        if isinstance(self.file_obj, UploadBuffer) and not self.file_obj.take(chunks):
            self.close()
        elif is_over:
            self.handle_close()

    handle_read_event = handle_read  # as in pyftpdlib, which would call its own otherwise

    def handle_timeout(self) -> None:
        """Every half minute: end what does not move, or hardly. A photo that is whole is kept all the same."""
        moved = self.get_transmitted_bytes() - self._lastdata
        self._lastdata = self.get_transmitted_bytes()
        if moved <= self.cmd_channel.min_bytes_per_s * self.timeout:
            self.close()

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


class UploadChannel(SSLConnectionMixin, _PlainChannel):  # type: ignore[misc]
    """As above, encrypted where the camera asked for it (PROT P)."""

    def __init__(self, sock: Any, cmd_channel: "FtpSession") -> None:
        super().__init__(sock, cmd_channel)
        if cmd_channel.is_data_private and self.connected:
            self.ac_in_buffer_size = _RECORD_BYTES
            self.reads_at_once = _RECORDS_AT_ONCE
            self.secure_connection(cmd_channel.ssl_context)

    def use_sendfile(self) -> bool:
        """There is no file to send."""
        return False

    def handle_error(self) -> None:
        """As without encryption; TLS can say nothing any more."""
        self._error = True
        _PlainChannel.handle_error(self)

    def handle_failed_ssl_handshake(self) -> None:
        """Tell the camera (RFC 4217, 10.2)."""
        self.cmd_channel.respond("522 TLS handshake failed on the data connection.")
        upload = self.file_obj
        self._error = True
        if isinstance(upload, UploadBuffer):
            upload.close()
        self.file_obj = None
        _PlainChannel.close(self)
