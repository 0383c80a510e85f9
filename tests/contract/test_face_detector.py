"""What every face detector does, the fake and the real one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.predict.finder import FaceFinder
from services.common.errors import BadInputError
from services.detect.adapters.face_detector import FaceDetector as RealFaceDetector
from services.detect.domain import is_large_enough
from services.detect.handler import FaceDetector
from tests.fakes.face_detector import FakeFaceDetector


@dataclass
class Subject:
    detector: FaceDetector
    couple: bytes
    nobody: bytes


@pytest.fixture(params=["fake", "real"])
async def subject(request: pytest.FixtureRequest, demo_photos: Path) -> AsyncIterator[Subject]:
    if request.param == "fake":
        yield Subject(FakeFaceDetector(), b"JPEG 315 312", b"JPEG")
        return
    async with RealFaceDetector(FaceFinder.load(), 200, 100_000_000).running() as detector:
        couple, nobody = ((demo_photos / name).read_bytes() for name in ("photo-01.jpg", "no-face.jpg"))
        yield Subject(detector, couple, nobody)


async def test_faces_are_measured_in_the_full_size_photo(subject: Subject) -> None:
    sighting = await subject.detector.detect(subject.couple)
    assert (sighting.width_px, sighting.height_px) == (1920, 1080)
    assert len(sighting.faces) == 2
    for face in sighting.faces:
        assert is_large_enough(face, 200)
        assert 300 < face.width_px < 330
        assert len(face.points) == 5
        assert len(face.chip_rgb) == 3 * 144 * 144


async def test_a_photo_without_a_face_has_none(subject: Subject) -> None:
    assert (await subject.detector.detect(subject.nobody)).faces == ()


@pytest.mark.parametrize("content", [b"", b"no photo", b"\xff\xd8\xff\xe0 cut short"])
async def test_what_is_no_photo_is_refused(subject: Subject, content: bytes) -> None:
    with pytest.raises(BadInputError):
        await subject.detector.detect(content or b"?")


async def test_it_says_which_detector_it_is(subject: Subject) -> None:
    assert subject.detector.version
