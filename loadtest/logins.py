"""Who the cameras log in as."""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

_COLUMNS: Final = ("camera", "login", "secret")


class LoginsError(Exception):
    """A file of logins that is of no use."""


@dataclass(frozen=True, slots=True)
class Login:
    """A camera's.

    Args:
        zone: of its shop's clock.
    """

    camera: str
    login: str
    secret: str
    zone: ZoneInfo

    def offset_h(self, now: datetime) -> float:
        """Hours that its clock is ahead of UTC."""
        offset = now.astimezone(self.zone).utcoffset()
        return offset.total_seconds() / 3600 if offset else 0.0


def read_logins(path: Path) -> list[Login]:
    """The logins that `facetally estate import` has written; a further column `time_zone` is UTC where there is none.

    Raises:
        LoginsError: there are none.
    """
    try:
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            if missing := [column for column in _COLUMNS if column not in (reader.fieldnames or ())]:
                raise LoginsError(f"{path} has no column {', '.join(missing)}")
            logins = [
                Login(row["camera"], row["login"], row["secret"], ZoneInfo(row.get("time_zone") or "UTC"))
                for row in reader
            ]
    except OSError as error:
        raise LoginsError(f"{path} cannot be read: {error.strerror}") from error
    if not logins:
        raise LoginsError(f"{path} lists no login")
    return logins


def write_logins(path: Path, logins: Iterable[Login]) -> None:
    """Write them, readable for this user only."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*_COLUMNS, "time_zone"))
        writer.writerows((login.camera, login.login, login.secret, login.zone.key) for login in logins)
