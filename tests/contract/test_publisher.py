"""What every publisher does, the fake and the real one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import pytest
from facetally.v1.photo_pb2 import Photo, PhotoStored
from google.protobuf.message import Message

from services.common.errors import PermanentError
from services.common.messaging import MessageBus
from services.common.streams import MAX_MESSAGE_BYTES
from tests.fakes.publisher import FakePublisher
from tests.servers.nats import NatsServer


class Publisher(Protocol):
    async def publish(self, subject: str, message: Message, message_id: str) -> None: ...


@dataclass
class Subject:
    publisher: Publisher
    stored: Callable[[], Awaitable[list[tuple[str, Message]]]]


@pytest.fixture(params=["fake", "nats"])
async def subject(request: pytest.FixtureRequest, clean_streams: NatsServer) -> AsyncIterator[Subject]:
    if request.param == "fake":
        fake = FakePublisher()

        async def kept() -> list[tuple[str, Message]]:
            return list(fake.published.values())

        yield Subject(fake, kept)
        return
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:

        async def stored() -> list[tuple[str, Message]]:
            state = (await bus.jetstream.stream_info("PHOTOS")).state
            found: list[tuple[str, Message]] = []
            for sequence in range(state.first_seq, state.first_seq + state.messages):
                raw = await bus.jetstream.get_msg("PHOTOS", sequence)
                assert raw.subject is not None
                assert raw.data is not None
                found.append((raw.subject, PhotoStored.FromString(raw.data)))
            return found

        yield Subject(bus, stored)


def message(name: str) -> PhotoStored:
    return PhotoStored(photo=Photo(photo_id=name))


async def test_what_is_published_is_there_when_publish_returns(subject: Subject) -> None:
    await subject.publisher.publish("photos.north.shop-1", message("a"), "a")
    await subject.publisher.publish("photos.north.shop-2", message("b"), "b")
    assert await subject.stored() == [("photos.north.shop-1", message("a")), ("photos.north.shop-2", message("b"))]


async def test_the_same_id_is_there_once(subject: Subject) -> None:
    for _ in range(3):
        await subject.publisher.publish("photos.north.shop-1", message("a"), "a")
    assert await subject.stored() == [("photos.north.shop-1", message("a"))]


async def test_a_message_that_is_too_large_is_hopeless(clean_streams: NatsServer) -> None:
    huge = PhotoStored(photo=Photo(object_key="x" * (MAX_MESSAGE_BYTES + 1)))
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        with pytest.raises(PermanentError, match="larger"):
            await bus.publish("photos.north.shop-1", huge, "huge")
