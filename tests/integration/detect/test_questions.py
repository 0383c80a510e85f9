"""What somebody asks of a photo, over a real nats-server: answered by detect as it runs, and before all that can wait."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from facetally.v1.question_pb2 import LookRequest, PhotoLooked

from models.predict.finder import FaceFinder
from services.classify.domain import CHIP_SIDE_PX
from services.common.errors import BadInputError
from services.common.messaging import MessageBus
from services.common.streams import LOOK_SUBJECT
from services.detect.adapters.face_detector import FaceDetector
from services.detect.domain import Look
from services.detect.handler import LookAtPhoto
from tests.servers.nats import NatsServer
from tests.servers.running import RunningProgram, running
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service

TIMEOUT_S = 30.0


@pytest.fixture
def detect(clean_streams: NatsServer, s3_server: S3Server, tmp_path: Path) -> Iterator[RunningProgram]:
    connections = {"nats": connection(clean_streams.settings("detect")), "s3": connection(s3_server.settings("detect"))}
    with running(service("detect", connections), tmp_path) as child:
        yield child


async def asked(bus: MessageBus, question: LookRequest) -> PhotoLooked:
    return PhotoLooked.FromString(await bus.ask(LOOK_SUBJECT, question.SerializeToString(), TIMEOUT_S))


async def test_who_asks_is_answered_with_the_rights_that_services_have(
    detect: RunningProgram, nats_server: NatsServer, demo_photos: Path
) -> None:
    photo = (demo_photos / "photo-01.jpg").read_bytes()
    async with MessageBus.connect(nats_server.settings("faceapi"), "tests") as bus:
        looked = await asked(bus, LookRequest(photo=photo, min_face_px=36, with_chips=True, with_noise=True))
        assert (looked.width_px, looked.height_px) == (1920, 1080)
        assert looked.detector_version.endswith("-36px")
        first, second = looked.faces[:2]
        assert first.box.width >= second.box.width > 300
        assert len(first.chip_rgb) == 3 * CHIP_SIDE_PX**2
        assert 0 < first.noise < 5
        without = await asked(bus, LookRequest(photo=photo, min_face_px=200))
        assert len(without.faces) == 2
        assert not any(face.chip_rgb or face.HasField("noise") for face in without.faces)
        for question, reason in (
            (LookRequest(photo=b"text", min_face_px=36), "unreadable"),
            (LookRequest(photo=photo), "bad_question"),
        ):
            with pytest.raises(BadInputError) as refused:
                await asked(bus, question)
            assert refused.value.reason == reason
    port = detect.program.environment["FACETALLY_DETECT_HEALTH_PORT"]
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    for outcome, count in (("answered", 2), ("unreadable", 1), ("bad_question", 1)):
        assert f'facetally_detect_looks_total{{outcome="{outcome}"}} {count}.0' in metrics


async def test_a_question_is_answered_before_all_the_photos_that_wait(
    nats_server: NatsServer, demo_photos: Path
) -> None:
    photo = (demo_photos / "photo-01.jpg").read_bytes()
    look = Look(200, 100_000_000)
    async with (
        FaceDetector(FaceFinder.load()).running() as detector,
        MessageBus.connect(nats_server.settings("detect"), "tests") as bus,
        MessageBus.connect(nats_server.settings("faceapi"), "tests") as asker,
    ):
        look_at_photo = LookAtPhoto(detector, max_pixels=100_000_000)

        async def answer(question: bytes) -> bytes:
            waiting = sum(not task.done() for task in cameras)
            looked = await look_at_photo(LookRequest.FromString(question))
            # The one that is being looked at when the question comes, and the one that ends while the answer is on its way.
            assert waiting - sum(not task.done() for task in cameras) <= 2
            return looked.SerializeToString()

        async with bus.answering("look", LOOK_SUBJECT, answer, at_once=32):
            cameras = [asyncio.create_task(detector.detect(photo, look)) for _ in range(40)]
            questions = [asked(asker, LookRequest(photo=photo, min_face_px=200)) for _ in range(4)]
            for looked in await asyncio.gather(*questions):
                assert len(looked.faces) == 2
            assert sum(task.done() for task in cameras) < 20
            await asyncio.gather(*cameras)
