"""Postgres, with a migrated template that every test gets a copy of."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from services.provision.adapters.postgres_schema import PostgresSchema
from services.provision.domain.schema import DATABASE_ROLES
from services.standalone.adapters.postgres_server import OWNER, make_cluster, postgres_server
from services.standalone.domain import Program
from tests.servers.running import RunningProgram, environment, free_ports

MIGRATIONS = Path(__file__).parents[2] / "services" / "record" / "migrations"
_TEMPLATE = "migrated"


@dataclass(frozen=True, slots=True)
class Database:
    """One database of the server."""

    port: int
    name: str

    def dsn(self, role: str) -> str:
        """Connection of one role: owner, record, report or estate."""
        return f"postgresql://{role}:password-of-{role}@127.0.0.1:{self.port}/{self.name}"


class PostgresServer:
    """A running Postgres."""

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        data = folder / "cluster"
        make_cluster(data, f"password-of-{OWNER}", environment())
        self.program: Program = postgres_server(data, self.port, environment(), "fsync=off", "shared_buffers=64MB")
        self.running = RunningProgram(self.program, folder / "postgres.log")
        self._numbers = itertools.count()

    async def provision(self) -> None:
        """Make the roles, and the template."""
        template = await self._create(_TEMPLATE, "template1")
        schema = PostgresSchema(template.dsn(OWNER), MIGRATIONS)
        for role in DATABASE_ROLES:
            await schema.ensure_role(role, f"password-of-{role}")
        await schema.migrate()

    async def fresh_database(self) -> Database:
        """A database with the schema and nothing else."""
        return await self._create(f"test_{next(self._numbers)}", _TEMPLATE)

    async def drop(self, database: Database) -> None:
        """Remove a database, whoever is still connected to it."""
        await self._execute(f"drop database {database.name} with (force)")

    async def _create(self, name: str, template: str) -> Database:
        await self._execute(f"create database {name} template {template}")
        return Database(self.port, name)

    async def _execute(self, command: str) -> None:
        connection = await asyncpg.connect(Database(self.port, "postgres").dsn(OWNER))
        try:
            await connection.execute(command)
        finally:
            await connection.close()
