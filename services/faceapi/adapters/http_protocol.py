"""HTTP from clients that are slow, broken or hostile: uvicorn's protocol over h11, with an end to everything.

h11 bounds a request's head (16 kB), and uvicorn ends connections that are idle between two requests. Neither ends one whose
request never comes, whose body goes on after its answer, or whose client does not read; here they end.
"""

import asyncio
from asyncio import Transport
from collections.abc import Callable
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle


class BoundedHttpProtocol(H11Protocol):
    """A connection of a client's that is given time, and not for ever.

    The application answers when it likes, also before the body has been read: what of it comes later is thrown away.
    """

    # Until a request's head is complete: from the connection's beginning, or from the first byte of a later request.
    head_within_s = 10.0
    # Until a client takes what it is sent, while more waits than the connection holds or when all has been said.
    taken_within_s = 30.0
    # For a client that has its answer to finish what it still sends.
    lingers_s = 5.0

    _head_due: asyncio.TimerHandle | None = None
    _taken_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(cast("Transport", _LeavingTransport(cast("Transport", transport), self._leave)))
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        _cancel(self._head_due)
        _cancel(self._taken_due)

    def data_received(self, data: bytes) -> None:
        """Take what has come, unless all has been said."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """Go on with the next request, or end where this one's body has not come: it may never end."""
        if self._is_sending():
            self.transport.close()
        super().on_response_complete()
        self._watch_head()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, where there is still something to say."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()
        # An application that waits for the rest of such a request need not.
        if (cycle := self._current()) and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def shutdown(self) -> None:
        """The server ends."""
        if not self.transport.is_closing():
            super().shutdown()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        super().pause_writing()
        self._taken_due = self.loop.call_later(self.taken_within_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        if not self.transport.is_closing():  # which has a time of its own
            _cancel(self._taken_due)

    def _watch_head(self) -> None:
        """See that a head which is waited for comes in time; between two requests uvicorn's keep-alive sees to it."""
        waits = self.conn.their_state is h11.IDLE and not self.transport.is_closing()
        if not waits or (self._current() and not self.conn.trailing_data[0]):
            _cancel(self._head_due)
            self._head_due = None
        elif self._head_due is None:
            self._head_due = self.loop.call_later(self.head_within_s, self.transport.close)

    def _should_upgrade(self) -> bool:
        return False  # to no WebSocket, which would leave these limits behind

    def _current(self) -> RequestResponseCycle | None:
        """The request that was begun last; uvicorn has none at first, and does not say so in its types."""
        return self.cycle

    def _is_sending(self) -> bool:
        """Whether the client is in the middle of something."""
        return self.conn.their_state in (h11.SEND_BODY, h11.ERROR)

    def _leave(self, transport: Transport) -> None:
        """Close a connection so that its client learns what it was told.

        A socket that is closed while bytes come in resets the connection, and takes the answer along.
        """
        if self._is_sending() and transport.can_write_eof():
            transport.write_eof()
            transport.resume_reading()
            within_s = self.lingers_s
        else:
            transport.close()
            within_s = self.taken_within_s
        _cancel(self._taken_due)
        self._taken_due = self.loop.call_later(within_s, transport.abort)


class _LeavingTransport:
    """A transport that somebody else closes.

    Args:
        transport: the real one.
        leave: closes it.
    """

    def __init__(self, transport: Transport, leave: Callable[[Transport], None]) -> None:
        self._transport = transport
        self._leave = leave
        self._left = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether all has been said."""
        return self._left or self._transport.is_closing()

    def close(self) -> None:
        """Say no more."""
        if not self.is_closing():
            self._left = True
            self._leave(self._transport)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
