"""What stands between ingest and its photo store, and makes the store slow or broken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto

_PIECE_BYTES = 64 * 1024


class Mood(Enum):
    """What becomes of a request."""

    PASSES = auto()
    LATE = auto()  # it passes, `late_s` after it came
    FAILS = auto()  # 503
    BREAKS = auto()  # the connection ends in the middle of it
    SAYS_NOTHING = auto()


class StoreProxy:
    """Passes connections on to a port of loopback, or does not."""

    late_s = 2.0

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._mood = Mood.PASSES
        self._open: set[asyncio.StreamWriter] = set()
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def before(cls, target_port: int) -> AsyncIterator["StoreProxy"]:
        """A proxy for as long as the block runs."""
        proxy = cls(target_port)
        server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield proxy
        finally:
            server.close()
            proxy.turn(Mood.PASSES)

    def turn(self, mood: Mood) -> None:
        """Change what becomes of requests; connections that there are end."""
        self._mood = mood
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mood = self._mood
        if mood is Mood.FAILS:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            await _swallow(reader)
        elif mood is Mood.BREAKS:
            await reader.readuntil(b"\r\n\r\n")
        elif mood is Mood.SAYS_NOTHING:
            await _swallow(reader)
        else:
            if mood is Mood.LATE:
                await asyncio.sleep(self.late_s)
            await self._pass_on(reader, writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        directions = (
            asyncio.create_task(_copy(reader, behind_writer)),
            asyncio.create_task(_copy(behind_reader, writer)),
        )
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            behind_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE_BYTES):
        writer.write(piece)
        await writer.drain()


async def _swallow(reader: asyncio.StreamReader) -> None:
    while await reader.read(_PIECE_BYTES):
        pass
