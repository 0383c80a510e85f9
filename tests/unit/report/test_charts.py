"""What charts, key figures, heat map and map are told: gaps stay gaps, hidden numbers stay hidden."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.counts import CUBE_SHAPE, GENDERS, MOODS, NOBODY, Counts
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import Period, Step
from services.report.domain.places import Level, Place, Site
from services.report.domain.series import HeatCell, Point
from services.report.domain.shown import ShownHeatCell, ShownPlace, shown_heat, shown_places, shown_series
from services.report.domain.suppression import publish
from services.report.pages import charts, graphics, heat, i18n, names, shop_map, tables

MONDAY = datetime(2026, 11, 2)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.speak("en")
    yield
    i18n.speak("en")


def counts(each: int, due: int = 10, seen: int = 10) -> Counts:
    """So many visitors in each of 3 x 8 x 8 groups."""
    return Counts(each * 192, (each * 64,) * 3, (each * 24,) * 8, (each * 24,) * 8, 10, due, seen)


GAP = Counts(0, (0,) * 3, (0,) * 8, (0,) * 8, 10, 10, 0)


def days(*those: Counts) -> list[Point]:
    return [Point(MONDAY + timedelta(days=i), each) for i, each in enumerate(those)]


def test_a_gap_is_no_zero_and_has_a_note() -> None:
    points = shown_series(days(counts(2), GAP, GAP, counts(3), GAP), Step.DAY, 10)
    data = charts.time(points, (), Step.DAY)
    assert data["metrics"]["visitors"]["now"] == [384, None, None, 576, None]  # type: ignore[index]
    assert data["gaps"] == [[1, 2], [4, 4]]
    assert data["notes"] == dict.fromkeys((1, 2, 4), "No photos, so nobody knows")
    assert data["coverage"] == [100.0, 0.0, 0.0, 100.0, 0.0]


def test_a_closed_day_is_neither_a_gap_nor_a_zero() -> None:
    data = charts.time(shown_series(days(counts(2), NOBODY, counts(2)), Step.DAY, 10), (), Step.DAY)
    assert data["metrics"]["visitors"]["now"] == [384, None, 384]  # type: ignore[index]
    assert data["gaps"] == []
    assert data["notes"] == {1: "Closed"}


def test_a_step_with_too_few_of_its_hours_is_partial() -> None:
    data = charts.time(shown_series(days(counts(2, 10, 8), counts(2, 10, 10)), Step.DAY, 10), (), Step.DAY)
    assert data["partial"] == {0: "Partial: photos of 80.0% of the hours"}


def test_ticks_are_on_mondays() -> None:
    data = charts.time(shown_series(days(*[counts(2)] * 15), Step.DAY, 10), (), Step.DAY)
    assert data["ticks"] == [[0, "Mon 2 Nov"], [7, "Mon 9 Nov"], [14, "Mon 16 Nov"]]


def test_several_series_keep_their_own_dates() -> None:
    first = shown_series(days(counts(2), counts(3)), Step.DAY, 10)
    second = shown_series([Point(MONDAY - timedelta(days=364), counts(1))], Step.DAY, 10)
    data = charts.compare([("Berlin", first), ("Paris", second)], Step.DAY)
    assert data["names"] == ["Berlin", "Paris"]
    assert data["metrics"]["visitors"]["lines"] == [[384, 576], [192]]  # type: ignore[index]
    assert data["dates"] == [["Mon 2 Nov", "Tue 3 Nov"], ["Mon 3 Nov"]]


def test_moods_add_up_to_everybody_with_what_is_hidden_of_them() -> None:
    moods = (100, 50, 3, 20, 20, 20, 20, 7)
    one = Counts(240, (120, 120, 0), (30,) * 8, moods, 10, 10, 10)
    data = charts.mood(shown_series(days(one, one, one), Step.DAY, 10), (), Step.DAY)
    shares = np.array(data["shares"], dtype=float)
    assert shares.shape == (9, 3)
    assert shares.sum(axis=0) == pytest.approx([100.0] * 3, abs=0.1)
    assert data["someHidden"]
    assert (shares[-1] > 0).all()


def test_a_hidden_group_is_hidden_in_pyramid_and_table() -> None:
    cube = np.full(CUBE_SHAPE, 20, dtype=np.int64)
    cube[0, 7, :] = 0  # women of 65 and more
    cube[0, 7, 0] = 3
    table = publish(cube, 10)
    data = charts.pyramid(table)
    assert data["women"][7] is None  # type: ignore[index]
    shown = [share for share in data["women"] if share is not None]  # type: ignore[attr-defined]
    assert shown == [pytest.approx(100 * 160 / cube.sum(), abs=0.01)] * len(shown)
    assert len(shown) >= 5
    women, men, unknown, everybody = tables.columns(table, EVERYBODY)
    assert women[7] is None
    assert men[7] is None or unknown[7] is None, "one hidden number alone could be worked out"
    assert everybody[-1] == cube.sum()


def test_filters_leave_the_others_out() -> None:
    table = publish(np.full(CUBE_SHAPE, 20, dtype=np.int64), 10)
    filters = Filters(Gender.FEMALE, AgeBand.AGE_25_34, Mood.NEUTRAL)
    data = charts.pyramid(table, None, filters)
    assert data["women"] == [0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0, 0.0]
    assert data["men"] == [0.0] * 8
    women, men, _unknown, everybody = tables.columns(table, filters)
    assert women[-1] == everybody[-1] == 20
    assert sum(filter(None, men)) == 0


def test_mood_shares_are_in_the_order_of_their_colours() -> None:
    now = shown_series(days(counts(2)), Step.DAY, 10)[0].counts
    rows = tables.mood_shares(now, now)
    assert [name for name, _share, _change in rows] == [
        "Happy", "Surprised", "Neutral", "Sad", "Afraid", "Disgusted", "Angry", "Unknown"
    ]  # fmt: skip
    assert [share for _name, share, _change in rows] == [0.125] * 8
    assert {change for _name, _share, change in rows} == {0.0}


def test_the_heat_map_tells_closed_hidden_and_missing_apart() -> None:
    cells = [
        ShownHeatCell(0, 8, None, None, None, 1.0, is_gap=False),
        ShownHeatCell(0, 9, 384, 12, 36, 1.0, is_gap=False),
        ShownHeatCell(0, 10, None, None, None, 0.0, is_gap=True),
        ShownHeatCell(1, 9, 576, 20, 36, 1.0, is_gap=False),
        ShownHeatCell(1, 11, 192, -3, 41, 1.0, is_gap=False),
    ]
    week = Period(date(2026, 11, 2), date(2026, 11, 8))
    visitors, mood, age = heat.heat_maps(cells, week, 10)
    assert visitors.hours == (8, 9, 10, 11)
    rows = dict(visitors.rows)
    assert list(rows) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert [square.kind for square in rows["Wed"]] == ["shut"] * 4
    monday = rows["Mon"]
    assert (monday[0].kind, monday[0].text) == ("few", "<10")
    assert monday[2].kind == "gap"
    assert rows["Tue"][1].kind == "q7"
    assert rows["Tue"][1].title == "Tuesday, 09:00–09:59: 576"
    assert (mood.id, age.id) == ("mood", "age")
    assert [square.text for square in dict(mood.rows)["Tue"]] == ["", "+20", "", "−3"]


def test_a_heat_map_of_one_day_shows_that_day_only() -> None:
    cells = shown_heat([HeatCell(0, 9, counts(2))], Period(date(2026, 11, 2), date(2026, 11, 2)), 10)
    (visitors,) = heat.heat_maps(cells, Period(date(2026, 11, 2), date(2026, 11, 2)), 10)
    assert [day for day, _squares in visitors.rows] == ["Mon"]


def test_a_sparkline_breaks_at_gaps_and_leaves_closed_days_blank() -> None:
    line = graphics.sparkline([1, 2, None, 4, None, 3], closed=[4], width=100)
    assert len(line.lines) == 3
    assert line.gaps == ((20.0, 40.0),)
    assert line.end is not None
    assert graphics.sparkline([None, None]).gaps == ((0.0, 92.0),)
    assert graphics.sparkline([None, None], closed=[0, 1]).gaps == ()


def test_a_diverging_bar_begins_in_the_middle() -> None:
    assert graphics.diverging(20, 40) == (50.0, 25.0)
    assert graphics.diverging(-20, 40) == (25.0, 25.0)
    assert graphics.diverging(-90, 40) == (0.0, 50.0)
    assert graphics.part(3, 12) == 25.0
    assert graphics.part(None, 12) == 0.0


def shops(*those: tuple[str, Counts]) -> tuple[ShownPlace, ...]:
    sites = [
        Site(Place(Level.SHOP, f"s{i}", f"Shop {i}"), i, "Berlin", "Europe", at) for i, (at, _c) in enumerate(those)
    ]
    return shown_places(sites, {i: each for i, (_at, each) in enumerate(those)}, {}, 10)


def test_the_map_puts_shops_where_they_are() -> None:
    drawn = shop_map.shop_map(shops(("@52.52,13.40", counts(4)), ("@48.86,2.35", counts(1)), ("", counts(9))), 10)
    assert drawn is not None
    berlin, paris = sorted(drawn.circles, key=lambda circle: -circle.x)
    assert len(drawn.circles) == 2
    assert berlin.y < paris.y, "north is up"
    assert berlin.radius > paris.radius
    assert berlin.title == "Shop 0: 768 visitors"
    assert all(0 < circle.x < drawn.width and 0 < circle.y < drawn.height for circle in drawn.circles)


def test_there_is_no_map_without_positions() -> None:
    assert shop_map.shop_map(shops(("", counts(4)), ("@north,south", counts(1)), ("@123,7", counts(1))), 10) is None


def test_many_shops_close_together_are_one_circle() -> None:
    near = [(f"@52.5{i % 10},13.4{i % 7}", counts(2)) for i in range(80)]
    drawn = shop_map.shop_map(shops(*near, ("@35.68,139.7", counts(1))), 10)
    assert drawn is not None
    assert len(drawn.circles) < 5
    assert max(drawn.circles, key=lambda circle: circle.radius).title.startswith("Berlin, ")


def test_a_hidden_shop_says_no_number() -> None:
    few = Counts(4, (4, 0, 0), (4, *(0,) * 7), (4, *(0,) * 7), 1, 1, 1)
    drawn = shop_map.shop_map(shops(("@52.52,13.40", counts(4)), ("@52.40,13.30", few), ("@52.60,13.20", few)), 10)
    assert drawn is not None
    hidden = [circle for circle in drawn.circles if circle.kind == "few"]
    assert hidden
    assert all(circle.title.endswith("<10 visitors") for circle in hidden)


def test_orders_of_the_vocabulary_are_those_that_pages_rely_on() -> None:
    assert GENDERS == (Gender.FEMALE, Gender.MALE, Gender.UNKNOWN)
    assert set(names.MOOD_ORDER) == set(MOODS)
