"""Dead letters of the real inbox: listed, shown, replayed so that they are consumed once, dropped."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from facetally.v1.face_pb2 import DetectedFace, FacesDetected
from facetally.v1.photo_pb2 import Photo, PhotoStored

from services.common.errors import PermanentError
from services.common.inbox import Delivery, Handler
from services.common.messaging import MessageBus
from services.common.streams import CLASSIFY, DETECT, Consumer
from services.operate.adapters.nats_desk import NatsDesk
from services.operate.domain.findings import NotWorkingError
from services.operate.handler.dead_letters import replay
from tests.integration.operate.desk import nats_values, typed
from tests.servers.nats import NatsServer

DEADLINE_S = 20.0


async def count(server: NatsServer, stream: str) -> int:
    async with MessageBus.connect(server.settings("admin"), "test") as bus:
        return (await bus.jetstream.stream_info(stream)).state.messages


async def work(server: NatsServer, consumer: Consumer, handle: Handler, stream: str = "PHOTOS") -> None:
    """Run a consumer's real inbox until nothing is left for it."""
    async with MessageBus.connect(server.settings(consumer.name), "test") as bus:
        inbox = await bus.inbox(consumer)
        stopping = asyncio.Event()
        running = asyncio.create_task(inbox.run(handle, stopping=stopping, batches_in_flight=2))
        async with asyncio.timeout(DEADLINE_S):
            while await count(server, stream):
                await asyncio.sleep(0.05)
        stopping.set()
        await asyncio.wait_for(running, DEADLINE_S)


def failing(reason: str) -> Handler:
    async def fail(_: Sequence[Delivery]) -> None:
        raise PermanentError(reason)

    return fail


async def bury_photos(server: NatsServer, *names: str, reason: str = "the photo is not in the store") -> None:
    async with MessageBus.connect(server.settings("ingest"), "test") as bus:
        for name in names:
            photo = Photo(photo_id=name, camera_id=f"cam-{name}")
            await bus.publish("photos.north.shop", PhotoStored(photo=photo), name)
    await work(server, DETECT, failing(reason))


async def bury_faces(server: NatsServer, name: str) -> None:
    async with MessageBus.connect(server.settings("detect"), "test") as bus:
        faces = [DetectedFace(chip_rgb=b"PIXELS" * 1000)]
        await bus.publish("faces.north.shop", FacesDetected(photo=Photo(photo_id=name), faces=faces), name)
    await work(server, CLASSIFY, failing("a chip has another size"), "FACES")


async def seen_by_detect(server: NatsServer) -> list[str]:
    """Names of the photos that detect is given, until nothing is left."""
    seen: list[str] = []

    async def handle(batch: Sequence[Delivery]) -> None:
        seen.extend(PhotoStored.FromString(delivery.body).photo.photo_id for delivery in batch)

    await work(server, DETECT, handle)
    return sorted(seen)


async def test_letters_are_listed_the_newest_first_and_by_stage_and_reason(clean_streams: NatsServer) -> None:
    await bury_photos(clean_streams, "one", "two")
    await bury_faces(clean_streams, "three")
    values = nats_values(clean_streams)
    said = await typed(values, "dead", "list")
    assert said.status == 0, said.err
    rows = said.out.splitlines()
    assert [row.split()[:2] for row in rows[::2]] == [["3", "classify"], ["2", "detect"], ["1", "detect"]]
    assert [row.split()[-2:] for row in rows[2::2]] == [["cam-two", "two"], ["cam-one", "one"]]
    assert [row.strip() for row in rows[1::2]] == [
        "a chip has another size",
        "the photo is not in the store",
        "the photo is not in the store",
    ]
    for words, numbers in (
        (("--stage", "detect"), ["2", "1"]),
        (("--reason", "CHIP"), ["3"]),
        (("--limit", "1"), ["3"]),
        (("--stage", "classify", "--reason", "store"), []),
    ):
        listed = (await typed(values, "dead", "list", *words)).out.splitlines()[::2]
        assert [row.split()[0] for row in listed] == numbers, words


async def test_no_letters_are_no_failure(clean_streams: NatsServer) -> None:
    said = await typed(nats_values(clean_streams), "dead", "list")
    assert (said.status, said.out, said.err) == (0, "", "There are no dead letters.\n")
    said = await typed(nats_values(clean_streams), "dead", "replay", "--all")
    assert (said.status, said.err) == (0, "Done: 0. Not done: 0.\n")


async def test_a_letter_is_shown_as_json_without_pixels(clean_streams: NatsServer) -> None:
    await bury_faces(clean_streams, "three")
    said = await typed(nats_values(clean_streams), "dead", "show", "1")
    letter = json.loads(said.out)
    assert letter["headers"]["Facetally-Subject"] == "faces.north.shop"
    assert letter["headers"]["Facetally-Reason"] == "a chip has another size"
    assert letter["message"] == {"photo": {"photo_id": "three"}}
    assert letter["faces"] == 1
    assert letter["bytes"] > 6000
    assert len(said.out) < 1000
    missing = await typed(nats_values(clean_streams), "dead", "show", "9")
    assert (missing.status, missing.out) == (1, "")
    assert "There is no dead letter 9." in missing.err


async def test_a_replayed_letter_is_consumed_once_at_once(clean_streams: NatsServer) -> None:
    await bury_photos(clean_streams, "one", "two", "three")
    # Within the two minutes in which the stream remembers the photos' own ids.
    said = await typed(nats_values(clean_streams), "dead", "replay", "1", "3")
    assert said.status == 0, said.err
    assert "1 is on photos.north.shop again." in said.err
    assert "Done: 2. Not done: 0." in said.err
    assert await count(clean_streams, "DEAD") == 1
    assert len(await seen_by_detect(clean_streams)) == 2
    said = await typed(nats_values(clean_streams), "dead", "replay", "1", "2")
    assert said.status == 1
    assert "1 is not there." in said.err
    assert await count(clean_streams, "DEAD") == 0


async def test_all_of_a_stage_are_replayed_and_the_others_stay(clean_streams: NatsServer) -> None:
    await bury_photos(clean_streams, "one", "two")
    await bury_faces(clean_streams, "three")
    said = await typed(nats_values(clean_streams), "dead", "replay", "--all", "--stage", "detect")
    assert said.status == 0, said.err
    assert await seen_by_detect(clean_streams) == ["one", "two"]
    assert await count(clean_streams, "DEAD") == 1
    assert (await typed(nats_values(clean_streams), "dead", "replay", "--all")).status == 0
    assert await count(clean_streams, "FACES") == 1
    assert await count(clean_streams, "DEAD") == 0


async def test_a_letter_that_dies_again_is_a_new_letter_and_can_be_replayed_again(clean_streams: NatsServer) -> None:
    await bury_photos(clean_streams, "one")
    for number in (1, 2):
        assert (await typed(nats_values(clean_streams), "dead", "replay", str(number))).status == 0
        await work(clean_streams, DETECT, failing("still not there"))
    listed = (await typed(nats_values(clean_streams), "dead", "list")).out.splitlines()
    assert [row.split()[0] for row in listed[::2]] == ["3"]


async def test_a_replay_that_was_broken_off_before_the_removal_stores_it_once(
    clean_streams: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury_photos(clean_streams, "one")

    async def die(_: NatsDesk, __: int) -> None:
        raise KeyboardInterrupt

    async with NatsDesk.connect(clean_streams.settings("operator")) as desk:
        with monkeypatch.context() as patch:
            patch.setattr(NatsDesk, "remove", die)
            with pytest.raises(KeyboardInterrupt):
                await anext(replay(desk, [1]))
        assert await count(clean_streams, "DEAD") == 1
        assert await count(clean_streams, "PHOTOS") == 1
        assert (await anext(replay(desk, [1]))).done
    assert await count(clean_streams, "DEAD") == 0
    assert await seen_by_detect(clean_streams) == ["one"]


async def test_a_letter_stays_where_its_stream_takes_nothing(clean_streams: NatsServer) -> None:
    await bury_photos(clean_streams, "one")
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        config = (await bus.jetstream.stream_info("PHOTOS")).config
        config.max_bytes = 1
        await bus.jetstream.update_stream(config)
    said = await typed(nats_values(clean_streams), "dead", "replay", "--all")
    assert said.status == 1
    assert "Not finished: photos.north.shop took nothing" in said.err
    assert await count(clean_streams, "DEAD") == 1


async def test_a_letter_that_does_not_say_where_it_is_from_can_only_be_dropped(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        await bus.publish_bytes("dead.detect", b"?", {"Facetally-Subject": "$KV.SHOPS.north.shop"})
    said = await typed(nats_values(clean_streams), "dead", "replay", "--all")
    assert said.status == 1
    assert "1 does not say what it died on; it can only be dropped." in said.err
    assert await count(clean_streams, "DEAD") == 1


async def test_dropping_asks_first_and_says_what_is_lost(clean_streams: NatsServer) -> None:
    await bury_photos(clean_streams, "one", "two")
    values = nats_values(clean_streams)
    refused = await typed(values, "dead", "drop", "--all", answer="n\n")
    assert refused.status == 1
    assert "2 dead letters are to be dropped." in refused.err
    assert "The photos themselves stay in the photo store" in refused.err
    assert "Nothing was dropped." in refused.err
    assert await count(clean_streams, "DEAD") == 2
    agreed = await typed(values, "dead", "drop", "1", answer="y\n")
    assert (agreed.status, "1 is dropped." in agreed.err) == (0, True)
    unasked = await typed(values, "dead", "drop", "--all", "--yes")
    assert (unasked.status, "2 is dropped." in unasked.err) == (0, True)
    assert "are to be dropped" not in unasked.err
    assert await count(clean_streams, "DEAD") == 0
    assert await count(clean_streams, "PHOTOS") == 0


@pytest.mark.parametrize(
    "words", [("replay",), ("drop",), ("replay", "1", "--all"), ("drop", "1", "--stage", "detect")]
)
async def test_letters_are_named_one_way(words: tuple[str, ...], nats_server: NatsServer) -> None:
    said = await typed(nats_values(nats_server), "dead", *words)
    assert said.status == 2


async def test_a_server_that_is_down_is_said_in_a_sentence(nats_server: NatsServer) -> None:
    values = nats_values(nats_server) | {"nats": {"url": "nats://127.0.0.1:1", "user": "operator", "password": "x"}}
    for words in (("dead", "list"), ("dead", "replay", "1"), ("backlog",)):
        said = await typed(values, *words)
        assert said.status == 1
        assert "Nobody answers at nats://127.0.0.1:1." in said.err
        assert "Traceback" not in said.err


async def test_a_lost_connection_is_no_bug(clean_streams: NatsServer) -> None:
    async with NatsDesk.connect(clean_streams.settings("operator")) as desk:
        clean_streams.running.kill()
        try:
            with pytest.raises(NotWorkingError):
                await desk.letter(1)
            with pytest.raises(NotWorkingError):
                await desk.numbers()
        finally:
            clean_streams.running.spawn()
            await clean_streams.running.until_ready()
