"""classify as it runs: a process of its own, on a real nats-server, with the real models."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest
from facetally.v1.face_pb2 import DetectedFace, FacesClassified, FacesDetected
from facetally.v1.photo_pb2 import Photo
from facetally.v1.question_pb2 import EstimateRequest, FacesEstimated

from services.classify.domain import CHIP_SIDE_PX
from services.common.errors import BadInputError
from services.common.messaging import MessageBus
from services.common.streams import DEAD_STREAM, ESTIMATE_SUBJECT
from tests.models.estimated import COMBINATIONS, assert_is_what_the_models_say
from tests.models.faces import reference_chips
from tests.servers.nats import NatsServer
from tests.servers.running import RunningProgram, running
from tests.servers.services import connection, service

DEADLINE_S = 30.0


def message(name: str, faces: int, chip_bytes: int = 3 * CHIP_SIDE_PX**2) -> FacesDetected:
    chip = bytes(chip_bytes)
    photo = Photo(photo_id=name, region_id="north", shop_id="shop-1", camera_id="cam-1")
    return FacesDetected(photo=photo, faces=[DetectedFace(chip_rgb=chip) for _ in range(faces)])


@pytest.fixture
def classify(clean_streams: NatsServer, tmp_path: Path) -> Iterator[RunningProgram]:
    program = service("classify", {"nats": connection(clean_streams.settings("classify"))})
    with running(program, tmp_path) as child:
        yield child


async def results(server: NatsServer, count: int) -> dict[str, FacesClassified]:
    """The results, once there are so many of them."""
    async with MessageBus.connect(server.settings("admin"), "test") as bus, asyncio.timeout(DEADLINE_S):
        while (state := (await bus.jetstream.stream_info("RESULTS")).state).messages < count:
            await asyncio.sleep(0.05)
        found = {}
        for sequence in range(state.first_seq, state.last_seq + 1):
            stored = await bus.jetstream.get_msg("RESULTS", sequence)
            assert stored.data is not None
            result = FacesClassified.FromString(stored.data)
            found[result.photo.photo_id] = result
        return found


async def test_photos_with_any_number_of_faces_come_out_classified(
    classify: RunningProgram, clean_streams: NatsServer
) -> None:
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        for faces in (0, 1, 3, 100):
            await bus.publish("faces.north.shop-1", message(f"photo-{faces}", faces), f"photo-{faces}")
    found = await results(clean_streams, 4)
    assert {name: len(result.faces) for name, result in found.items()} == {
        "photo-0": 0,
        "photo-1": 1,
        "photo-3": 3,
        "photo-100": 100,
    }
    assert all(0 < face.age_years < 120 for face in found["photo-100"].faces)
    assert classify.stop() == 0


@pytest.mark.usefixtures("classify")
async def test_a_hopeless_message_becomes_a_dead_letter_and_the_next_is_classified(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        await bus.publish("faces.north.shop-1", message("bad", 1, chip_bytes=5), "bad")
        await bus.publish("faces.north.shop-1", FacesDetected(), "empty")
        await bus.publish("faces.north.shop-1", message("good", 1), "good")
    assert list(await results(clean_streams, 1)) == ["good"]
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus, asyncio.timeout(DEADLINE_S):
        while (await bus.jetstream.stream_info(DEAD_STREAM)).state.messages < 2:
            await asyncio.sleep(0.05)


async def ask(
    server: NatsServer, chips: Iterable[bytes], names: Iterable[str], timeout_s: float = 10
) -> FacesEstimated:
    request = EstimateRequest(chips_rgb=chips, **dict.fromkeys(names, True))
    async with MessageBus.connect(server.settings("faceapi"), "test") as bus:
        return FacesEstimated.FromString(await bus.ask(ESTIMATE_SUBJECT, request.SerializeToString(), timeout_s))


async def test_who_asks_is_told_what_the_models_say_of_what_they_asked_and_no_more(
    classify: RunningProgram, clean_streams: NatsServer
) -> None:
    chips = reference_chips()
    for names in COMBINATIONS:
        answer = await ask(clean_streams, [chip.tobytes() for chip in chips], names)
        assert_is_what_the_models_say(answer, chips, names)
    with pytest.raises(BadInputError, match="62208") as refused:
        await ask(clean_streams, [b"no chip"], ["emotion"])
    assert refused.value.reason == "bad_question"
    assert (await ask(clean_streams, [], ["emotion"])).faces == []
    port = classify.program.environment["FACETALLY_CLASSIFY_HEALTH_PORT"]
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    assert f'facetally_classify_questions_total{{outcome="answered"}} {len(COMBINATIONS) + 1}.0' in metrics
    assert 'facetally_classify_questions_total{outcome="bad_question"} 1.0' in metrics
    assert "facetally_classify_faces_total 0.0" in metrics, "nothing of it is tallied"
    assert classify.stop() == 0


@pytest.mark.usefixtures("classify")
async def test_a_question_about_as_many_faces_as_there_may_be_is_answered(clean_streams: NatsServer) -> None:
    answer = await ask(clean_streams, [bytes(3 * CHIP_SIDE_PX**2)] * 100, ["age_and_gender", "emotion", "landmarks"])
    assert len(answer.faces) == 100
    assert {len(face.landmarks) for face in answer.faces} == {68}


@pytest.mark.usefixtures("classify")
async def test_a_question_is_answered_before_the_faces_that_wait(clean_streams: NatsServer) -> None:
    photos = 16
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        for i in range(photos):
            await bus.publish("faces.north.shop-1", message(f"photo-{i}", 32), f"photo-{i}")  # a full batch each
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus, asyncio.timeout(DEADLINE_S):
        jetstream = bus.jetstream
        while not ((await jetstream.consumer_info("FACES", "classify")).num_ack_pending or 0) >= photos // 2:
            await asyncio.sleep(0.005)
        before = (await jetstream.stream_info("RESULTS")).state.messages
        assert len((await ask(clean_streams, [bytes(3 * CHIP_SIDE_PX**2)], ["emotion"])).faces) == 1
        meanwhile = (await jetstream.stream_info("RESULTS")).state.messages - before
        assert meanwhile <= 3, "it waits for the batch that is being worked on"
        while (await jetstream.stream_info("RESULTS")).state.messages < photos:
            await asyncio.sleep(0.05)
