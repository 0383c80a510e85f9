"""Connections to Postgres as the role `backfill`, and what changes the tallies of shops' hours."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import asyncpg

from services.backfill.domain import Hour
from services.common.errors import TransientError
from services.common.postgres import TRY_AGAIN, lazy_pool
from services.common.tally_sql import ADD_VISITORS, MARK_STALE

_TIMEOUT_S: Final = 60.0
_SCOPES: Final = "select shop_id, scope_id from scope where shop_id = any($1::int[])"


class Database:
    """A connection that is made when it is first used, and again whenever it must."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str) -> AsyncIterator[Self]:
        """Ready to connect while the block runs."""
        pool = lazy_pool(
            dsn,
            _TIMEOUT_S,
            # Compiling a sum of 192 terms takes longer than adding up a batch.
            {"application_name": "backfill", "jit": "off"},
        )
        async with pool:
            yield cls(pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A connection within a transaction.

        Raises:
            TransientError: the database is away or overloaded.
        """
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection
        except TRY_AGAIN as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error


async def add_to_hours(connection: Any, hours: Mapping[Hour, list[int]]) -> None:
    """Add vectors of cells to hours of shops, and mark as out of date what is added up from them."""
    if not hours:
        return
    await connection.execute(MARK_STALE, *columns(hours))
    scopes = dict(await connection.fetch(_SCOPES, [hour.shop_id for hour in hours]))
    keys = [(scopes[hour.shop_id], hour.local_day, hour.local_hour) for hour in hours]
    cells = [number for vector in hours.values() for number in vector]
    await connection.execute(ADD_VISITORS, *columns(keys), cells)


def columns(rows: Collection[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as columns."""
    return [list(column) for column in zip(*rows, strict=True)]
