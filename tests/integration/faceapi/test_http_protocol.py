"""uvicorn with our limits, among clients that are slow, broken or hostile: whatever they do, it ends, and others are served."""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import pytest
import uvicorn

from services.faceapi.adapters.http_protocol import BoundedHttpProtocol

HELLO = b"GET /hello HTTP/1.1\r\nHost: here\r\n\r\n"
# More than a connection's buffers hold, on both of its ends.
LARGE_BYTES = 32 << 20
# Far more than is needed where nothing is waited for.
SOON_S = 5.0


class Watched(BoundedHttpProtocol):
    """As it is, with limits that tests can wait for."""

    head_within_s = 0.4
    taken_within_s = 0.6
    lingers_s = 0.5
    all: list["Watched"] = []  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.all.append(self)
        self.most_held = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        held = len(self.conn.trailing_data[0]) + len(cycle.body if (cycle := self._current()) else b"")
        self.most_held = max(self.most_held, held)


@dataclass
class App:
    """An ASGI application; the address says what it does."""

    seen: list[str] = field(default_factory=list)

    async def __call__(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        path = scope["path"]
        body, status = b"hello", 200
        if path == "/read":
            size, more = 0, True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.seen.append("gone")
                    return
                size, more = size + len(message["body"]), message["more_body"]
            body = b"%d bytes" % size
        elif path == "/refuse":
            body, status = b"too big", 413
        elif path == "/large":
            body = bytes(LARGE_BYTES)
        self.seen.append(path)
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]}
        )
        for at in range(0, len(body), 1 << 20):
            piece = body[at : at + (1 << 20)]
            await send({"type": "http.response.body", "body": piece, "more_body": at + len(piece) < len(body)})


@dataclass
class Running:
    app: App
    server: uvicorn.Server
    port: int
    connected: list[StreamWriter] = field(default_factory=list)

    async def connect(self) -> tuple[StreamReader, StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.connected.append(writer)
        return reader, writer

    @property
    def open(self) -> int:
        return len(self.server.server_state.connections)

    async def until_all_are_gone(self) -> None:
        async with asyncio.timeout(SOON_S):
            while self.open:
                await asyncio.sleep(0.01)


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@asynccontextmanager
async def running(http: type[BoundedHttpProtocol], **options: Any) -> AsyncIterator[Running]:
    app = App()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, http=http, log_config=None, access_log=False, lifespan="off", **options
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    here = Running(app, server, server.servers[0].sockets[0].getsockname()[1])
    try:
        yield here
    finally:
        for writer in here.connected:
            writer.transport.abort()
        server.should_exit = True
        await asyncio.wait_for(serving, 10)


@pytest.fixture
async def here(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Running]:
    Watched.all = []
    async with running(Watched, timeout_keep_alive=1) as server:
        yield server
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def answer(reader: StreamReader) -> tuple[int, bytes]:
    """The next answer that has a length."""
    async with asyncio.timeout(SOON_S):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return int(head.split()[1]), await reader.readexactly(length)


async def ends(reader: StreamReader) -> bytes:
    """What comes before the server ends the connection."""
    async with asyncio.timeout(SOON_S):
        return await reader.read()


async def send_on(writer: StreamWriter, piece: bytes) -> float:
    """Send for as long as it is taken; for how long that was."""
    began = monotonic()
    with suppress(ConnectionError):
        async with asyncio.timeout(SOON_S):
            while True:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
    return monotonic() - began


async def test_requests_share_a_connection(here: Running) -> None:
    reader, writer = await here.connect()
    for _ in range(3):
        writer.write(HELLO)
        assert await answer(reader) == (200, b"hello")
        writer.write(b"POST /read HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        assert await answer(reader) == (200, b"3 bytes")
    assert len(Watched.all) == 1


async def test_pipelined_requests_are_answered_in_their_order(here: Running) -> None:
    reader, writer = await here.connect()
    post = b"POST /read HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000)
    writer.write((HELLO + post) * 3)
    for _ in range(3):
        assert await answer(reader) == (200, b"hello")
        assert await answer(reader) == (200, b"100000 bytes")


async def test_a_large_body_is_read_by_whoever_wants_it(here: Running) -> None:
    reader, writer = await here.connect()
    writer.write(b"POST /read HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % LARGE_BYTES)
    writer.write(bytes(LARGE_BYTES))
    assert await answer(reader) == (200, b"%d bytes" % LARGE_BYTES)
    assert Watched.all[0].most_held < 1 << 20


async def test_a_large_answer_reaches_a_slow_reader(here: Running) -> None:
    reader, writer = await here.connect()
    writer.write(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
    await asyncio.sleep(Watched.taken_within_s / 2)
    assert await answer(reader) == (200, bytes(LARGE_BYTES))


async def test_an_idle_connection_outlives_the_time_for_a_head_between_requests(here: Running) -> None:
    reader, writer = await here.connect()
    writer.write(HELLO)
    await answer(reader)
    await asyncio.sleep(Watched.head_within_s * 1.5)
    writer.write(HELLO)
    assert await answer(reader) == (200, b"hello")


async def test_who_connects_and_says_nothing_is_sent_away(here: Running) -> None:
    silent = [await here.connect() for _ in range(100)]
    reader, writer = await here.connect()
    writer.write(HELLO)
    assert await answer(reader) == (200, b"hello")
    assert here.open == 101
    began = monotonic()
    assert [await ends(reader) for reader, _ in silent] == [b""] * 100
    assert monotonic() - began < SOON_S
    await here.until_all_are_gone()


@pytest.mark.parametrize("before", [b"", HELLO])
async def test_a_head_that_drips_in_ends_the_connection(here: Running, before: bytes) -> None:
    reader, writer = await here.connect()
    if before:
        writer.write(before)
        await answer(reader)
    began = monotonic()
    for byte in b"GET /hello HTTP/1.1\r\n" + b"x: y\r\n" * 1000:
        writer.write(bytes([byte]))
        with suppress(TimeoutError):
            assert await asyncio.wait_for(reader.read(1), 0.05) == b""
            break
    assert Watched.head_within_s * 0.9 <= monotonic() - began < SOON_S
    await here.until_all_are_gone()
    assert here.app.seen == ["/hello"] * bool(before)


@pytest.mark.parametrize("beginning", [b"GET /hello HTTP/1.1\r\nHost: here\r\nx: ", b"GET /", b"a"])
async def test_a_head_without_an_end_is_refused(here: Running, beginning: bytes) -> None:
    reader, writer = await here.connect()
    writer.write(beginning)
    sent = asyncio.create_task(send_on(writer, b"x" * 8_000))
    assert (await ends(reader)).startswith(b"HTTP/1.1 400 ")
    assert await sent < SOON_S
    await here.until_all_are_gone()
    assert Watched.all[0].most_held < 1 << 20


async def test_a_client_that_is_refused_learns_it_although_it_goes_on_sending(here: Running) -> None:
    reader, writer = await here.connect()
    writer.write(b"POST /refuse HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % LARGE_BYTES)
    writer.write(bytes(LARGE_BYTES))
    await writer.drain()
    assert await answer(reader) == (413, b"too big")
    assert await ends(reader) == b""
    writer.close()
    await here.until_all_are_gone()
    assert Watched.all[0].most_held < 1 << 20


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n", b"Expect: 100-continue\r\n"])
async def test_a_body_without_an_end_is_not_read_on_when_all_has_been_said(here: Running, more: bytes) -> None:
    reader, writer = await here.connect()
    writer.write(b"POST /refuse HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n%b\r\n" % more)
    sent = asyncio.create_task(send_on(writer, b"%x\r\n%b\r\n" % (8_000, bytes(8_000))))
    assert await answer(reader) == (413, b"too big")
    assert await ends(reader) == b""
    assert Watched.lingers_s * 0.9 <= await sent < SOON_S
    await here.until_all_are_gone()
    assert Watched.all[0].most_held < 1 << 20
    assert here.app.seen == ["/refuse"]


async def test_a_body_that_is_no_http_ends_the_request(here: Running) -> None:
    reader, writer = await here.connect()
    writer.write(b"POST /read HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n")
    assert (await ends(reader)).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await here.until_all_are_gone()
    assert here.app.seen == ["gone"]


async def test_rubbish_in_the_middle_of_an_answer_ends_it(here: Running) -> None:
    reader, writer = await here.connect()
    writer.write(b"POST /large HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n")
    await reader.readexactly(100)
    writer.write(b"zzz\r\n")
    assert len(await ends(reader)) < LARGE_BYTES
    writer.close()
    await here.until_all_are_gone()


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_forgotten(here: Running) -> None:
    _, writer = await here.connect()
    writer.write(b"POST /read HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nabc")
    await writer.drain()
    writer.close()
    await here.until_all_are_gone()
    assert here.app.seen in ([], ["gone"])


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
async def test_a_client_that_does_not_read_is_left(here: Running, more: bytes) -> None:
    _, writer = await here.connect()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(b"GET /large HTTP/1.1\r\nHost: here\r\n%b\r\n" % more)
    async with asyncio.timeout(SOON_S):
        while not here.open:
            await asyncio.sleep(0.01)
    await here.until_all_are_gone()
    assert here.app.seen == ["/large"]


async def test_a_client_that_has_read_a_large_answer_is_waited_for_no_longer(here: Running) -> None:
    reader, writer = await here.connect()
    writer.write(b"POST /large HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n")
    assert await answer(reader) == (200, bytes(LARGE_BYTES))
    assert await ends(reader) == b""
    await here.until_all_are_gone()


async def test_an_upgrade_leads_nowhere(here: Running) -> None:
    reader, writer = await here.connect()
    writer.write(
        b"GET /hello HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert await answer(reader) == (200, b"hello")


async def test_the_server_ends_though_clients_linger() -> None:
    async with running(Watched) as server:
        reader, writer = await server.connect()
        writer.write(b"POST /refuse HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n")
        await answer(reader)
        await server.connect()
        began = monotonic()
        server.server.should_exit = True
        await server.until_all_are_gone()
    assert monotonic() - began < SOON_S


def test_the_limits_are_those_of_the_documentation() -> None:
    limits = BoundedHttpProtocol.head_within_s, BoundedHttpProtocol.taken_within_s, BoundedHttpProtocol.lingers_s
    assert limits == (10, 30, 5)
