"""One photo that kills its worker, again and again, stops nobody else, and ends as a dead letter."""

import asyncio
import sys

from nats.js.api import ConsumerConfig

from services.common.messaging import MessageBus
from services.common.streams import DETECT, MAX_ATTEMPTS
from tests.integration.common.test_inbox import dead_letters, left, publish
from tests.servers.nats import NatsServer

ACK_WAIT_S = 1.0
DEADLINE_S = 60.0


async def waits_for_answers(server: NatsServer, ack_wait_s: float) -> float:
    """Let what a dead worker held come back after so long; returns how long it took before."""
    async with MessageBus.connect(server.settings("admin"), "test") as bus:
        config: ConsumerConfig = (await bus.jetstream.consumer_info(DETECT.stream, DETECT.name)).config
        before = config.ack_wait
        config.ack_wait = ack_wait_s
        await bus.jetstream.add_consumer(DETECT.stream, config)
    assert before is not None
    return before


async def test_a_photo_that_kills_its_worker_is_a_dead_letter_in_the_end(clean_streams: NatsServer) -> None:
    settings = clean_streams.settings("detect")
    arguments = ("-m", "tests.integration.common.poison_worker", settings.url, settings.password.get_secret_value())
    before = await waits_for_answers(clean_streams, ACK_WAIT_S)
    killed = 0
    try:
        await publish(clean_streams, *(f"before-{i}" for i in range(10)), "poison", *(f"after-{i}" for i in range(10)))
        async with asyncio.timeout(DEADLINE_S):
            while True:
                # What a supervisor does, or Kubernetes: a worker that dies is replaced.
                worker = await asyncio.create_subprocess_exec(sys.executable, *arguments)
                try:
                    async with asyncio.timeout(ACK_WAIT_S * 5):
                        await worker.wait()
                    killed += 1
                except TimeoutError:  # it lives: there is no poison left
                    break
                finally:
                    if worker.returncode is None:
                        worker.kill()
                        await worker.wait()
        assert await left(clean_streams) == 0
        assert await dead_letters(clean_streams) == [("poison", "no verdict after too many attempts")]
    finally:
        await waits_for_answers(clean_streams, before)
    assert killed == MAX_ATTEMPTS
