"""How a camera is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.common.cameras.opening_hours import parse_opening_hours
from services.record.domain.camera_health import CameraFacts, State, Trouble, camera_health
from services.record.domain.tallies import CameraDay

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
HOURS = "Mo-Su 11:30-20:00"
GOOD = CameraDay(photos=100, photos_without_face=15, refused=11, faces=100, faces_too_small=17, faces_too_dark=10)
FACTS = CameraFacts(1, 1, "UTC", HOURS, (), False, NOW - timedelta(minutes=29), 120.0, GOOD)


def judged(facts: CameraFacts, now: datetime = NOW) -> tuple[State, Trouble]:
    verdict = camera_health(facts, parse_opening_hours(facts.opening_hours), ZoneInfo(facts.time_zone), now)
    assert verdict.facts is facts
    return verdict.state, verdict.trouble


def test_a_camera_within_all_limits_works() -> None:
    assert judged(FACTS) == (State.WORKING, Trouble.NONE)
    assert judged(replace(FACTS, drift_s=None)) == (State.WORKING, Trouble.NONE)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"faces_too_dark": 11}, Trouble.TOO_DARK),
        ({"faces_too_small": 18}, Trouble.TOO_SMALL),
        ({"photos_without_face": 16}, Trouble.FEW_FACES),
        ({"refused": 12}, Trouble.REFUSED),
        ({"faces_too_dark": 11, "faces_too_small": 99, "photos_without_face": 99, "refused": 99}, Trouble.TOO_DARK),
        ({"faces_too_small": 99, "photos_without_face": 99, "refused": 99}, Trouble.TOO_SMALL),
        ({"photos_without_face": 99, "refused": 99}, Trouble.FEW_FACES),
    ],
)
def test_above_a_limit_the_gravest_trouble_is_named(change: dict[str, int], trouble: Trouble) -> None:
    facts = replace(FACTS, week=replace(GOOD, **change))
    assert judged(facts) == (State.ATTENTION, trouble)
    assert judged(replace(facts, drift_s=-120.1)) == (State.ATTENTION, Trouble.CLOCK)


def test_a_handful_of_photos_says_nothing() -> None:
    few = CameraDay(photos=19, photos_without_face=19, faces=2, faces_too_small=17, faces_too_dark=2)
    assert judged(replace(FACTS, week=few)) == (State.WORKING, Trouble.NONE)
    assert judged(replace(FACTS, week=replace(few, photos=20))) == (State.ATTENTION, Trouble.FEW_FACES)


def test_silence_counts_only_where_the_shop_has_been_open_all_the_while() -> None:
    silent = replace(FACTS, last_photo_at=NOW - timedelta(days=1))
    assert judged(silent) == (State.OFFLINE, Trouble.NO_PHOTOS)
    assert judged(silent, NOW - timedelta(minutes=1)) == (State.WORKING, Trouble.NONE)
    assert judged(replace(silent, opening_hours="Tu 10:00-20:00")) == (State.WORKING, Trouble.NONE)
    assert judged(replace(FACTS, last_photo_at=NOW - timedelta(minutes=30)))[0] is State.OFFLINE


def test_a_camera_that_never_sent_a_photo_is_new_and_a_disabled_one_is_disabled() -> None:
    assert judged(replace(FACTS, last_photo_at=None)) == (State.NEW, Trouble.NONE)
    assert judged(replace(FACTS, last_photo_at=None, disabled=True)) == (State.DISABLED, Trouble.NONE)
