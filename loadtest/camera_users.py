"""Cameras, as Locust runs them: how they differ is how they use FTP."""

import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from locust import User, task

from loadtest.ftp_session import FtpSession, Photo, UploadError
from loadtest.logins import Login
from loadtest.plan import PERIOD_S
from loadtest.upload_names import upload_name
from services.common.ids import CameraId, photo_id

_BURST = 3


@dataclass(frozen=True, slots=True)
class Shops:
    """What all cameras share.

    Args:
        context: of TLS.
        next_photo: one that nobody has sent before.
        next_login: of a camera whose shop is open.
        is_open: whether a camera's shop is open.
        knows_rows: photos are looked for in a database later.
    """

    host: str
    port: int
    context: ssl.SSLContext
    next_photo: Callable[[], Photo]
    next_login: Callable[[], Login]
    is_open: Callable[[Login], bool]
    knows_rows: bool


class Camera(User):
    """Sends photos for as long as its shop is open, and is another shop's camera when it closes."""

    abstract = True
    shops: ClassVar[Shops]
    tls: ClassVar[bool] = False
    keeps_session: ClassVar[bool] = True
    photos_at_once: ClassVar[int] = 1

    def on_start(self) -> None:
        """Begin at any moment, so that cameras do not send all at once."""
        self._login = self.shops.next_login()
        self._session: FtpSession | None = None
        self._number = 0
        self._period_s = PERIOD_S * self.photos_at_once
        time.sleep(random.uniform(0, self._period_s))
        self._due_at = time.monotonic()

    def wait_time(self) -> float:
        """Seconds until the next photo; none where it is late already."""
        now = time.monotonic()
        self._due_at = max(self._due_at + self._period_s, now)
        return self._due_at - now

    def on_stop(self) -> None:
        """Say good-bye."""
        self._end_session()

    @task
    def send(self) -> None:
        """Send what it has taken."""
        if not self.shops.is_open(self._login):
            self._end_session()
            self._login = self.shops.next_login()
        for _ in range(self.photos_at_once):
            self._send_one()

    def _send_one(self) -> None:
        photo = self.shops.next_photo()
        self._number += 1
        path = upload_name(self._login.camera, datetime.now(self._login.zone), self._number)
        began, failure = time.perf_counter(), None
        try:
            if self._session is None:
                self._session = self._log_in()
            self._session.upload(path, photo)
        except UploadError as error:
            failure = error
            if self._session is not None:
                self._session.close()
                self._session = None
        took_ms = (time.perf_counter() - began) * 1000
        # The moment of 226; naming the photo comes after it.
        at = time.time()
        named = self.shops.knows_rows and failure is None
        content = b"".join((photo.head, photo.tail)) if named else b""
        self.environment.events.request.fire(
            request_type="FTPS" if self.tls else "FTP",
            name=type(self).__name__,
            response_time=took_ms,
            response_length=len(photo.head) + len(photo.tail),
            exception=failure,
            context={"ended_at": at, "photo_id": photo_id(CameraId(self._login.camera), content) if named else ""},
        )
        if not self.keeps_session:
            self._end_session()

    def _log_in(self) -> FtpSession:
        login, shops = self._login, self.shops
        return FtpSession(shops.host, shops.port, login.login, login.secret, shops.context if self.tls else None)

    def _end_session(self) -> None:
        if self._session is not None:
            self._session.quit()
            self._session = None


class KeepsSession(Camera):
    """Stays logged in and sends a photo now and then."""

    weight = 4


class LogsInEachTime(Camera):
    """Logs in for each photo, as most cameras do."""

    weight = 3
    keeps_session = False


class KeepsTlsSession(Camera):
    """Stays logged in, over TLS."""

    weight = 1
    tls = True


class LogsInEachTimeByTls(Camera):
    """Logs in for each photo, over TLS."""

    weight = 1
    tls = True
    keeps_session = False


class SendsBursts(Camera):
    """Sends some photos one after the other, and then nothing for longer."""

    weight = 1
    photos_at_once = _BURST
