"""The Postgres of a seeded year, in a folder of its own."""

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from services.provision.adapters.postgres_schema import PostgresSchema
from services.provision.domain.schema import DATABASE_ROLES, ChangedMigrationError
from services.standalone.adapters.postgres_server import DATABASE, OWNER, make_cluster, postgres_server
from tests.servers.running import RunningProgram, environment

ROOT: Final = Path(__file__).parents[2]
_MIGRATIONS: Final = ROOT / "services" / "record" / "migrations"
# What is lost if the machine dies while it is filled is filled again.
LOADING: Final = (
    "shared_buffers=2GB", "max_wal_size=512MB", "min_wal_size=64MB", "checkpoint_timeout=1h", "maintenance_work_mem=512MB", "fsync=off",
    "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off",
)  # fmt: skip


class NotSeededError(Exception):
    """There is no year in the folder, or one that cannot be used."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a folder's database was filled with.

    Args:
        now: UTC; up to when hours are filled.
    """

    months: int
    shops: int
    seed: int
    now: datetime
    faces: int


@dataclass(frozen=True, slots=True)
class YearDatabase:
    """The running database."""

    port: int
    passwords: dict[str, str]
    pid: int

    def dsn(self, role: str) -> str:
        """Connection of one role."""
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{DATABASE}"


class YearFolder:
    """Where the database and what opens it are kept."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @property
    def seeded(self) -> Seeded:
        """What it was filled with.

        Raises:
            NotSeededError: it was not, or not to the end.
        """
        mark = self.path / "seeded.json"
        if not mark.exists():
            raise NotSeededError(f"there is no year in {self.path}: run `make seed-year`")
        values = json.loads(mark.read_text())
        return Seeded(**{**values, "now": datetime.fromisoformat(values["now"])})

    def finish(self, seeded: Seeded) -> None:
        """Note that it is filled."""
        values = {name: getattr(seeded, name) for name in Seeded.__slots__}
        (self.path / "seeded.json").write_text(json.dumps({**values, "now": seeded.now.isoformat()}, indent=2))

    def keep(self, name: str, values: object) -> Path:
        """Write a JSON file that only this user may read."""
        path = self.path / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(values, indent=2))
        return path

    def passwords(self) -> dict[str, str]:
        """Of the database's roles, and what signs cookies; made once."""
        path = self.path / "passwords.json"
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        # A year that was seeded before there was a role lacks its password.
        made = {role: secrets.token_urlsafe(24) for role in (OWNER, *DATABASE_ROLES, "cookies")} | kept
        if made != kept:
            self.keep(path.name, made)
        return made

    @asynccontextmanager
    async def database(self, *options: str) -> AsyncIterator[YearDatabase]:
        """The database, running and migrated, for as long as the block runs.

        Args:
            options: more settings of Postgres, as name=value.

        Raises:
            NotSeededError: it was made by another version of the schema.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        passwords = self.passwords()
        port = free_port()
        data = self.path / "cluster"
        make_cluster(data, passwords[OWNER], environment())
        program = postgres_server(data, port, environment(), *options)
        server = RunningProgram(program, self.path / "postgres.log")
        server.spawn()
        try:
            await server.until_ready()
            database = YearDatabase(port, passwords, server.pid)
            schema = PostgresSchema(database.dsn(OWNER), _MIGRATIONS)
            for role in DATABASE_ROLES:
                await schema.ensure_role(role, passwords[role])
            try:
                await schema.migrate()
            except ChangedMigrationError as error:
                raise NotSeededError(f"{error}: remove {self.path}, and seed it anew") from error
            yield database
        finally:
            await asyncio.to_thread(server.stop)


def free_port() -> int:
    """A port of loopback: any one, because tests take theirs in order from the same few thousand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
