"""From messages to rows."""

import math

import pytest
from facetally.v1.face_pb2 import (
    ClassifiedFace,
    EmotionProbabilities,
    FaceQuality,
    FacesClassified,
    PhotoOutcome,
    QualityReason,
)
from facetally.v1.photo_pb2 import Photo, PhotoRejected, RejectionReason
from hypothesis import given
from hypothesis import strategies as st

from services.common import vocabulary
from services.common.errors import PermanentError
from services.common.vocabulary import AgeBand, Mood, Quality
from services.record.domain.results import FaceRow, Rules, photo_row, rejection_row

RULES = Rules(0.6, 0.3, counted_quality=Quality.USABLE, mood_quality=Quality.GOOD)
QUALITIES = list(Quality)


def result(**changes: object) -> FacesClassified:
    photo = Photo(photo_id="ab" * 16, shop_id="s", camera_id="c")
    photo.captured_at.FromSeconds(1_800_000_000)
    photo.received_at.FromSeconds(1_800_000_000)
    message = FacesClassified(photo=photo, outcome=PhotoOutcome.PHOTO_OUTCOME_FACES)
    for name, value in changes.items():
        if name == "photo_id":
            message.photo.photo_id = str(value)
        elif name == "no_time":
            message.photo.ClearField("captured_at")
        elif name == "year_zero":
            message.photo.captured_at.seconds = -62_135_596_800 - 1
        elif name == "outcome":
            message.outcome = value  # type: ignore[assignment]
        elif name == "age":
            message.faces.append(ClassifiedFace(age_years=value))  # type: ignore[arg-type]
        elif name == "face":
            message.faces.append(value)  # type: ignore[arg-type]
    return message


def test_a_result_becomes_a_row() -> None:
    row = photo_row(result(age=30.5), RULES)
    assert row.outcome == "faces"
    assert row.faces[0].age_band == AgeBand.AGE_25_34
    assert row.faces[0].mood == Mood.UNKNOWN


def happy(quality: Quality) -> ClassifiedFace:
    return ClassifiedFace(
        age_years=30,
        age_low_years=25,
        age_high_years=37,
        emotion=EmotionProbabilities(happiness=1),
        quality=f"FACE_QUALITY_{quality.name}",
        quality_reason=QualityReason.QUALITY_REASON_BLURRED,
    )


def row_of(face: ClassifiedFace, rules: Rules = RULES) -> FaceRow:
    return photo_row(result(face=face), rules).faces[0]


@given(st.sampled_from(QUALITIES), st.sampled_from(QUALITIES), st.sampled_from(QUALITIES))
def test_a_face_counts_and_its_mood_is_known_exactly_from_the_asked_quality_on(
    quality: Quality, counted: Quality, with_mood: Quality
) -> None:
    row = row_of(happy(quality), Rules(0.6, 0.3, counted_quality=counted, mood_quality=with_mood))
    assert row.quality == quality
    assert row.counted == (QUALITIES.index(quality) <= QUALITIES.index(counted))
    assert (row.mood is Mood.HAPPINESS) == (QUALITIES.index(quality) <= QUALITIES.index(with_mood))


@pytest.mark.parametrize(
    ("quality", "counted", "found"),
    [
        (Quality.GOOD, True, Mood.HAPPINESS),
        (Quality.USABLE, True, Mood.UNKNOWN),
        (Quality.REJECTED, False, Mood.UNKNOWN),
    ],
)
def test_age_holds_up_where_the_mood_does_not(quality: Quality, counted: bool, found: Mood) -> None:
    row = row_of(happy(quality))
    assert (row.counted, row.mood, row.age_band) == (counted, found, AgeBand.AGE_25_34)
    assert (row.age_low_years, row.age_high_years) == (25, 37)
    assert row.quality_reason == vocabulary.QualityReason.BLURRED


def test_a_face_from_before_there_was_a_quality_counts_with_its_mood() -> None:
    row = row_of(ClassifiedFace(age_years=30, emotion=EmotionProbabilities(happiness=1)))
    assert (row.quality, row.quality_reason) == (Quality.GOOD, vocabulary.QualityReason.NONE)
    assert (row.counted, row.mood) == (True, Mood.HAPPINESS)
    assert (row.age_low_years, row.age_high_years) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"photo_id": "not hex"},
        {"photo_id": ""},
        {"no_time": True},
        {"year_zero": True},
        {"outcome": 0},
        {"outcome": 99},
        {"age": math.nan},
        {"age": math.inf},
        {"face": ClassifiedFace(age_low_years=math.nan)},
        {"face": ClassifiedFace(age_high_years=math.inf)},
        {"face": ClassifiedFace(quality=FaceQuality.FACE_QUALITY_USABLE)},
        {"face": ClassifiedFace(quality=99, quality_reason=1)},  # type: ignore[arg-type]
        {"face": ClassifiedFace(quality=2, quality_reason=99)},  # type: ignore[arg-type]
    ],
)
def test_a_result_that_makes_no_sense_is_hopeless(changes: dict[str, object]) -> None:
    with pytest.raises(PermanentError):
        photo_row(result(**changes), RULES)


def test_a_rejection_needs_a_reason() -> None:
    message = PhotoRejected(rejection_id="ab" * 16, shop_id="s", camera_id="c")
    message.received_at.FromSeconds(1_800_000_000)
    with pytest.raises(PermanentError):
        rejection_row(message)
    message.reason = RejectionReason.REJECTION_REASON_TOO_LARGE
    assert rejection_row(message).outcome == "too_large"
