"""A photo's faces are classified in order, and the photo goes on whatever it holds; who asks is told what they asked, no more."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations
from operator import or_

import numpy as np
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
from facetally.v1.question_pb2 import EstimateRequest, FacesEstimated
from numpy.typing import NDArray

from services.classify.domain import CHIP_SIDE_PX, MAX_ASKED_FACES, Wanted, estimates_by_face, question_of
from services.classify.handler import ClassifyFaces, EstimateFaces
from services.common.errors import BadInputError, PermanentError, TransientError
from tests.fakes.face_classifier import FakeFaceClassifier
from tests.fakes.publisher import FakePublisher

PHOTO = Photo(photo_id="ab" * 16, region_id="north", shop_id="shop-1", camera_id="cam-1")


def chip(red: int, green: int = 0, blue: int = 0) -> bytes:
    return bytes([red, green, blue]) * (CHIP_SIDE_PX * CHIP_SIDE_PX)


def detected(*chips: bytes) -> FacesDetected:
    faces = [DetectedFace(box=Box(left=i, width=200, height=200), chip_rgb=c, score=1) for i, c in enumerate(chips)]
    outcome = PhotoOutcome.PHOTO_OUTCOME_FACES if faces else PhotoOutcome.PHOTO_OUTCOME_NO_FACE
    return FacesDetected(photo=PHOTO, outcome=outcome, faces=faces, width_px=1920, height_px=1080, detector_version="d")


@dataclass
class FakeShadow:
    """Takes everything, and does nothing with it."""

    offered: list[tuple[NDArray[np.uint8], FacesClassified]] = field(default_factory=list)

    def offer(self, chips: NDArray[np.uint8], result: FacesClassified) -> None:
        self.offered.append((chips, result))


async def result_of(message: FacesDetected) -> FacesClassified:
    publisher = FakePublisher()
    await ClassifyFaces(FakeFaceClassifier(), publisher, FakeShadow())(message)
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
    shadow = FakeShadow()
    with pytest.raises(PermanentError, match="62208"):
        await ClassifyFaces(FakeFaceClassifier(), FakePublisher(), shadow)(detected(b"too short"))


async def test_a_result_that_cannot_be_published_is_tried_again() -> None:
    shadow = FakeShadow()
    with pytest.raises(TransientError):
        await ClassifyFaces(FakeFaceClassifier(), FakePublisher(failures=1), shadow)(detected(chip(1)))
    assert shadow.offered == [], "it is not done"


async def test_a_photo_is_offered_to_the_shadow_once_it_is_done() -> None:
    publisher, shadow = FakePublisher(), FakeShadow()
    await ClassifyFaces(FakeFaceClassifier(), publisher, shadow)(detected(chip(30), chip(40)))
    ((chips, result),) = shadow.offered
    assert (chips[:, 0, 0, 0].tolist(), [face.age_years for face in result.faces]) == ([30, 40], [30, 40])
    assert (publisher.subjects, result.photo) == (["results.north.shop-1"], PHOTO)


WANTED_FIELDS = {
    "age_and_gender": (Wanted.AGE_AND_GENDER, {"age", "gender"}),
    "emotion": (Wanted.EMOTION, {"emotion"}),
    "landmarks": (Wanted.LANDMARKS, {"landmarks", "pose"}),
}
COMBINATIONS = [names for count in range(1, 4) for names in combinations(WANTED_FIELDS, count)]


def request(*chips: bytes, names: Iterable[str] = WANTED_FIELDS) -> EstimateRequest:
    return EstimateRequest(chips_rgb=chips, **dict.fromkeys(names, True))


async def answer_to(question: EstimateRequest, classifier: FakeFaceClassifier | None = None) -> FacesEstimated:
    return await EstimateFaces(classifier or FakeFaceClassifier())(question)


@pytest.mark.parametrize("names", COMBINATIONS, ids="+".join)
async def test_who_asks_is_told_what_they_asked_of_each_face_and_no_more(names: tuple[str, ...]) -> None:
    classifier = FakeFaceClassifier()
    answer = await answer_to(request(chip(30), chip(40), names=names), classifier)
    expected = {field for name in names for field in WANTED_FIELDS[name][1]}
    assert [{field.name for field, _ in face.ListFields()} for face in answer.faces] == [expected, expected]
    assert classifier.asked == [reduce(or_, (WANTED_FIELDS[name][0] for name in names))]
    assert answer.classifier_version == "fake"


async def test_each_face_gets_its_own_answer() -> None:
    young, old = (await answer_to(request(chip(30, 255, 1), chip(40, 0, 4)))).faces
    assert [(face.age.years, face.age.low_years, face.age.high_years) for face in (young, old)] == [
        (30, 20, 40),
        (40, 30, 50),
    ]
    assert (young.gender.female, young.gender.male, old.gender.female, old.gender.male) == (1, 0, 0, 1)
    assert (young.emotion.happiness, old.emotion.anger) == (1, 1)
    assert [(point.x, point.y) for point in young.landmarks] == [(30, 255)] * 68
    assert (old.pose.pitch_deg, old.pose.yaw_deg, old.pose.roll_deg) == (40, 0, 4)


async def test_who_asks_nothing_of_a_face_is_told_nothing_and_nothing_is_computed() -> None:
    classifier = FakeFaceClassifier()
    answer = await answer_to(request(chip(30), chip(40), names=()), classifier)
    assert [face.ByteSize() for face in answer.faces] == [0, 0]
    assert not (await answer_to(request(), classifier)).faces
    assert classifier.asked == []


async def test_a_question_about_more_faces_than_a_photo_may_have_is_refused() -> None:
    most = [chip(30)] * MAX_ASKED_FACES
    assert len((await answer_to(request(*most))).faces) == MAX_ASKED_FACES
    with pytest.raises(BadInputError, match="101") as refused:
        await answer_to(request(*most, chip(30)))
    assert refused.value.reason == "bad_question"


@pytest.mark.parametrize("wrong", [b"", bytes(62207), bytes(62209)])
async def test_a_question_about_a_chip_of_the_wrong_size_is_refused(wrong: bytes) -> None:
    with pytest.raises(BadInputError, match="62208") as refused:
        await answer_to(request(chip(30), wrong))
    assert refused.value.reason == "bad_question"


def test_what_is_no_question_is_refused() -> None:
    assert question_of(request(chip(30)).SerializeToString()) == request(chip(30))
    with pytest.raises(BadInputError) as refused:
        question_of(b"no question")
    assert refused.value.reason == "bad_question"


async def test_estimates_of_less_than_is_tallied_are_never_tallied() -> None:
    pixels = np.zeros((1, CHIP_SIDE_PX, CHIP_SIDE_PX, 3), np.uint8)
    for wanted in (Wanted.EMOTION, Wanted.AGE_AND_GENDER):
        with pytest.raises(ValueError, match=r"shorter|longer"):
            estimates_by_face((await FakeFaceClassifier().estimate_only(pixels, wanted)).said)
