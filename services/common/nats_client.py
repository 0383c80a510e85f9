"""The NATS library's client, mended where it would hold up an end that was asked for."""

import asyncio
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg


class NatsClient(Client):
    """A client whose requests end when they are cancelled.

    The library waits with asyncio's `wait_for`, which in Python 3.11 forgets a cancellation that meets the answer
    (CPython issue 86296): a Ctrl-C at that moment would be lost.
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


def _cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0
