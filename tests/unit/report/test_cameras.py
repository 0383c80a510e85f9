"""What is said of a camera's last days and hours."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.cameras import health
from services.common.cameras.opening_hours import parse_opening_hours
from services.record.domain.camera_health import State as RecordState
from services.record.domain.camera_health import Trouble as RecordTrouble
from services.report.domain.cameras import Camera, CameraDay, CameraState, CameraTrouble, every_day, recent_hours
from services.report.pages import camera_words

# A Wednesday.
NOW = datetime(2026, 11, 25, 10, 20)


def camera(**known: object) -> Camera:
    values: dict[str, object] = {
        "camera": "cam", "shop": "s", "shop_name": "S", "city_name": "C", "time_zone": "Europe/Berlin", "local_now": NOW,
        "opening_hours": "", "holidays": (), "is_catch_all": False, "state": CameraState.WORKING,
        "trouble": CameraTrouble.NONE,
    }  # fmt: skip
    return Camera(**values | known)  # type: ignore[arg-type]


def test_report_and_record_know_the_same_states_and_troubles() -> None:
    assert {*CameraState} == {*RecordState}
    assert [*CameraTrouble] == [*RecordTrouble]


def test_a_share_of_little_is_not_said() -> None:
    few = camera(photos=health.LEAST - 1, photos_without_face=health.LEAST - 1)
    assert few.no_face.share is None
    assert not few.no_face.is_over
    assert camera(photos=health.LEAST, photos_without_face=health.LEAST).no_face.share == 1


def test_a_share_at_its_limit_is_not_over_it() -> None:
    limit = round(100 * health.WITHOUT_FACE)
    assert not camera(photos=100, photos_without_face=limit).no_face.is_over
    assert camera(photos=100, photos_without_face=limit + 1).no_face.is_over


def test_too_small_faces_are_a_share_of_all_that_were_seen() -> None:
    assert camera(faces=60, faces_too_small=20).too_small.share == pytest.approx(0.25)


def test_all_that_is_wrong_is_listed_and_each_has_advice_and_a_number() -> None:
    wrong = camera(
        state=CameraState.OFFLINE, silent_s=3600.0, drift_s=-400.0, photos=100, photos_without_face=50, refused=100,
        faces=100, faces_too_small=100, faces_too_dark=50,
    )  # fmt: skip
    assert set(wrong.troubles) == {*CameraTrouble} - {CameraTrouble.NONE}
    for trouble in wrong.troubles:
        assert camera_words.advice(trouble)
        assert camera_words.measured(trouble, wrong)
    assert camera().troubles == ()


def test_only_open_hours_without_photos_are_gaps() -> None:
    opening = parse_opening_hours("Mo-Fr 08:00-20:00; Sa-Su off", [date(2026, 11, 24)])
    recent = recent_hours(NOW, {(date(2026, 11, 25), 9): 12, (date(2026, 11, 25), 3): 1}, opening)
    assert len(recent.photos) == 48
    assert recent.photos[-1] == 12, "the hour that has just ended"
    assert recent.photos[-7] == 1, "photos show even if the shop was closed"
    # 48 hours from Monday 10:00 on: ten open hours of Monday, none of the holiday, one of Wednesday at 8.
    assert recent.gap_hours == 11


@given(st.integers(0, 100_000), st.sets(st.integers(1, 48)))
def test_every_hour_is_photos_gap_or_closed(minutes: int, ago: set[int]) -> None:
    now = NOW + timedelta(minutes=minutes)
    starts = [now - timedelta(hours=number) for number in ago]
    recent = recent_hours(
        now, {(start.date(), start.hour): 1 for start in starts}, parse_opening_hours("Mo-Sa 08:00-20:00")
    )
    assert sum(number is not None for number in recent.photos) == len(ago)
    assert all(recent.photos[place] is None for place in recent.closed)
    assert recent.gap_hours + len(recent.closed) + len(ago) == 48


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "+0.4 s"), (-30, "−30.0 s"), (412, "+412 s"), (900, "+15 min"), (-7300, "−2 h"), (260_000, "+3 d")],
)
def test_drift_is_said_in_the_unit_that_suits_it(seconds: float, said: str) -> None:
    assert camera_words.drift(seconds) == said


def test_a_day_without_photos_is_a_gap_unless_the_shop_was_closed() -> None:
    opening = parse_opening_hours("Mo-Sa 08:00-20:00", [date(2026, 11, 26)])
    came = [CameraDay(date(2026, 11, 24), 5, 1)]
    days = every_day(date(2026, 11, 24), date(2026, 11, 29), came, opening)
    assert [day.photos for day in days] == [5, None, None, None, None, None]
    assert [day.day.day for day in days if day.was_closed] == [26, 29]
    assert every_day(date(2026, 11, 24), date(2026, 11, 23), came, opening) == ()
