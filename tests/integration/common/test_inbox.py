"""What an inbox promises, on a real nats-server: at least once, never for ever, always answered."""

import asyncio
from collections.abc import Sequence

import pytest
from facetally.v1.photo_pb2 import Photo, PhotoStored

from services.common.errors import PermanentError, TransientError
from services.common.inbox import Delivery
from services.common.messaging import MessageBus
from services.common.streams import DEAD_STREAM, DETECT, MAX_ATTEMPTS
from tests.servers.nats import NatsServer

DEADLINE_S = 20.0


def stored(name: str) -> PhotoStored:
    return PhotoStored(photo=Photo(photo_id=name))


def name_of(delivery: Delivery) -> str:
    return PhotoStored.FromString(delivery.body).photo.photo_id


async def publish(server: NatsServer, *names: str) -> None:
    async with MessageBus.connect(server.settings("ingest"), "test") as bus:
        for name in names:
            await bus.publish("photos.north.shop", stored(name), name)


async def work_until(server: NatsServer, handle, done: asyncio.Event, max_batch: int = 1) -> None:  # type: ignore[no-untyped-def]
    """Run detect's inbox with this handler until `done` is set, and shut it down."""
    async with MessageBus.connect(server.settings("detect"), "test") as bus:
        inbox = await bus.inbox(DETECT)
        stopping = asyncio.Event()
        running = asyncio.create_task(inbox.run(handle, stopping=stopping, batches_in_flight=2, max_batch=max_batch))
        await asyncio.wait_for(done.wait(), DEADLINE_S)
        stopping.set()
        await asyncio.wait_for(running, DEADLINE_S)


async def left(server: NatsServer) -> int:
    async with MessageBus.connect(server.settings("admin"), "test") as bus:
        for _ in range(100):
            if not (await bus.jetstream.stream_info("PHOTOS")).state.messages:
                return 0
            await asyncio.sleep(0.05)
        return (await bus.jetstream.stream_info("PHOTOS")).state.messages


async def dead_letters(server: NatsServer) -> list[tuple[str, str]]:
    async with MessageBus.connect(server.settings("admin"), "test") as bus:
        state = (await bus.jetstream.stream_info(DEAD_STREAM)).state
        if not state.messages:
            return []
        letters = []
        for sequence in range(state.first_seq, state.last_seq + 1):
            letter = await bus.jetstream.get_msg(DEAD_STREAM, sequence)
            assert letter.headers is not None
            assert letter.data is not None
            letters.append((PhotoStored.FromString(letter.data).photo.photo_id, letter.headers["Facetally-Reason"]))
        return letters


async def test_every_message_is_handled_and_leaves_the_stream(clean_streams: NatsServer) -> None:
    names = [f"photo-{i}" for i in range(50)]
    await publish(clean_streams, *names)
    seen: list[str] = []
    done = asyncio.Event()

    async def handle(batch: Sequence[Delivery]) -> None:
        seen.extend(name_of(delivery) for delivery in batch)
        if len(seen) == len(names):
            done.set()

    await work_until(clean_streams, handle, done)
    assert sorted(seen) == sorted(names)
    assert await left(clean_streams) == 0


async def test_the_same_message_id_is_stored_once(clean_streams: NatsServer) -> None:
    await publish(clean_streams, "twice", "twice")
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        assert (await bus.jetstream.stream_info("PHOTOS")).state.messages == 1


async def test_a_dependency_that_is_away_costs_no_delivery_attempt(clean_streams: NatsServer) -> None:
    await publish(clean_streams, "patient")
    calls = 0
    done = asyncio.Event()

    async def handle(_: Sequence[Delivery]) -> None:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise TransientError("the store is away")
        done.set()

    await work_until(clean_streams, handle, done)
    assert calls == 4
    assert await left(clean_streams) == 0
    assert await dead_letters(clean_streams) == []
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        consumer = await bus.jetstream.consumer_info("PHOTOS", "detect")
        assert consumer.delivered is not None
        assert consumer.delivered.consumer_seq == 1, "it was held, not delivered again"


async def test_stopping_while_a_dependency_is_away_gives_the_message_back(clean_streams: NatsServer) -> None:
    await publish(clean_streams, "given-back")
    tried = asyncio.Event()

    async def fail(_: Sequence[Delivery]) -> None:
        tried.set()
        raise TransientError("the store is away")

    await work_until(clean_streams, fail, tried)
    done = asyncio.Event()

    async def succeed(_: Sequence[Delivery]) -> None:
        done.set()

    await work_until(clean_streams, succeed, done)
    assert await left(clean_streams) == 0


async def test_a_hopeless_message_goes_to_the_dead_letters_and_its_neighbours_go_on(clean_streams: NatsServer) -> None:
    names = ["good-1", "bad", "good-2"]
    await publish(clean_streams, *names)
    kept: list[str] = []
    done = asyncio.Event()

    async def handle(batch: Sequence[Delivery]) -> None:
        got = [name_of(delivery) for delivery in batch]
        if "bad" in got:
            raise PermanentError("no such\nshop")
        kept.extend(got)
        if len(kept) == 2:
            done.set()

    await work_until(clean_streams, handle, done, max_batch=10)
    assert sorted(kept) == ["good-1", "good-2"]
    assert await left(clean_streams) == 0
    assert await dead_letters(clean_streams) == [("bad", "no such shop")]


async def test_bytes_that_are_no_message_go_to_the_dead_letters(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("ingest"), "test") as bus:
        await bus.publish_bytes("photos.north.shop", b"\xff\xff\xff", {})
    tried = asyncio.Event()

    async def handle(batch: Sequence[Delivery]) -> None:
        tried.set()
        name_of(batch[0])

    await work_until(clean_streams, handle, tried)
    assert await left(clean_streams) == 0
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        assert (await bus.jetstream.stream_info(DEAD_STREAM)).state.messages == 1


async def test_a_message_that_always_hits_a_bug_is_dead_after_the_last_attempt(
    clean_streams: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.common.inbox._BUG_PAUSE_S", 0.05)
    await publish(clean_streams, "poison", "fine")
    calls: list[str] = []
    done = asyncio.Event()

    async def handle(batch: Sequence[Delivery]) -> None:
        name = name_of(batch[0])
        calls.append(name)
        if name == "poison":
            raise ZeroDivisionError
        done.set()

    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        inbox = await bus.inbox(DETECT)
        stopping = asyncio.Event()
        running = asyncio.create_task(inbox.run(handle, stopping=stopping, batches_in_flight=2))
        assert await left(clean_streams) == 0
        stopping.set()
        await asyncio.wait_for(running, DEADLINE_S)
    assert done.is_set()
    assert calls.count("poison") == MAX_ATTEMPTS
    assert await dead_letters(clean_streams) == [("poison", "no verdict after too many attempts")]


async def test_work_goes_on_when_the_server_comes_back(clean_streams: NatsServer) -> None:
    await publish(clean_streams, "before")
    seen: list[str] = []
    first, done = asyncio.Event(), asyncio.Event()

    async def handle(batch: Sequence[Delivery]) -> None:
        seen.append(name_of(batch[0]))
        first.set()
        if "after" in seen:
            done.set()

    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        inbox = await bus.inbox(DETECT)
        stopping = asyncio.Event()
        running = asyncio.create_task(inbox.run(handle, stopping=stopping, batches_in_flight=1))
        await asyncio.wait_for(first.wait(), DEADLINE_S)
        clean_streams.running.kill()
        clean_streams.running.spawn()
        await clean_streams.running.until_ready()
        await publish(clean_streams, "after")
        await asyncio.wait_for(done.wait(), DEADLINE_S)
        stopping.set()
        await asyncio.wait_for(running, DEADLINE_S)
