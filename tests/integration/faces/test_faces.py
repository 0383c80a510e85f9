"""detect and classify as one process, on a real nats-server and a real store."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from facetally.v1.face_pb2 import DetectedFace, FacesClassified, FacesDetected
from facetally.v1.photo_pb2 import Photo, PhotoStored
from facetally.v1.question_pb2 import EstimateRequest, FacesEstimated

from services.classify.domain import CHIP_SIDE_PX
from services.common.messaging import MessageBus
from services.common.model_choice import new_private_key, private_key_of, public_keys_of, public_text
from services.common.release_store import ReleaseStore
from services.common.storage import PhotoStorage
from services.common.streams import DEAD_STREAM, ESTIMATE_SUBJECT
from services.rollout.adapters.kv_board import KvBoard
from services.rollout.adapters.release_shelf import ReleaseShelf
from services.rollout.handler import Promoter, Rollout
from services.standalone.domain import service_environment
from tests.models.estimated import COMBINATIONS, assert_is_what_the_models_say
from tests.models.faces import reference_chips
from tests.models.releases import pair_release
from tests.servers.nats import NatsServer
from tests.servers.running import RunningProgram, environment, running
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service

DEADLINE_S = 60.0
ALICE = Promoter("alice", private_key_of(new_private_key()))


def photo(name: str) -> Photo:
    return Photo(photo_id=name, object_key=f"photos/{name}.jpg", region_id="north", shop_id="shop-1", camera_id="cam-1")


@pytest.fixture
def faces(clean_streams: NatsServer, s3_server: S3Server, tmp_path: Path) -> Iterator[RunningProgram]:
    detect = {"nats": connection(clean_streams.settings("detect")), "s3": connection(s3_server.settings("detect"))}
    alone = service("faces", {})
    rollout = {
        **connection(s3_server.settings("classify")),
        "trusted_keys": json.dumps({"alice": public_text(ALICE.key)}),
        "cache_dir": tmp_path / "models",
    }
    nats = connection(clean_streams.settings("classify"))
    classify = service_environment("classify", {"nats": nats, "rollout": rollout})
    port = alone.environment["FACETALLY_FACES_HEALTH_PORT"]
    both = environment() | service_environment("detect", {**detect, "health_port": port}) | classify
    program = type(alone)(alone.name, alone.command, alone.ready, both)
    with running(program, tmp_path) as child:
        yield child


async def messages(bus: MessageBus, stream: str) -> int:
    return int((await bus.jetstream.stream_info(stream)).state.messages)


async def test_photos_come_out_classified_and_no_face_goes_through_nats(
    faces: RunningProgram, clean_streams: NatsServer, s3_server: S3Server, demo_photos: Path
) -> None:
    async with PhotoStorage.connect(s3_server.settings("ingest")) as storage:
        await storage.put("photos/one.jpg", (demo_photos / "photo-01.jpg").read_bytes())
    async with MessageBus.connect(clean_streams.settings("ingest"), "test") as bus:
        await bus.publish("photos.north.shop-1", PhotoStored(photo=photo("one")), "one")
        await bus.publish("photos.north.shop-1", PhotoStored(photo=photo("never-stored")), "never-stored")
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        before = (await bus.jetstream.stream_info("FACES")).state.last_seq
        async with asyncio.timeout(DEADLINE_S):
            while await messages(bus, "RESULTS") + await messages(bus, DEAD_STREAM) < 2:
                await asyncio.sleep(0.05)
        (last,) = [await bus.jetstream.get_last_msg("RESULTS", "results.north.shop-1")]
        result = FacesClassified.FromString(last.data or b"")
        assert result.photo.photo_id == "one"
        assert len(result.faces) == 2
        assert all(0 < face.age_years < 120 for face in result.faces)
        letter = await bus.jetstream.get_last_msg(DEAD_STREAM, "dead.detect")
        assert PhotoStored.FromString(letter.data or b"").photo.photo_id == "never-stored"
        assert (await bus.jetstream.stream_info("FACES")).state.last_seq == before
        async with asyncio.timeout(DEADLINE_S):
            while await messages(bus, "PHOTOS"):
                await asyncio.sleep(0.05)
    assert faces.stop() == 0


@pytest.mark.usefixtures("faces")
async def test_faces_that_separate_services_have_left_are_classified(clean_streams: NatsServer) -> None:
    left = FacesDetected(photo=photo("left"), faces=[DetectedFace(chip_rgb=bytes(3 * CHIP_SIDE_PX**2))])
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        await bus.publish("faces.north.shop-1", left, "left")
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus, asyncio.timeout(DEADLINE_S):
        while not await messages(bus, "RESULTS"):
            await asyncio.sleep(0.05)
        last = await bus.jetstream.get_last_msg("RESULTS", "results.north.shop-1")
        assert FacesClassified.FromString(last.data or b"").photo.photo_id == "left"
        while await messages(bus, "FACES"):
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("faces")
async def test_it_answers_what_classify_is_asked(clean_streams: NatsServer) -> None:
    chips = reference_chips()
    async with MessageBus.connect(clean_streams.settings("faceapi"), "test") as bus:
        for names in COMBINATIONS:
            request = EstimateRequest(chips_rgb=[chip.tobytes() for chip in chips], **dict.fromkeys(names, True))
            answer = FacesEstimated.FromString(await bus.ask(ESTIMATE_SUBJECT, request.SerializeToString(), 10))
            assert_is_what_the_models_say(answer, chips, names)


@pytest.mark.usefixtures("faces")
async def test_it_puts_promoted_models_into_service_as_classify_does(
    clean_streams: NatsServer, s3_server: S3Server, tmp_path: Path
) -> None:
    await asyncio.to_thread(pair_release, tmp_path / "for-faces", "for-faces", 5)
    shelf = ReleaseShelf(ReleaseStore(s3_server.models("models")))
    await shelf.add(tmp_path / "for-faces")
    async with KvBoard.connect(clean_streams.settings("models")) as board:
        rollout = Rollout(shelf, board, public_keys_of({"alice": public_text(ALICE.key)}))
        await rollout.promote("for-faces", ALICE, "a test", datetime.now(UTC))
    request = EstimateRequest(chips_rgb=[reference_chips()[0].tobytes()], emotion=True).SerializeToString()
    async with MessageBus.connect(clean_streams.settings("faceapi"), "test") as bus, asyncio.timeout(DEADLINE_S):
        while True:
            answer = FacesEstimated.FromString(await bus.ask(ESTIMATE_SUBJECT, request, 10))
            if answer.classifier_version.startswith("for-faces-"):
                return
            await asyncio.sleep(0.05)
