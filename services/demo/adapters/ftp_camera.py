"""A camera, as far as an FTP server can tell."""

import ftplib
import ssl
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_TIMEOUT_S = 30
_TRIES = 20
_PAUSE_S = 0.5


class FtpCamera:
    """Uploads photos of a folder, by FTP or explicit FTPS.

    Args:
        host: of the server.
        port: of the server.
        folder: of the photos.
        certificate: the server's own, to know it by.
    """

    def __init__(self, host: str, port: int, folder: Path, certificate: Path) -> None:
        self._host = host
        self._port = port
        self._folder = folder
        self._certificate = certificate

    def upload(self, login: str, secret: str, photos: Sequence[str], *, tls: bool, done: Callable[[], None]) -> None:
        """Upload photos by name, one session; as any camera, again when it is told to."""
        with self._logged_in(login, secret, tls) as session:
            for name in photos:
                self._store(session, name)
                done()

    def _session(self, tls: bool) -> ftplib.FTP:
        if not tls:
            session = ftplib.FTP(timeout=_TIMEOUT_S)
        else:
            context = ssl.create_default_context(cafile=str(self._certificate))
            context.check_hostname = False  # the certificate is known by itself, not by a name
            session = ftplib.FTP_TLS(timeout=_TIMEOUT_S, context=context)
        session.connect(self._host, self._port)
        return session

    def _logged_in(self, login: str, secret: str, tls: bool) -> ftplib.FTP:
        """A session; a login that was made a moment ago takes a moment to reach the server."""
        for attempt in range(_TRIES):
            session = self._session(tls)
            try:
                session.login(login, secret)
                if isinstance(session, ftplib.FTP_TLS):
                    session.prot_p()
            except ftplib.error_perm:
                session.close()
                if attempt == _TRIES - 1:
                    raise
                time.sleep(_PAUSE_S)
            else:
                return session
        raise AssertionError("unreachable")

    def _store(self, session: ftplib.FTP, name: str) -> None:
        for attempt in range(_TRIES):
            try:
                with (self._folder / name).open("rb") as photo:
                    session.storbinary(f"STOR {name}", photo)
            except ftplib.error_temp:
                if attempt == _TRIES - 1:
                    raise
                time.sleep(_PAUSE_S)
            else:
                return
