"""A camera's side of FTP, as cheap as it can be: one process is to send sixty photos a second."""

import ftplib
import ssl
from contextlib import suppress
from typing import Final, Protocol, Self

_TIMEOUT_S: Final = 30.0


class Photo(Protocol):
    """A photo in two parts, which are sent one after the other."""

    @property
    def head(self) -> bytes:
        """What makes it one that nobody has sent before."""
        ...

    @property
    def tail(self) -> memoryview:
        """All the rest."""
        ...


class UploadError(Exception):
    """The photo was not kept, or nobody knows; with what the server said."""


def believing_context() -> ssl.SSLContext:
    """TLS that believes every certificate, as cameras do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class FtpSession:
    """A connection of somebody who has logged in.

    Args:
        context: of TLS; None for plain FTP.

    Raises:
        UploadError: it was refused, or nobody answers.
    """

    def __init__(self, host: str, port: int, login: str, secret: str, context: ssl.SSLContext | None) -> None:
        self._ftp = ftplib.FTP_TLS(context=context, timeout=_TIMEOUT_S) if context else ftplib.FTP(timeout=_TIMEOUT_S)
        try:
            self._ftp.connect(host, port)
            self._ftp.login(login, secret)
            if isinstance(self._ftp, ftplib.FTP_TLS):
                self._ftp.prot_p()
            self._ftp.voidcmd("TYPE I")
        except ftplib.all_errors as error:
            self._ftp.close()
            raise UploadError(_said(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.quit()

    def upload(self, path: str, photo: Photo) -> None:
        """Upload a photo; it is kept.

        Raises:
            UploadError: it is not. The session is of no use then.
        """
        try:
            with self._ftp.transfercmd(f"STOR {path}") as data:
                data.sendall(photo.head)
                data.sendall(photo.tail)
                if isinstance(data, ssl.SSLSocket):
                    # Without TLS's farewell the server cannot tell a whole photo from one that was cut off.
                    data.unwrap()
            self._ftp.voidresp()
        except ftplib.all_errors as error:
            raise UploadError(self._why(error)) from error

    def quit(self) -> None:
        """Say good-bye, if anybody is there to hear it."""
        with suppress(*ftplib.all_errors):
            self._ftp.quit()
        self._ftp.close()

    def close(self) -> None:
        """Hang up."""
        self._ftp.close()

    def _why(self, error: Exception) -> str:
        """What the server has said, where it hung up while the photo was on its way."""
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            with suppress(*ftplib.all_errors):
                return self._ftp.getresp()
        return _said(error)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
