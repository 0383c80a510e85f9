"""The backlog of real streams, for people and for machines."""

import asyncio
import json
import os
import pty
import signal

import pytest
from facetally.v1.photo_pb2 import PhotoStored

from services.common.messaging import MessageBus
from tests.integration.operate.desk import nats_values, started, typed
from tests.servers.nats import NatsServer


async def publish(server: NatsServer, count: int) -> None:
    async with MessageBus.connect(server.settings("ingest"), "test") as bus:
        for number in range(count):
            await bus.publish("photos.north.shop", PhotoStored(), f"{number}-of-{count}")


async def test_what_waits_and_what_is_in_work_is_told_apart(clean_streams: NatsServer) -> None:
    await publish(clean_streams, 5)
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        subscription = await bus.jetstream.pull_subscribe_bind(consumer="detect", stream="PHOTOS")
        await subscription.fetch(2, timeout=5)
        table, lines = await asyncio.gather(
            typed(nats_values(clean_streams), "backlog"), typed(nats_values(clean_streams), "backlog", "--json")
        )
    assert (table.status, lines.status) == (0, 0), table.err + lines.err
    row = next(row for row in table.out.splitlines() if row.startswith("PHOTOS"))
    assert row.split()[:5] == ["PHOTOS", "detect", "3", "2", "0"]
    assert row.rstrip().endswith("never")
    found = {(line["stream"], line["consumer"]): line for line in json.loads(lines.out)}
    assert list(found) == [
        ("PHOTOS", "detect"),
        ("HELD", None),
        ("FACES", "classify"),
        ("RESULTS", "record"),
        ("SHADOW", "record-shadow"),
        ("DEAD", None),
    ]
    photos = found["PHOTOS", "detect"]
    assert (photos["waiting"], photos["unanswered"], photos["empty_in_s"]) == (3, 2, None)
    assert 0 < photos["oldest_s"] < 60
    assert found["FACES", "classify"]["empty_in_s"] == 0


async def test_rates_are_those_of_the_two_seconds(clean_streams: NatsServer) -> None:
    await publish(clean_streams, 400)
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        subscription = await bus.jetstream.pull_subscribe_bind(consumer="detect", stream="PHOTOS")

        async def answer() -> None:
            while True:
                for message in await subscription.fetch(1, timeout=5):
                    await message.ack()
                await asyncio.sleep(0.05)

        answering = asyncio.create_task(answer())
        said = await typed(nats_values(clean_streams), "backlog", "--json")
        answering.cancel()
    photos = json.loads(said.out)[0]
    # Some 20 a second at most; a busy machine is slower, but not ten times.
    assert 2 < photos["answered_per_s"] <= 25
    assert photos["arriving_per_s"] == 0
    left = photos["waiting"] + photos["unanswered"]
    assert photos["empty_in_s"] == pytest.approx(left / photos["answered_per_s"])


async def test_results_that_are_kept_say_when_they_were_last_answered(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("ingest"), "test") as bus:
        for number in range(3):
            await bus.publish("rejections.north.shop", PhotoStored(), f"r{number}")
    async with MessageBus.connect(clean_streams.settings("record"), "test") as bus:
        subscription = await bus.jetstream.pull_subscribe_bind(consumer="record", stream="RESULTS")
        (first,) = await subscription.fetch(1, timeout=5)
        await first.ack_sync()
    said = await typed(nats_values(clean_streams), "backlog")
    row = next(row for row in said.out.splitlines() if row.startswith("RESULTS"))
    assert row.split()[:6] == ["RESULTS", "record", "2", "0", "0", "?"]
    assert "record last got ahead" in said.out


async def test_watching_goes_on_until_it_is_broken_off(clean_streams: NatsServer) -> None:
    async with started(nats_values(clean_streams), "backlog", "--json", "--watch") as process, asyncio.timeout(30):
        assert process.stdout is not None
        for _ in range(2):
            assert len(json.loads(await process.stdout.readline())) == 6
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert (process.returncode, err) == (130, b"")


async def test_in_a_terminal_the_table_is_drawn_anew(clean_streams: NatsServer) -> None:
    terminal, inside = pty.openpty()
    async with started(nats_values(clean_streams), "backlog", "--watch", stdout=inside) as process:
        os.close(inside)  # so that reading fails when the command has ended, instead of waiting for ever
        drawn = b""
        async with asyncio.timeout(30):
            while drawn.count(b"PHOTOS") < 2:
                drawn += await asyncio.to_thread(os.read, terminal, 65_536)
            process.send_signal(signal.SIGINT)
            _, err = await process.communicate()
    os.close(terminal)
    assert (process.returncode, err) == (130, b"")


async def test_a_stream_that_is_not_there_is_said(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        await bus.jetstream.delete_consumer("FACES", "classify")
    said = await typed(nats_values(clean_streams), "backlog")
    assert said.status == 1
    assert "The consumer classify is not there. `facetally doctor` says what to do." in said.err
