"""What facetally adds to the library's client."""

import asyncio

import pytest

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
