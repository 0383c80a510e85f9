"""Sums agree with each other in every direction."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain import Cell, PeriodError, Preset, custom_period, preset_period, visitors

CELLS = st.lists(
    st.builds(
        Cell,
        st.integers(0, 23),
        st.sampled_from(Gender),
        st.sampled_from(AgeBand),
        st.tuples(*[st.integers(0, 1000)] * len(Mood)),
    ),
    max_size=30,
)


@given(CELLS)
def test_every_way_of_counting_gives_the_same_total(cells: list[Cell]) -> None:
    found = visitors(cells)
    assert found.total == sum(sum(cell.moods) for cell in cells)
    assert sum(found.by_hour) == found.total
    assert sum(found.by_gender.values()) == found.total
    assert sum(found.by_age.values()) == found.total
    assert sum(found.by_mood.values()) == found.total
    assert sum(sum(row.values()) for row in found.by_gender_and_age.values()) == found.total


@given(CELLS)
def test_shares_and_the_index_stay_in_their_bounds(cells: list[Cell]) -> None:
    found = visitors(cells)
    assert (found.mood_index is None) == (found.total == 0)
    if found.mood_index is not None:
        assert -100 <= found.mood_index <= 100
    if found.women_share is not None:
        assert 0 <= found.women_share <= 1
    assert (found.median_age_band is None) == (found.total == 0)


def cell(mood: Mood, count: int, band: AgeBand = AgeBand.AGE_25_34) -> Cell:
    return Cell(12, Gender.FEMALE, band, tuple(count if m is mood else 0 for m in Mood))


def test_surprise_and_unknown_count_as_neither_good_nor_bad() -> None:
    cells = [cell(Mood.HAPPINESS, 5), cell(Mood.SURPRISE, 2), cell(Mood.UNKNOWN, 1), cell(Mood.ANGER, 2)]
    assert visitors(cells).mood_index == pytest.approx(30)


def test_the_median_is_the_band_of_the_middle_visitor() -> None:
    cells = [cell(Mood.NEUTRAL, 4, AgeBand.AGE_18_24), cell(Mood.NEUTRAL, 5, AgeBand.AGE_65_UP)]
    assert visitors(cells).median_age_band is AgeBand.AGE_65_UP
    assert visitors(cells[:1]).median_age_band is AgeBand.AGE_18_24


@pytest.mark.parametrize(
    ("preset", "days"), [(Preset.TODAY, 1), (Preset.WEEK, 7), (Preset.FOUR_WEEKS, 28), (Preset.QUARTER, 91)]
)
def test_a_preset_ends_today(preset: Preset, days: int) -> None:
    period = preset_period(preset, date(2026, 11, 24))
    assert period.last == date(2026, 11, 24)
    assert period.days == days


def test_a_period_goes_forward_and_is_bounded() -> None:
    assert custom_period(date(2026, 1, 1), date(2026, 1, 1)).days == 1
    with pytest.raises(PeriodError, match="before it begins"):
        custom_period(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(PeriodError, match="longer"):
        custom_period(date(2020, 1, 1), date(2026, 1, 1))
