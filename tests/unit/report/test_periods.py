"""Periods, and the tallies that make them up."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report.domain.periods import (
    MAX_PERIOD_DAYS,
    Comparison,
    Period,
    PeriodError,
    Preset,
    Step,
    chosen_step,
    compared_with,
    custom_period,
    default_step,
    last_year,
    parts,
    preset_period,
    previous,
    steps_for,
)

TODAY = date(2026, 11, 24)
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
periods = st.builds(lambda first, days: Period(first, first + timedelta(days=days)), DAYS, st.integers(0, 400))


def days_of(period: Period) -> set[date]:
    return {period.first + timedelta(days=i) for i in range(period.days)}


def month_of(first: date) -> set[date]:
    following = (first + timedelta(days=32)).replace(day=1)
    return {first + timedelta(days=i) for i in range((following - first).days)}


@given(periods, DAYS)
def test_the_parts_of_a_period_are_its_days_each_once(period: Period, today: date) -> None:
    taken_apart = parts(period, today)
    seen: dict[date, int] = {}
    for sign, sets in (
        (1, [month_of(month) for month in taken_apart.months]),
        (1, [days_of(days) for days in taken_apart.added]),
        (-1, [days_of(days) for days in taken_apart.taken]),
    ):
        for days in sets:
            for day in days:
                if day <= today:
                    seen[day] = seen.get(day, 0) + sign
    assert {day for day, times in seen.items() if times} == {day for day in days_of(period) if day <= today}
    assert set(seen.values()) <= {0, 1}


@given(periods, DAYS)
def test_a_period_never_needs_more_than_a_month_of_days(period: Period, today: date) -> None:
    taken_apart = parts(period, today)
    assert sum(days.days for days in (*taken_apart.added, *taken_apart.taken)) <= 32
    assert max(len(taken_apart.added), len(taken_apart.taken)) <= 2


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.TODAY, TODAY, TODAY),
        (Preset.YESTERDAY, date(2026, 11, 23), date(2026, 11, 23)),
        (Preset.WEEK, date(2026, 11, 17), date(2026, 11, 23)),
        (Preset.FOUR_WEEKS, date(2026, 10, 27), date(2026, 11, 23)),
    ],
)
def test_presets_end_with_the_last_complete_day(preset: Preset, first: date, last: date) -> None:
    assert preset_period(preset, TODAY) == Period(first, last, preset)


@given(periods)
def test_compared_periods_are_as_long_and_begin_on_the_same_weekday(period: Period) -> None:
    for other in (previous(period), last_year(period)):
        assert other.days == period.days
        assert other.first.weekday() == period.first.weekday()
    assert previous(period).last < period.first


def test_nothing_is_compared_when_nothing_was_asked_for() -> None:
    period = Period(TODAY, TODAY)
    assert compared_with(period, Comparison.NONE) is None
    assert compared_with(period, Comparison.YEAR) == last_year(period)
    assert compared_with(period, Comparison.PREVIOUS) == previous(period)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (TODAY, TODAY - timedelta(days=1)),
        (TODAY, TODAY + timedelta(days=MAX_PERIOD_DAYS)),
        (date(1, 1, 1), date(1, 1, 2)),
        (date(9999, 12, 30), date(9999, 12, 31)),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(first: date, last: date) -> None:
    with pytest.raises(PeriodError):
        custom_period(first, last)


@given(periods, st.none() | st.sampled_from(Step))
def test_the_step_is_one_that_suits_the_period(period: Period, asked: Step | None) -> None:
    step = chosen_step(period, asked)
    assert step == asked or step is default_step(period)
    assert step in steps_for(period) or step is default_step(period)
