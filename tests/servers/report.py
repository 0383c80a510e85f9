"""The report service as the real process that it is, and tokens to ask it with."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.report.command import make_token, opened_people
from services.report.domain.people import Grant, NewPerson, Role
from tests.servers.postgres import Database
from tests.servers.running import finish, free_ports, running
from tests.servers.services import service


@dataclass(frozen=True, slots=True)
class ReportServer:
    """A running report service."""

    database: Database
    url: str

    def token(self, *places: Grant, role: Role = Role.ANALYST) -> str:
        """An API token of somebody new who may see these places."""
        return finish(_token(self.database.dsn("account"), places, role))


async def _token(dsn: str, places: Sequence[Grant], role: Role) -> str:
    email = f"{secrets.token_hex(6)}@example.com"
    async with opened_people(dsn) as (people, _):
        await people.add(NewPerson(email, "A machine", role, tuple(places)), None)
    return await make_token(dsn, email, "test", days=1)


@contextmanager
def report_server(database: Database, log_folder: Path, min_cell: int = 10) -> Iterator[ReportServer]:
    """The service for as long as the block runs.

    Args:
        database: filled, or to be filled.
        log_folder: where its log goes.
        min_cell: counts of fewer visitors are hidden.
    """
    (port,) = free_ports(1)
    values = {
        "postgres_dsn": database.dsn("report"),
        "account_dsn": database.dsn("account"),
        "nats": {"url": "nats://127.0.0.1:1", "user": "report", "password": "none"},
        "cookie_key": secrets.token_urlsafe(32),
        "secure_cookies": False,
        "http_port": port,
        "min_cell": min_cell,
    }
    with running(service("report", values), log_folder):
        yield ReportServer(database, f"http://127.0.0.1:{port}")
