"""The demo cameras' logins: the registry keeps no secret, so the demo does, beside its state."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from services.estate.domain import NewSecret


class LoginsFile:
    """Secrets by camera."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, secrets: Iterable[NewSecret]) -> None:
        """Keep new secrets, readable for this user only."""
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", newline="") as file:
            csv.writer(file).writerows((secret.camera, secret.secret) for secret in secrets)

    def read(self) -> dict[str, str]:
        """All secrets kept so far."""
        if not self._path.exists():
            return {}
        with self._path.open(newline="") as file:
            return dict(csv.reader(file))
