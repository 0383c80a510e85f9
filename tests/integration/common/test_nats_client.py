"""What facetally adds to the library's client."""

import asyncio
from collections.abc import Callable

import pytest
from nats.aio.transport import TcpTransport

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
        assert said == [b"SUB ", b"PING"]
    finally:
        await client.close()
