"""What a service says of its own backlog, with the rights that it has."""

from math import isnan

import pytest
from facetally.v1.photo_pb2 import PhotoStored
from prometheus_client import REGISTRY

from services.common.backlog import Backlog
from services.common.messaging import MessageBus
from services.common.streams import CONSUMERS, DEAD, DETECT, PHOTOS, Consumer
from tests.servers.nats import NatsServer


def shown(metric: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(metric, labels)
    assert value is not None, metric
    return value


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.name)
async def test_each_service_may_ask_about_its_own_backlog(clean_streams: NatsServer, consumer: Consumer) -> None:
    async with MessageBus.connect(clean_streams.settings(consumer.user), "test") as bus:
        await Backlog(bus.jetstream, consumer).look()
    assert shown("facetally_consumer_waiting_messages", consumer=consumer.name) == 0
    assert shown("facetally_consumer_unanswered_messages", consumer=consumer.name) == 0
    assert shown("facetally_dead_letters", consumer=consumer.name) == 0
    assert shown("facetally_stream_bytes", stream=consumer.stream) == 0
    assert shown("facetally_stream_max_bytes", stream=consumer.stream) > 0


async def test_what_waits_what_is_unanswered_and_what_is_dead_are_told_apart(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("ingest"), "test") as bus:
        for number in range(5):
            await bus.publish("photos.north.shop", PhotoStored(), str(number))
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        await bus.publish("dead.detect", PhotoStored(), "a")
        await bus.publish("dead.classify", PhotoStored(), "b")
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        subscription = await bus.jetstream.pull_subscribe_bind(consumer=DETECT.name, stream=DETECT.stream)
        await subscription.fetch(2, timeout=5)
        await Backlog(bus.jetstream, DETECT).look()
    assert shown("facetally_consumer_waiting_messages", consumer="detect") == 3
    assert shown("facetally_consumer_unanswered_messages", consumer="detect") == 2
    assert shown("facetally_dead_letters", consumer="detect") == 1
    assert 0 < shown("facetally_stream_bytes", stream="PHOTOS") < PHOTOS.max_bytes
    assert shown("facetally_stream_max_bytes", stream="PHOTOS") == PHOTOS.max_bytes
    assert 0 < shown("facetally_stream_bytes", stream="DEAD") < DEAD.max_bytes
    assert shown("facetally_stream_max_bytes", stream="DEAD") == DEAD.max_bytes


async def test_nothing_is_claimed_to_be_known_when_the_server_gives_no_answer(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        backlog = Backlog(bus.jetstream, DETECT)
        await backlog.look()
        async with MessageBus.connect(clean_streams.settings("admin"), "test") as admin:
            await admin.jetstream.delete_consumer(DETECT.stream, DETECT.name)
        await backlog.look()
        assert isnan(shown("facetally_consumer_waiting_messages", consumer="detect"))
        assert isnan(shown("facetally_stream_bytes", stream="PHOTOS"))
        await clean_streams.provision()
        await backlog.look()
    assert shown("facetally_consumer_waiting_messages", consumer="detect") == 0
