"""What every face detector does, the fake and the real one."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from models.predict.finder import FaceFinder
from services.common.errors import BadInputError
from services.detect.adapters.face_detector import FaceDetector as RealFaceDetector
from services.detect.domain import Look, is_large_enough
from services.detect.handler import FaceDetector
from tests.fakes.face_detector import FakeFaceDetector

LOOK = Look(200, 100_000_000)


def question(min_face_px: int, *, with_noise: bool = False) -> Look:
    return Look(min_face_px, 100_000_000, is_question=True, with_noise=with_noise)


@dataclass
class Subject:
    """A detector, and photos: `small_face` shows one face of about 40 pixels."""

    detector: FaceDetector
    couple: bytes
    nobody: bytes
    small_face: bytes
    png: bytes


def saved(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def small_face(photo: Path) -> bytes:
    """A photo with a face of 590 pixels, a fourteenth as large, on grey."""
    grey = Image.new("RGB", (1920, 1080), (128, 128, 128))
    with Image.open(photo) as image:
        grey.paste(image.resize((image.width // 14, image.height // 14), Image.Resampling.BOX), (900, 300))
    return saved(grey, "JPEG")


@pytest.fixture(params=["fake", "real"])
async def subject(request: pytest.FixtureRequest, demo_photos: Path) -> AsyncIterator[Subject]:
    if request.param == "fake":
        yield Subject(FakeFaceDetector(), b"JPEG 315 312", b"JPEG", b"JPEG 40", b"PNG 314")
        return
    async with RealFaceDetector(FaceFinder.load()).running() as detector:
        couple, nobody = ((demo_photos / name).read_bytes() for name in ("photo-01.jpg", "no-face.jpg"))
        one = demo_photos / "photo-10.jpg"
        yield Subject(detector, couple, nobody, small_face(one), saved(Image.open(one), "PNG"))


async def test_faces_are_measured_in_the_full_size_photo(subject: Subject) -> None:
    sighting = await subject.detector.detect(subject.couple, LOOK)
    assert (sighting.width_px, sighting.height_px) == (1920, 1080)
    assert len(sighting.faces) == 2
    for face in sighting.faces:
        assert is_large_enough(face, 200)
        assert 300 < face.width_px < 330
        assert len(face.points) == 5
        assert len(face.chip_rgb) == 3 * 144 * 144


async def test_a_photo_without_a_face_has_none(subject: Subject) -> None:
    assert (await subject.detector.detect(subject.nobody, LOOK)).faces == ()


@pytest.mark.parametrize("look", [LOOK, question(36)], ids=["a camera's", "a question"])
@pytest.mark.parametrize("content", [b"", b"no photo", b"\xff\xd8\xff\xe0 cut short"])
async def test_what_is_no_photo_is_refused(subject: Subject, content: bytes, look: Look) -> None:
    with pytest.raises(BadInputError) as refused:
        await subject.detector.detect(content or b"?", look)
    assert refused.value.reason == "unreadable"


async def test_a_photo_of_too_many_pixels_is_refused(subject: Subject) -> None:
    for look in (Look(200, 2_000_000), Look(200, 2_000_000, is_question=True)):
        with pytest.raises(BadInputError) as refused:
            await subject.detector.detect(subject.couple, look)
        assert refused.value.reason == "too_many_pixels"


async def test_small_faces_are_seen_by_who_looks_for_them(subject: Subject) -> None:
    assert (await subject.detector.detect(subject.small_face, LOOK)).faces == ()
    (face,) = (await subject.detector.detect(subject.small_face, question(36))).faces
    assert 35 < face.width_px < 47


async def test_who_looks_closely_sees_large_faces_as_well(subject: Subject) -> None:
    widths = [face.width_px for face in (await subject.detector.detect(subject.couple, question(36))).faces]
    assert sum(300 < width < 350 for width in widths) == 2


async def test_pictures_that_are_no_jpegs_are_for_questions(subject: Subject) -> None:
    with pytest.raises(BadInputError):
        await subject.detector.detect(subject.png, LOOK)
    assert len((await subject.detector.detect(subject.png, question(200))).faces) == 1


async def test_noise_is_measured_where_it_is_asked_for(subject: Subject) -> None:
    for with_noise in (False, True):
        faces = (await subject.detector.detect(subject.couple, question(200, with_noise=with_noise))).faces
        assert [face.noise is not None for face in faces] == [with_noise] * 2


async def test_it_says_which_detector_it_is_and_how_closely_it_looked(subject: Subject) -> None:
    assert subject.detector.version(LOOK).endswith("-200px")
    assert subject.detector.version(question(36)).endswith("-36px")
