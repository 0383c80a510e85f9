"""Postgres as an operator sees it: which migrations it has, and what its clock shows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import asyncpg

from services.common.postgres import AWAY
from services.operate.domain.findings import NotWorkingError

if TYPE_CHECKING:
    from asyncpg.connection import Connection

_CONNECT_S: Final = 4.0
_PROVISION: Final = "Run `python -m services.provision`; on one machine, stop and start `make up`."


class PostgresFacts:
    """One database, as the role `operator`, which may read what was applied to it and nothing else.

    Args:
        dsn: postgresql://user:password@host:port/database.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @property
    def address(self) -> str:
        """Where it is, without the password."""
        parts = urlsplit(self._dsn)
        return f"{parts.hostname}:{parts.port or 5432}{parts.path}"

    async def clock(self) -> tuple[timedelta, timedelta]:
        """How far its clock is ahead of ours, and how long the question took.

        Raises:
            NotWorkingError: it is away, or refuses us.
        """
        async with self._connection() as connection:
            asked = datetime.now(UTC)
            there: datetime = await connection.fetchval("select clock_timestamp()")
            took = datetime.now(UTC) - asked
        return there - (asked + took / 2), took

    async def migrations(self) -> dict[str, str]:
        """Digest by name, of the migrations that were applied.

        Raises:
            NotWorkingError: it is away, or refuses us.
        """
        async with self._connection() as connection:
            try:
                rows = await connection.fetch("select name, sha256 from schema_migration")
            except asyncpg.UndefinedTableError:
                return {}
            except asyncpg.InsufficientPrivilegeError as error:
                raise NotWorkingError(
                    "The schema is from before there was a role `operator`, or the role has lost its rights.",
                    _PROVISION,
                ) from error
        return {row["name"]: row["sha256"] for row in rows}

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator["Connection"]:
        try:
            connection = await asyncpg.connect(self._dsn, timeout=_CONNECT_S)
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise NotWorkingError(
                f"Postgres at {self.address} refuses the user or the password.",
                f"See FACETALLY_OPERATE_POSTGRES_DSN. Where the role `operator` was never made: {_PROVISION}",
            ) from error
        except asyncpg.InvalidCatalogNameError as error:
            raise NotWorkingError(
                f"Postgres answers, but there is no database at {self.address}.",
                "See the database's name in FACETALLY_OPERATE_POSTGRES_DSN.",
            ) from error
        except AWAY as error:
            raise NotWorkingError(
                f"Postgres at {self.address} is away: {type(error).__name__}.",
                "Start Postgres (on one machine `make up`), or mend FACETALLY_OPERATE_POSTGRES_DSN.",
            ) from error
        try:
            yield connection
        finally:
            await connection.close()
