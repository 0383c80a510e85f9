"""The NATS library's client, mended where it would hold up an end that was asked for."""

import asyncio
from typing import Any

from nats.aio.client import PING_PROTO, Client
from nats.aio.msg import Msg


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


def _cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0
