"""What is kept, and what may be forgotten."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.record.domain.retention import Kept, pause_s

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), st.integers(31, 2000))
def test_what_was_forgotten_is_refused_when_it_comes_again(now: datetime, days: int) -> None:
    kept = Kept(days, days, days)
    latest_capture = kept.ids_before(now) + timedelta(minutes=2)
    assert latest_capture < kept.oldest(now)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), st.integers(-14, 12))
def test_what_is_recorded_has_a_table_in_every_time_zone(now: datetime, offset_h: int) -> None:
    kept = Kept(100, 100, 100)
    local_day = (kept.oldest(now) + timedelta(hours=offset_h)).date()
    assert kept.results_before(now) <= local_day


def test_each_has_its_own_time() -> None:
    kept = Kept(results_days=365, camera_hours_days=62, tallies_days=1095)
    assert kept.results_before(NOW) == date(2025, 11, 23)
    assert kept.camera_hours_before(NOW) == date(2026, 9, 22)
    assert kept.tallies_before(NOW) == date(2023, 11, 24)


def test_the_job_rests_nineteen_times_as_long_as_it_worked() -> None:
    assert pause_s(5, 0.01) == 5
    assert pause_s(5, 1) == 19
    assert pause_s(5, 30) == 120
    assert pause_s(300, 30) == 300
