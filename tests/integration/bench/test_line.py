"""A line that is cut is silent; what was on its way comes once it is mended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.chaos.line import Line


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """A server that says everything again; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            writer.write(piece)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def said(reader: asyncio.StreamReader, within_s: float) -> bytes:
    async with asyncio.timeout(within_s):
        return await reader.readline()


async def test_what_was_sent_while_it_was_cut_comes_when_it_is_mended() -> None:
    async with echo() as port, Line.before(port) as line:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"before\n")
        assert await said(reader, 5) == b"before\n"
        line.cut()
        writer.write(b"meanwhile\n")
        with pytest.raises(TimeoutError):
            await said(reader, 0.3)
        line.mend()
        assert await said(reader, 5) == b"meanwhile\n"
        writer.close()


async def test_who_connects_while_it_is_cut_hears_nothing_until_it_is_mended() -> None:
    async with echo() as port, Line.before(port) as line:
        line.cut()
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"hello\n")
        with pytest.raises(TimeoutError):
            await said(reader, 0.3)
        line.mend()
        assert await said(reader, 5) == b"hello\n"
        writer.close()


async def test_an_end_on_one_side_is_one_on_the_other() -> None:
    async with echo() as port, Line.before(port) as line:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"hello\n")
        assert await said(reader, 5) == b"hello\n"
        writer.close()
        await writer.wait_closed()
        assert await reader.read() == b""
