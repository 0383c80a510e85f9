"""The registry, with estate's own adapters. Connects for each use: admins change something now and then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.estate.adapters.kv_shop_board import KvShopBoard
from services.estate.adapters.postgres_editor import PostgresEditor

_CONNECT_WITHIN_S = 5.0


class EstateRegistry:
    """Postgres and NATS, as the role and the user `estate`.

    Args:
        dsn: of Postgres.
        nats: where the cells are told.
    """

    def __init__(self, dsn: str, nats: NatsSettings) -> None:
        self._dsn = dsn
        self._nats = nats

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[PostgresEditor]:
        """The registry.

        Raises:
            TransientError: Postgres is away, now or while it is used.
        """
        async with PostgresEditor.connect(self._dsn) as editor:
            yield editor

    @asynccontextmanager
    async def board(self) -> AsyncIterator[KvShopBoard]:
        """Where cells read of the shops.

        Raises:
            TransientError: NATS is away.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(_CONNECT_WITHIN_S):
                    bus = await stack.enter_async_context(MessageBus.connect(self._nats, "report"))
            except (TimeoutError, OSError) as error:
                raise TransientError("NATS is away") from error
            yield KvShopBoard(bus)
