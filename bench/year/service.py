"""The report service, as the process that it is, on a seeded year."""

import sys
from typing import Any

from bench.year.cluster import YearDatabase, free_port
from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program, service_environment
from tests.servers.running import environment


def report_program(database: YearDatabase, port: int, **settings: Any) -> Program:
    """Describe it.

    Args:
        database: that it reads.
        port: of its pages.
        settings: others than the defaults.
    """
    health = free_port()
    values = {
        # Only the page that tries out photos asks NATS, when a photo is dropped on it.
        "nats": {"url": "nats://127.0.0.1:9", "user": "report", "password": "nobody-answers"},
        "postgres_dsn": database.dsn("report"),
        "account_dsn": database.dsn("account"),
        "cookie_key": database.passwords["cookies"],
        "secure_cookies": False,
        "http_port": port,
        "health_port": health,
        "log_level": "warning",
        **settings,
    }
    return Program(
        "report",
        (sys.executable, "-m", "services.report"),
        answers_http(f"http://127.0.0.1:{health}/readyz"),
        environment() | service_environment("report", values),
    )
