"""A line between two machines that can be cut, as a network is: nobody is told, and what was on its way comes later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

_PIECE_BYTES = 64 * 1024


class Line:
    """Passes connections on to a port of loopback.

    While it is cut, nothing goes through: connections stay open and are silent, new ones are not answered. Once it is mended,
    what was held goes on, as TCP sends again what was not acknowledged.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._whole = asyncio.Event()
        self._whole.set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def before(cls, target_port: int) -> AsyncIterator[Self]:
        """A line for as long as the block runs."""
        line = cls(target_port)
        server = await asyncio.start_server(line._accept, "127.0.0.1", 0)
        line.port = server.sockets[0].getsockname()[1]
        try:
            yield line
        finally:
            server.close()
            for task in line._serving:
                task.cancel()
            await asyncio.gather(*line._serving, return_exceptions=True)

    def cut(self) -> None:
        """From now on nothing goes through."""
        self._whole.clear()

    def mend(self) -> None:
        """Everything goes through again."""
        self._whole.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._whole.wait()
            with suppress(OSError):
                await self._pass_on(reader, writer)
        finally:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        directions = {
            asyncio.create_task(self._copy(reader, there_writer)),
            asyncio.create_task(self._copy(there_reader, writer)),
        }
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            there_writer.transport.abort()  # first: whoever cancels us does not wait for the rest
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            await self._whole.wait()
            writer.write(piece)
            await writer.drain()
        await self._whole.wait()
