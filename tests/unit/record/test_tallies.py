"""What a batch adds to the tallies."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.vocabulary import AgeBand, Gender, Mood, Quality, QualityReason
from services.record.domain.results import FaceRow, PhotoRow, RejectionRow, Row
from services.record.domain.tallies import (
    CameraDay,
    CameraDayKey,
    HourKey,
    Place,
    UploadKey,
    VisitorKey,
    clocks,
    tally,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
PLACE = Place(shop_id=1, shop_scope_id=10, camera_id=5, local_day=DAY, local_hour=12)
FACE = FaceRow(
    0, 0, 220, 220, 1.0, 80.0, 30.0, None, None, 0.9, (0.1,) * 7, Gender.FEMALE, AgeBand.AGE_0_12, Mood.NEUTRAL,
    Quality.GOOD, QualityReason.NONE, counted=True,
)  # fmt: skip


def photo(number: int, *faces: FaceRow, outcome: str = "faces", too_small: int = 0) -> PhotoRow:
    return PhotoRow(
        UUID(int=number), "s", "c", AT, AT, "path", AT + timedelta(seconds=number), outcome, 1920, 1080, 1, too_small,
        "k", "d", "c", faces,
    )  # fmt: skip


def rejection(number: int, outcome: str) -> RejectionRow:
    return RejectionRow(UUID(int=number), "s", "c", AT, outcome)


def rejected(reason: QualityReason) -> FaceRow:
    return replace(FACE, quality=Quality.REJECTED, quality_reason=reason, counted=False)


@given(st.lists(st.booleans(), max_size=8))
def test_the_tallies_hold_the_faces_that_count_and_no_other(counted: list[bool]) -> None:
    faces = [FACE if counts else rejected(QualityReason.BLURRED) for counts in counted]
    tallies = tally({photo(1, *faces): PLACE})
    assert sum(map(sum, tallies.visitors.values())) == sum(counted)
    assert set(tallies.visitors) == ({VisitorKey(10, DAY, 12)} if any(counted) else set())
    assert tallies.uploads == {UploadKey(5, DAY, 12, "faces"): 1}
    assert tallies.hours == {HourKey(DAY, 12, 1)}, "whoever was seen is seen, with a face that counts or without"


def test_a_photo_of_an_excluded_version_is_an_upload_and_no_visitor() -> None:
    rows: dict[Row, Place] = {photo(1, FACE): PLACE, replace(photo(2, FACE), classifier_version="bad"): PLACE}
    of_both, of_one = tally(rows), tally(rows, {"bad"})
    assert sum(map(sum, of_one.visitors.values())) == 1
    assert (of_one.uploads, of_one.camera_days, of_one.hours) == (of_both.uploads, of_both.camera_days, of_both.hours)


def test_a_refused_upload_leaves_what_was_added_up_as_it_is() -> None:
    assert tally({rejection(1, "truncated"): PLACE}).hours == set()


def test_a_cameras_day_says_what_its_photos_are_worth() -> None:
    rows: list[Row] = [
        photo(1, FACE, rejected(QualityReason.TOO_DARK), too_small=2),
        photo(2, rejected(QualityReason.BLURRED), rejected(QualityReason.TURNED_AWAY)),
        photo(3, outcome="no_face"),
        photo(4, outcome="face_too_small", too_small=1),
        rejection(5, "truncated"),
        rejection(6, "outside_hours"),
        rejection(7, "burst"),
        rejection(8, "not_photo"),
        rejection(9, "disabled"),
    ]
    expected = CameraDay(
        photos=4, photos_without_face=1, refused=1, faces=4, faces_too_small=3, faces_too_dark=1, faces_blurred=1,
        faces_turned_away=1, faces_counted=1,
    )  # fmt: skip
    assert tally(dict.fromkeys(rows, PLACE)).camera_days == {CameraDayKey(5, DAY): expected}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_last_photo_tells_the_clock(order: tuple[int, int]) -> None:
    rows = [replace(photo(n), received_at=AT + timedelta(minutes=n)) for n in order]
    assert clocks({**dict.fromkeys(rows, PLACE), rejection(9, "burst"): PLACE}) == {
        5: (AT + timedelta(minutes=2), "path", -118.0)
    }
