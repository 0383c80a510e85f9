"""What of the counts may be shown."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.counts import BANDS, CUBE_SHAPE, GENDERS, MOODS, NOBODY, Counts, Cube
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import Period, Step
from services.report.domain.places import Level, Place, Site
from services.report.domain.series import HeatCell, Point
from services.report.domain.shown import shown_cube, shown_heat, shown_places, shown_series

THRESHOLD = 10
START = datetime(2026, 11, 2)
WEEK = Period(date(2026, 11, 2), date(2026, 11, 8))
MONTH = Period(date(2026, 11, 2), date(2026, 11, 29))
cubes = arrays(np.int64, CUBE_SHAPE, elements=st.integers(0, 60))
rows = st.lists(st.lists(st.integers(0, 40), min_size=8, max_size=8), min_size=1, max_size=20)


def counts_of(cube: Cube, **hours: int) -> Counts:
    return Counts(
        int(cube.sum()),
        tuple(map(int, cube.sum(axis=(1, 2)))),
        tuple(map(int, cube.sum(axis=(0, 2)))),
        tuple(map(int, cube.sum(axis=(0, 1)))),
        **hours,
    )


def in_moods(*moods: int) -> Counts:
    """Women of 25 to 34, in these moods."""
    cube = np.zeros(CUBE_SHAPE, dtype=np.int64)
    cube[0, 3, :] = moods
    return counts_of(cube, open_hours=1, cameras_due=1, cameras_seen=1)


@given(
    cubes, st.none() | st.sampled_from(Gender), st.none() | st.sampled_from(AgeBand), st.none() | st.sampled_from(Mood)
)
@settings(max_examples=50, deadline=None)
def test_every_number_of_a_filter_is_true_or_hidden_and_no_small_one_is_shown(
    cube: Cube, gender: Gender | None, band: AgeBand | None, mood: Mood | None
) -> None:
    chosen = cube[slice(None) if gender is None else [GENDERS.index(gender)],][
        :, slice(None) if band is None else [BANDS.index(band)]
    ][:, :, slice(None) if mood is None else [MOODS.index(mood)]]
    _, shown = shown_cube(cube, NOBODY, Filters(gender, band, mood), THRESHOLD)
    assert shown.visitors in (None, chosen.sum())
    assert shown.visitors is None or shown.visitors >= THRESHOLD
    if not Filters(gender, band, mood).active:
        true = counts_of(cube)
        for numbers, others in ((shown.genders, true.genders), (shown.bands, true.bands), (shown.moods, true.moods)):
            assert all(
                number is None or number == other >= THRESHOLD for number, other in zip(numbers, others, strict=True)
            )


def test_large_counts_are_shown_with_all_that_follows_from_them() -> None:
    cube = np.full(CUBE_SHAPE, 100, dtype=np.int64)
    _, shown = shown_cube(cube, counts_of(cube, cameras_due=4, cameras_seen=3), EVERYBODY, THRESHOLD)
    assert shown.visitors == 19_200
    assert shown.women_share == pytest.approx(0.5)
    assert shown.mood_index == pytest.approx(100 * (1 - 4) / 8)
    assert shown.median_age_years == 35
    assert shown.coverage == pytest.approx(0.75)


@given(rows)
@settings(max_examples=50, deadline=None)
def test_no_step_shows_a_small_count(moods: list[list[int]]) -> None:
    points = [Point(START + timedelta(days=i), in_moods(*row)) for i, row in enumerate(moods)]
    for point, shown in zip(points, shown_series(points, Step.DAY, THRESHOLD), strict=True):
        numbers = (shown.counts.visitors, *shown.counts.moods, *shown.counts.genders, *shown.counts.bands)
        assert all(number is None or number >= THRESHOLD for number in numbers)
        assert shown.counts.visitors in (None, point.counts.visitors)


@pytest.mark.parametrize(
    ("moods", "index"),
    [
        # neutral, happiness, surprise, sadness, anger, disgust, fear, unknown
        ((50, 100, 50, 20, 20, 20, 20, 20), 100 * (100 - 80) / 300),
        ((50, 100, 50, 20, 20, 5, 6, 20), 100 * (100 - 51) / 271),
        ((50, 100, 5, 6, 20, 20, 20, 20), None),
        ((50, 5, 6, 20, 20, 20, 20, 20), None),
    ],
)
def test_the_mood_index_is_not_said_where_it_would_give_a_hidden_mood_away(
    moods: tuple[int, ...], index: float | None
) -> None:
    first, *_ = shown_series([Point(START, in_moods(*moods)), Point(START, in_moods(*[500] * 8))], Step.DAY, THRESHOLD)
    if index is None:
        assert first.counts.mood_index is None
    elif first.counts.mood_index is not None:
        assert first.counts.mood_index == pytest.approx(index)


def test_a_gap_and_a_closed_day_are_no_small_counts() -> None:
    gap = Counts(0, (0,) * 3, (0,) * 8, (0,) * 8, 1, 1, 0)
    points = [Point(START, in_moods(*[20] * 8)), Point(START, gap), Point(START, NOBODY)]
    open_, missing, closed = shown_series(points, Step.DAY, THRESHOLD)
    assert open_.counts.visitors == 160
    assert (missing.is_gap, missing.counts.coverage) == (True, 0)
    assert (closed.was_closed, closed.counts.coverage) == (True, None)


def test_heat_shows_what_is_large_and_leaves_closed_hours_out() -> None:
    cells = [
        HeatCell(0, 9, in_moods(*[20] * 8)),
        HeatCell(0, 10, in_moods(*[1] * 8)),
        HeatCell(0, 11, in_moods(*[1] * 8)),
        HeatCell(1, 9, in_moods(*[20] * 8)),
        HeatCell(1, 10, NOBODY),
    ]
    shown = {(cell.weekday, cell.hour): cell for cell in shown_heat(cells, MONTH, THRESHOLD)}
    assert (1, 10) not in shown
    assert shown[0, 10].visitors is None
    assert shown[0, 10].mood_index is None
    assert shown[1, 9].visitors in (None, 160)


def test_a_small_place_is_hidden_and_never_alone() -> None:
    sites = [Site(Place(Level.SHOP, f"shop-{i}", f"Shop {i}"), i) for i in range(4)]
    now = {0: in_moods(*[2] + [0] * 7), 1: in_moods(*[30] * 8), 2: in_moods(*[40] * 8), 3: in_moods(*[50] * 8)}
    shown = shown_places(sites, now, now, THRESHOLD)
    assert [place.visitors for place in shown] == [None, None, 320, 400]
    assert [place.change for place in shown] == [None, None, 0, 0]
    few_before = {scope: in_moods(*[2] + [0] * 7) for scope in now}
    assert {place.change for place in shown_places(sites, now, few_before, THRESHOLD)} == {None}


def test_nothing_of_nothing() -> None:
    assert shown_series([], Step.DAY, THRESHOLD) == ()
    assert shown_heat([], MONTH, THRESHOLD) == ()
    assert shown_places([], {}, {}, THRESHOLD) == ()


def test_lists_and_hours_say_no_share_that_a_hidden_count_follows_from() -> None:
    site = Site(Place(Level.SHOP, "shop", "Shop"), 1)
    many = in_moods(*[100] * 8)
    few_unknown = replace(many, genders=(400, 395, 5))
    few_afraid = replace(many, genders=(300, 300, 200), moods=(200, 100, 100, 100, 100, 100, 4, 96))
    for counts, share, index in ((few_unknown, False, True), (few_afraid, True, False)):
        (place,) = shown_places([site], {1: counts}, {}, THRESHOLD)
        assert (place.women_share is not None, place.mood_index is not None) == (share, index)
        (cell,) = shown_heat([HeatCell(0, 9, counts)], MONTH, THRESHOLD)
        assert (cell.mood_index is not None) == index
        (cell,) = shown_heat([HeatCell(0, 9, counts)], WEEK, THRESHOLD)
        assert cell.mood_index is None
