"""Which of Postgres's errors mean that it is away, and not that we are wrong; connections that outlive it."""

from typing import Final

import asyncpg

AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
)
# Such a transaction changes nothing, and goes through when it is tried again.
TRY_AGAIN: Final = (*AWAY, asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.DiskFullError)
_CONNECT_S: Final = 5


def lazy_pool(
    dsn: str, timeout_s: float, server_settings: dict[str, str], most: int = 1
) -> "asyncpg.Pool[asyncpg.Record]":
    """Connections that are made when they are first used, and again whenever they must. To be entered.

    Args:
        dsn: postgresql://user:password@host:port/database.
        timeout_s: for a statement, as the client sees it.
        server_settings: of the session; its application_name among them.
        most: connections at once.
    """
    return asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=most,
        timeout=_CONNECT_S,
        command_timeout=timeout_s,
        server_settings=server_settings,
    )
