"""Which faces are large enough, and what is passed on of them."""

import pytest
from facetally.v1.face_pb2 import FaceQuality, QualityReason
from facetally.v1.photo_pb2 import Photo
from hypothesis import given
from hypothesis import strategies as st

from services.common import vocabulary
from services.common.vocabulary import Quality
from services.detect.domain import SeenFace, Sighting, examined, is_large_enough, judge
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
