"""Ask and answer on a real nats-server, with the rights that services have."""

import asyncio

import pytest

from bench.chaos.line import Line
from services.common import messaging
from services.common.errors import BadInputError, TransientError
from services.common.messaging import MessageBus
from services.common.streams import EXAMINE_SUBJECT, MAX_MESSAGE_BYTES
from tests.servers.nats import NatsServer


async def answer(body: bytes) -> bytes:
    if body == b"bad":
        raise BadInputError("unreadable", "not a JPEG: at all")
    if body == b"bug":
        raise RuntimeError("what a photo showed")
    return body.upper()


async def test_one_asks_and_one_of_many_answers(nats_server: NatsServer) -> None:
    async with (
        MessageBus.connect(nats_server.settings("detect"), "tests") as one,
        MessageBus.connect(nats_server.settings("detect"), "tests") as other,
        MessageBus.connect(nats_server.settings("report"), "tests") as asker,
        one.answering("examine", EXAMINE_SUBJECT, answer),
        other.answering("examine", EXAMINE_SUBJECT, answer),
    ):
        assert await asker.ask(EXAMINE_SUBJECT, b"photo", 5) == b"PHOTO"


async def test_bad_input_and_bugs_are_told_apart(nats_server: NatsServer) -> None:
    async with (
        MessageBus.connect(nats_server.settings("detect"), "tests") as one,
        MessageBus.connect(nats_server.settings("report"), "tests") as asker,
        one.answering("examine", EXAMINE_SUBJECT, answer),
    ):
        with pytest.raises(BadInputError, match="not a JPEG: at all") as refused:
            await asker.ask(EXAMINE_SUBJECT, b"bad", 5)
        assert refused.value.reason == "unreadable"
        with pytest.raises(TransientError) as failed:
            await asker.ask(EXAMINE_SUBJECT, b"bug", 5)
        assert "showed" not in str(failed.value)


async def test_who_asks_one_more_than_can_be_answered_at_once_is_told(nats_server: NatsServer) -> None:
    asked, may_answer = asyncio.Semaphore(0), asyncio.Event()

    async def answer_later(body: bytes) -> bytes:
        asked.release()
        await may_answer.wait()
        return body.upper()

    async with (
        MessageBus.connect(nats_server.settings("detect"), "tests") as one,
        MessageBus.connect(nats_server.settings("report"), "tests") as asker,
        one.answering("examine", EXAMINE_SUBJECT, answer_later, at_once=2),
    ):
        answers = [asyncio.create_task(asker.ask(EXAMINE_SUBJECT, body, 5)) for body in (b"one", b"two")]
        async with asyncio.timeout(5):
            for _ in answers:
                await asked.acquire()
        with pytest.raises(TransientError, match="503"):
            await asker.ask(EXAMINE_SUBJECT, b"three", 5)
        may_answer.set()
        assert await asyncio.gather(*answers) == [b"ONE", b"TWO"]
        assert await asker.ask(EXAMINE_SUBJECT, b"four", 5) == b"FOUR"


async def test_nobody_there_and_too_large_are_said_at_once(nats_server: NatsServer) -> None:
    async with MessageBus.connect(nats_server.settings("report"), "tests") as asker:
        with pytest.raises(TransientError, match="nobody answers"):
            await asker.ask(EXAMINE_SUBJECT, b"photo", 5)
        with pytest.raises(BadInputError, match="larger"):
            await asker.ask(EXAMINE_SUBJECT, bytes(MAX_MESSAGE_BYTES + 1), 5)


async def test_a_server_that_has_fallen_silent_is_noticed_and_found_again(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messaging, "_PING_EVERY_S", 0.2)
    async with Line.before(nats_server.port) as line:
        behind_it = nats_server.settings("detect").model_copy(update={"url": f"nats://127.0.0.1:{line.port}"})
        async with MessageBus.connect(behind_it, "tests") as bus:
            assert await bus.is_ready()
            line.cut()  # as a network is: no connection ends
            async with asyncio.timeout(10):
                while await bus.is_ready():
                    await asyncio.sleep(0.05)
            line.mend()
            async with asyncio.timeout(20):
                while not await bus.is_ready():
                    await asyncio.sleep(0.05)
            assert bus.connections > 1
