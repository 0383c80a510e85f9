"""What can be said of counts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.vocabulary import AgeBand, Mood
from services.report.domain.counts import BANDS, MOODS, NOBODY, Counts, change, difference, total


def counts(visitors: int, **changes: object) -> Counts:
    """Women of 25 to 34, all neutral."""
    made = Counts(visitors, (visitors, 0, 0), (0, 0, 0, visitors, 0, 0, 0, 0), (visitors, 0, 0, 0, 0, 0, 0, 0))
    return replace(made, **changes)  # type: ignore[arg-type]


def moods(**numbers: int) -> tuple[int, ...]:
    return tuple(numbers.get(mood.value, 0) for mood in MOODS)


def test_nobody_has_no_share_no_mood_and_no_age() -> None:
    assert (NOBODY.women_share, NOBODY.mood_index, NOBODY.median_age_years, NOBODY.coverage) == (None,) * 4


def test_women_are_counted_among_those_whose_gender_is_known() -> None:
    assert counts(10, genders=(3, 1, 6)).women_share == pytest.approx(0.75)


def test_the_mood_index_is_happy_minus_sad_angry_disgusted_and_afraid_and_surprise_is_neither() -> None:
    of = counts(100, moods=moods(happiness=40, surprise=20, sadness=5, anger=4, disgust=2, fear=1, unknown=28))
    assert of.mood_index == pytest.approx(28)


@pytest.mark.parametrize(
    ("bands", "years"),
    [
        ((0, 0, 0, 10, 0, 0, 0, 0), 30.0),
        ((10, 0, 0, 0, 0, 0, 0, 0), 6.5),
        ((1, 0, 0, 0, 0, 0, 0, 3), 70.0),
        ((0, 0, 5, 0, 0, 5, 0, 0), 25.0),
    ],
)
def test_the_middle_visitor_is_in_the_middle_of_a_band(bands: tuple[int, ...], years: float) -> None:
    assert counts(sum(bands), bands=bands).median_age_years == pytest.approx(years)


@given(st.lists(st.integers(0, 1000), min_size=8, max_size=8).filter(any))
def test_the_median_age_is_in_a_band_that_somebody_is_in(bands: list[int]) -> None:
    years = counts(sum(bands), bands=tuple(bands)).median_age_years
    edges = [0, 13, 18, 25, 35, 45, 55, 65, 80]
    assert years is not None
    assert any(count and edges[i] <= years <= edges[i + 1] for i, count in enumerate(bands))


def test_missing_hours_are_made_up_for() -> None:
    half_seen = counts(100, cameras_due=20, cameras_seen=10, open_hours=20)
    assert half_seen.coverage == pytest.approx(0.5)
    assert half_seen.corrected == pytest.approx(200)
    assert half_seen.per_open_hour == pytest.approx(10)
    assert half_seen.missing_hours == 10
    assert change(half_seen, counts(200, cameras_due=20, cameras_seen=20)) == pytest.approx(0)


def test_more_photos_than_due_are_no_more_than_all() -> None:
    assert counts(10, cameras_due=1, cameras_seen=3).coverage == pytest.approx(1)
    assert counts(10, cameras_due=1, cameras_seen=3).corrected == pytest.approx(10)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (counts(5), None),
        (counts(5), counts(0)),
        (counts(5, cameras_due=10, cameras_seen=4), counts(5)),
        (counts(5), counts(5, cameras_due=10, cameras_seen=4)),
        (counts(500, open_hours=120), counts(5, open_hours=12)),
        (counts(5, open_hours=12), counts(500, open_hours=120)),
    ],
)
def test_a_change_that_would_say_nothing_is_not_said(now: Counts, before: Counts | None) -> None:
    assert change(now, before) is None


def test_a_gap_is_not_an_empty_shop_and_not_a_closed_one() -> None:
    gap, empty, closed = counts(0, cameras_due=3), counts(0, cameras_due=3, cameras_seen=3), counts(0)
    assert (gap.is_gap, empty.is_gap, closed.is_gap) == (True, False, False)
    assert (gap.was_closed, empty.was_closed, closed.was_closed) == (False, False, True)


def test_counts_add_up() -> None:
    together = total([counts(3, open_hours=1), counts(4, open_hours=2)])
    assert together == counts(7, open_hours=3)
    assert together.bands[BANDS.index(AgeBand.AGE_25_34)] == 7
    assert together.moods[MOODS.index(Mood.NEUTRAL)] == 7


def test_a_difference_needs_both() -> None:
    assert difference(3.0, 1.0) == pytest.approx(2)
    assert difference(None, 1.0) is None
    assert difference(1.0, None) is None
