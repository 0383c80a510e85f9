"""A photo's faces are classified in order, and the photo goes on whatever it holds."""

import pytest
from facetally.v1.face_pb2 import (
    Box,
    DetectedFace,
    FaceQuality,
    FacesClassified,
    FacesDetected,
    PhotoOutcome,
    QualityReason,
)
from facetally.v1.photo_pb2 import Photo

from services.classify.domain import CHIP_SIDE_PX
from services.classify.handler import ClassifyFaces
from services.common.errors import PermanentError, TransientError
from tests.fakes.face_classifier import FakeFaceClassifier
from tests.fakes.publisher import FakePublisher

PHOTO = Photo(photo_id="ab" * 16, region_id="north", shop_id="shop-1", camera_id="cam-1")


def chip(red: int, green: int = 0, blue: int = 0) -> bytes:
    return bytes([red, green, blue]) * (CHIP_SIDE_PX * CHIP_SIDE_PX)


def detected(*chips: bytes) -> FacesDetected:
    faces = [DetectedFace(box=Box(left=i, width=200, height=200), chip_rgb=c, score=1) for i, c in enumerate(chips)]
    outcome = PhotoOutcome.PHOTO_OUTCOME_FACES if faces else PhotoOutcome.PHOTO_OUTCOME_NO_FACE
    return FacesDetected(photo=PHOTO, outcome=outcome, faces=faces, width_px=1920, height_px=1080, detector_version="d")


async def result_of(message: FacesDetected) -> FacesClassified:
    publisher = FakePublisher()
    await ClassifyFaces(FakeFaceClassifier(), publisher)(message)
    ((subject, result),) = publisher.published.values()
    assert subject == "results.north.shop-1"
    assert list(publisher.published) == [PHOTO.photo_id]
    assert isinstance(result, FacesClassified)
    return result


async def test_each_face_keeps_its_own_estimates() -> None:
    result = await result_of(detected(chip(30, 255, 1), chip(40, 0, 4)))
    assert [face.box.left for face in result.faces] == [0, 1]
    assert [face.age_years for face in result.faces] == [30, 40]
    assert [(face.age_low_years, face.age_high_years) for face in result.faces] == [(20, 40), (30, 50)]
    assert [face.gender.female for face in result.faces] == [1, 0]
    assert result.faces[0].emotion.happiness == 1
    assert result.faces[1].emotion.anger == 1


async def test_everything_about_the_photo_goes_on_and_no_pixel_does() -> None:
    result = await result_of(detected(chip(30)))
    assert result.photo == PHOTO
    assert (result.width_px, result.height_px) == (1920, 1080)
    assert (result.detector_version, result.classifier_version) == ("d", "fake")
    assert result.ByteSize() < 500


async def test_each_face_keeps_its_own_quality() -> None:
    message = detected(chip(30), chip(40))
    blurred, turned = message.faces
    blurred.quality, blurred.quality_reason = FaceQuality.FACE_QUALITY_USABLE, QualityReason.QUALITY_REASON_BLURRED
    turned.quality, turned.quality_reason = FaceQuality.FACE_QUALITY_REJECTED, QualityReason.QUALITY_REASON_TURNED_AWAY
    result = await result_of(message)
    assert [(face.quality, face.quality_reason) for face in result.faces] == [
        (face.quality, face.quality_reason) for face in (blurred, turned)
    ]


async def test_a_photo_without_faces_goes_on() -> None:
    result = await result_of(detected())
    assert result.outcome == PhotoOutcome.PHOTO_OUTCOME_NO_FACE
    assert not result.faces


async def test_a_chip_of_the_wrong_size_is_hopeless() -> None:
    with pytest.raises(PermanentError, match="62208"):
        await ClassifyFaces(FakeFaceClassifier(), FakePublisher())(detected(b"too short"))


async def test_a_result_that_cannot_be_published_is_tried_again() -> None:
    with pytest.raises(TransientError):
        await ClassifyFaces(FakeFaceClassifier(), FakePublisher(failures=1))(detected(chip(1)))
