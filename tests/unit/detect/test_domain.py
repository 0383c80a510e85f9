"""Which faces are large enough, and what is passed on of them."""

import pytest
from facetally.v1.face_pb2 import FaceQuality, QualityReason
from facetally.v1.photo_pb2 import Photo
from hypothesis import given
from hypothesis import strategies as st

from services.common import vocabulary
from services.common.vocabulary import Quality
from services.detect.domain import Look, SeenFace, Sighting, examined, is_large_enough, judge, smallest_face_px
from tests.fakes.face_detector import face

BLURRED = face(300, quality=Quality.USABLE, reason=vocabulary.QualityReason.BLURRED)
TURNED = face(220, quality=Quality.REJECTED, reason=vocabulary.QualityReason.TURNED_AWAY)
PASSED_ON = [
    (FaceQuality.FACE_QUALITY_USABLE, QualityReason.QUALITY_REASON_BLURRED),
    (FaceQuality.FACE_QUALITY_REJECTED, QualityReason.QUALITY_REASON_TURNED_AWAY),
]


def sighting(*faces: SeenFace) -> Sighting:
    return Sighting(1920, 1080, faces)


@given(st.integers(80, 400), st.floats(0.75, 1))
def test_whoever_stands_where_he_should_counts_however_his_head_is_turned(width_px: int, narrower: float) -> None:
    assert is_large_enough(face(round(width_px * narrower + 0.5)), width_px)


@pytest.mark.parametrize(("width_px", "counts"), [(200, True), (150, True), (149, False)])
def test_a_face_counts_from_three_quarters_of_the_width_on(width_px: int, counts: bool) -> None:
    assert is_large_enough(face(width_px), 200) == counts


def test_every_face_that_is_large_enough_goes_on_with_its_quality() -> None:
    result = judge(Photo(), sighting(TURNED, BLURRED), 200, 100, "d")
    assert [(found.quality, found.quality_reason) for found in result.faces] == PASSED_ON


def test_an_examined_face_has_its_quality_and_all_that_was_measured() -> None:
    result = examined(sighting(TURNED, BLURRED), 200, "d", b"small")
    assert [(found.quality, found.quality_reason) for found in result.faces] == PASSED_ON
    (first, _) = result.faces
    assert (first.sharpness, first.brightness, first.pose_residual) == (0.5, 120, 0.25)


@pytest.mark.parametrize("quality", Quality)
@pytest.mark.parametrize("reason", vocabulary.QualityReason)
def test_every_verdict_has_a_value_in_the_messages(quality: Quality, reason: vocabulary.QualityReason) -> None:
    (found,) = judge(Photo(), sighting(face(200, 0, quality, reason)), 200, 100, "d").faces
    assert FaceQuality.Name(found.quality) == f"FACE_QUALITY_{quality.upper()}"
    assert QualityReason.Name(found.quality_reason) == f"QUALITY_REASON_{reason.upper()}"


FULL_HD = 1920 * 1080
QUESTION = Look(36, 100_000_000, is_question=True)


@pytest.mark.parametrize(
    ("pixels", "smallest"), [(1, 36), (FULL_HD, 36), (4 * FULL_HD, 72), (100_000_000, pytest.approx(250, abs=0.1))]
)
def test_in_a_large_photo_the_smallest_face_of_a_question_is_larger(pixels: int, smallest: float) -> None:
    assert smallest_face_px(QUESTION, pixels) == smallest


@given(st.integers(1, 100_000_000), st.integers(36, 1000))
def test_no_question_costs_more_than_at_1920_x_1080(pixels: int, min_face_px: int) -> None:
    look = Look(min_face_px, 100_000_000, is_question=True)
    assert pixels / smallest_face_px(look, pixels) ** 2 <= FULL_HD / min_face_px**2 * 1.000001


@given(st.integers(1, 100_000_000))
def test_cameras_photos_are_looked_at_as_closely_however_large_they_are(pixels: int) -> None:
    assert smallest_face_px(Look(200, 100_000_000), pixels) == 200
