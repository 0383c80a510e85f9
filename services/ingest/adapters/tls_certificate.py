"""The certificate of FTPS, read again when its file changes: cameras' sessions outlive no certificate."""

from datetime import UTC, datetime
from pathlib import Path

from OpenSSL import SSL, crypto
from prometheus_client import Gauge

from services.common.logging import get_logger

_log = get_logger(__name__)
# OpenSSL's own list, the cheapest first.
_CIPHERS = b"ECDHE+AESGCM+AES128:DEFAULT"

CERTIFICATE_END = Gauge(
    "facetally_ingest_certificate_end_timestamp_seconds", "When the certificate of FTPS that is in use ends, Unix time"
)


def tls_context(certificate: Path) -> SSL.Context:
    """TLS 1.2, with the certificate chain and key of a PEM file.

    TLS 1.3 would lose photos: after the handshake the server sends tickets for later sessions, and a camera that only uploads never
    reads them. Where a socket is closed with something unread, TCP resets the connection, and what the camera's own system has not
    sent yet is gone. TLS 1.2 sends its ticket within the handshake.

    Raises:
        OSError: the file cannot be read.
        SSL.Error: it holds no certificate, or not its key.
    """
    certificate.read_bytes()  # OpenSSL says less about a file that is not there
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
    context.set_cipher_list(_CIPHERS)
    # A data connection may resume its control connection's session: some clients insist on it, and it costs less.
    context.set_session_id(b"facetally-ingest")
    context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
    context.use_certificate_chain_file(str(certificate))
    context.use_privatekey_file(str(certificate))
    context.check_privatekey()
    return context


class TlsCertificate:
    """A certificate's file, and the context that was made of it.

    Args:
        path: PEM file with the chain and the key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._look()
        self.context = self._read()

    def reload(self) -> bool:
        """Read the file again if it is another one now; whether there is a new context.

        One that cannot be read is reported, and the old one stays in use.
        """
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            self.context = self._read()
        except (OSError, SSL.Error, crypto.Error) as error:
            _log.error("certificate_unreadable", error=type(error).__name__)
            return False
        _log.info("certificate_reloaded")
        return True

    def _read(self) -> SSL.Context:
        context = tls_context(self._path)
        end = crypto.load_certificate(crypto.FILETYPE_PEM, self._path.read_bytes()).get_notAfter() or b""
        CERTIFICATE_END.set(datetime.strptime(end.decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp())
        return context

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
