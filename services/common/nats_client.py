"""The NATS library's client, mended where it would hold up an end that was asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats.errors
from nats.aio.client import PING_PROTO, Client
from nats.aio.msg import Msg

from services.common.settings import NatsSettings
from services.common.streams import inbox_prefix

_CONNECT_S = 3


class NotConnectedError(Exception):
    """There is no connection to NATS.

    Args:
        refused: somebody answers there, and refuses the user.
    """

    def __init__(self, *, refused: bool) -> None:
        super().__init__("refused" if refused else "nobody answers")
        self.refused = refused


class NatsClient(Client):
    """A client whose requests end when they are cancelled, and whose `flush` flushes.

    The library waits with asyncio's `wait_for`, which in Python 3.11 forgets a cancellation that meets the answer
    (CPython issue 86296): a Ctrl-C at that moment would be lost. Its `flush` writes a PING at once, before the commands that
    wait for their turn: the server's PONG says nothing about a subscription made just before.
    """

    async def request(
        self,
        subject: str,
        payload: bytes = b"",
        timeout: float = 0.5,  # noqa: ASYNC109 - the library's signature
        old_style: bool = False,
        headers: dict[str, Any] | None = None,
    ) -> Msg:
        """As the library's."""
        before = _cancellations()
        reply = await super().request(subject, payload, timeout, old_style, headers)
        if _cancellations() > before:
            raise asyncio.CancelledError
        return reply

    async def _send_ping(self, future: "asyncio.Future[bool] | None" = None) -> None:
        """As the library's, but behind what waits to be sent: its PONG means that the server knows all of that."""
        self._pongs.append(future or asyncio.Future())
        # Not `_send_command`, which waits for as long as the server reads nothing.
        self._pending.append(PING_PROTO)
        self._pending_data_size += len(PING_PROTO)
        await self._flush_pending()


@asynccontextmanager
async def connected_once(settings: NatsSettings, name: str) -> AsyncIterator[NatsClient]:
    """A connection for a command: it is not waited for, and not opened again when it is lost.

    Raises:
        NotConnectedError: nobody answers there, or refuses the user.
    """
    failures: list[Exception] = []

    async def on_error(error: Exception) -> None:
        failures.append(error)

    client = NatsClient()
    try:
        await client.connect(
            settings.url.split(","),
            name=name,
            inbox_prefix=inbox_prefix(settings.user).encode(),
            user=settings.user,
            password=settings.password.get_secret_value(),
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=_CONNECT_S,
            error_cb=on_error,
        )
    except BaseException as error:
        await client.close()  # also when whoever waits has lost patience: the library leaves its socket open
        if isinstance(error, nats.errors.Error | OSError | TimeoutError):
            refused = any("authorization" in str(failure).lower() for failure in [*failures, error])
            raise NotConnectedError(refused=refused) from error
        raise
    try:
        yield client
    finally:
        await client.close()


def _cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0
