"""Roles and migrations in Postgres."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from services.common.errors import TransientError
from services.common.postgres import AWAY
from services.provision.domain.schema import Migration, pending

if TYPE_CHECKING:
    from asyncpg.connection import Connection

_LOCK = 0x66616365  # "face": two jobs at once take turns


class PostgresSchema:
    """One database, as its owner.

    Args:
        dsn: postgresql://owner:password@host:port/database; the owner may make roles.
        migrations_folder: .sql files, applied in the order of their names.
    """

    def __init__(self, dsn: str, migrations_folder: Path) -> None:
        self._dsn = dsn
        self._folder = migrations_folder

    async def ensure_role(self, name: str, password: str) -> None:
        """Make the role if it is not there, and set its password."""
        async with self._connection() as connection:
            there = await connection.fetchval("select exists (select from pg_roles where rolname = $1)", name)
            # DDL takes no parameters, so the server quotes the name and the password.
            command = await connection.fetchval(
                f"select format('{'alter' if there else 'create'} role %I login password %L', $1::text, $2::text)",
                name,
                password,
            )
            await connection.execute(command)

    async def migrate(self) -> list[str]:
        """Apply the migrations that are missing, each in a transaction of its own; their names.

        Raises:
            ChangedMigrationError: one was edited after it had been applied.
        """
        migrations = [Migration(path.stem, path.read_text()) for path in sorted(self._folder.glob("*.sql"))]
        async with self._connection() as connection:
            await connection.execute("select pg_advisory_lock($1)", _LOCK)
            await connection.execute(
                "create table if not exists schema_migration ("
                "name text primary key, sha256 text not null, applied_at timestamptz not null default now())"
            )
            rows = await connection.fetch("select name, sha256 from schema_migration")
            missing = pending(migrations, {row["name"]: row["sha256"] for row in rows})
            for migration in missing:
                async with connection.transaction():
                    await connection.execute(migration.sql)
                    await connection.execute(
                        "insert into schema_migration (name, sha256) values ($1, $2)", migration.name, migration.sha256
                    )
        return [migration.name for migration in missing]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator["Connection"]:
        try:
            connection = await asyncpg.connect(self._dsn, timeout=10)
        except AWAY as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error
        try:
            yield connection
        finally:
            await connection.close()
