"""What facetally adds to the library's client."""

import asyncio
from collections.abc import Callable

import pytest
from nats.aio.transport import TcpTransport
from nats.errors import FlushTimeoutError

from bench.chaos.line import Line
from services.common.nats_client import NatsClient
from tests.servers.nats import NatsServer


async def test_a_cancellation_that_meets_the_answer_is_not_forgotten(nats_server: NatsServer) -> None:
    settings = nats_server.settings("admin")
    client = NatsClient()
    await client.connect(settings.url, user=settings.user, password=settings.password.get_secret_value())
    try:
        asking = asyncio.create_task(client.request("$JS.API.INFO", timeout=5))
        while not client._resp_map:
            await asyncio.sleep(0)
        (answer,) = client._resp_map.values()
        answer.add_done_callback(lambda _: asking.cancel())
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await client.request("$JS.API.INFO", timeout=5)).data
    finally:
        await client.close()


async def test_a_subscription_is_known_to_the_server_after_a_flush(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = nats_server.settings("admin")
    client = NatsClient()
    await client.connect(settings.url, user=settings.user, password=settings.password.get_secret_value())
    said: list[bytes] = []
    write: Callable[..., None] = TcpTransport.write
    writelines: Callable[..., None] = TcpTransport.writelines

    def heard_write(transport: TcpTransport, payload: bytes) -> None:
        said.append(payload[:4])
        write(transport, payload)

    def heard_writelines(transport: TcpTransport, payloads: list[bytes]) -> None:
        said.extend(payload[:4] for payload in payloads)
        writelines(transport, payloads)

    monkeypatch.setattr(TcpTransport, "write", heard_write)
    monkeypatch.setattr(TcpTransport, "writelines", heard_writelines)
    try:
        await client.subscribe("news")
        await client.flush(5)
        assert b"".join(said).index(b"SUB ") < b"".join(said).index(b"PING")
    finally:
        await client.close()


async def test_a_flush_that_is_not_answered_ends(nats_server: NatsServer) -> None:
    settings = nats_server.settings("admin")
    async with Line.before(nats_server.port) as line:
        client = NatsClient()
        await client.connect(
            f"nats://127.0.0.1:{line.port}", user=settings.user, password=settings.password.get_secret_value()
        )
        try:
            line.cut()
            await client.subscribe("news")
            async with asyncio.timeout(5):
                with pytest.raises(FlushTimeoutError):
                    await client.flush(1)
                flushing = asyncio.create_task(client.flush(30))
                await asyncio.sleep(0.05)
                flushing.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await flushing
        finally:
            line.mend()
            await client.close()
