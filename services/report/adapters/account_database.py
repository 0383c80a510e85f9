"""Postgres as the role `account`: people, sessions, the audit log, groups and schedules."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import asyncpg

from services.common.errors import TransientError
from services.common.postgres import AWAY

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

_STATEMENT_TIMEOUT_S = 5


class AccountDatabase:
    """A pool; every error that means that Postgres is away becomes a TransientError."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str, max_connections: int = 4) -> AsyncIterator[Self]:
        """A pool that connects when it is first used, and again whenever it must."""
        pool = asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=max_connections,
            timeout=3,
            command_timeout=_STATEMENT_TIMEOUT_S + 1,
            server_settings={"application_name": "report-account", "statement_timeout": f"{_STATEMENT_TIMEOUT_S}s"},
        )
        async with pool:
            yield cls(pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["PoolConnectionProxy[asyncpg.Record]"]:
        """A connection, in a transaction that ends with the block."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection
        except AWAY as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error

    async def is_ready(self) -> bool:
        """Whether the database answers right now."""
        try:
            return bool(await self._pool.fetchval("select true"))
        except AWAY:
            return False

    async def fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        """All rows."""
        try:
            return await self._pool.fetch(query, *arguments)
        except AWAY as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error

    async def fetchrow(self, query: str, *arguments: object) -> Any | None:
        """The first row, if there is one."""
        rows = await self.fetch(query, *arguments)
        return rows[0] if rows else None

    async def fetchval(self, query: str, *arguments: object) -> Any:
        """The first row's first value; None where there is no row."""
        rows = await self.fetch(query, *arguments)
        return rows[0][0] if rows else None
