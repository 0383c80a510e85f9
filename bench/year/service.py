"""The report service, as the process that it is, on a seeded year."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench.year.cluster import YearDatabase
from services.standalone.domain import Program
from tests.servers.running import RunningProgram, running
from tests.servers.services import service


def report_program(database: YearDatabase, port: int, **settings: Any) -> Program:
    """Describe it.

    Args:
        database: that it reads.
        port: of its pages.
        settings: others than the defaults.
    """
    values = {
        # Only the page that tries out photos asks NATS, when a photo is dropped on it.
        "nats": {"url": "nats://127.0.0.1:9", "user": "report", "password": "nobody-answers"},
        "postgres_dsn": database.dsn("report"),
        "account_dsn": database.dsn("account"),
        "cookie_key": database.passwords["cookies"],
        "secure_cookies": False,
        "http_port": port,
        "log_level": "warning",
        **settings,
    }
    return service("report", values)


def running_report(
    database: YearDatabase, port: int, log_folder: Path, **settings: Any
) -> AbstractContextManager[RunningProgram]:
    """The service, for as long as the block runs. Call this in the main thread."""
    return running(report_program(database, port, **settings), log_folder)
