"""The made-up year: realistic, whole, and the same each time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from bench.year.curves import FACES_A_SHOP_YEAR, mixes, opening
from bench.year.estate import estate_lines, make_shops, read_cities
from bench.year.in_order import Columns, InOrder
from bench.year.month import Ids, Month
from bench.year.plan import Plan
from bench.year.troubles import FAULTY_REGION
from services.common.vocabulary import AgeBand, Mood
from services.estate.domain import cells, check

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(months=2, count=40, seed=5, now=NOW)


@pytest.fixture(scope="module")
def month(plan: Plan) -> Month:
    """The month before, drawn."""
    scopes = [("world", "")]
    for shop in plan.shops:
        scopes += [("region", shop.city.region), ("city", shop.city.slug), ("shop", shop.slug)]
    cameras = [camera for shop in plan.shops for camera in shop.cameras]
    ids = Ids(
        {scope: number for number, scope in enumerate(dict.fromkeys(scopes), 1)},
        {camera: number for number, camera in enumerate(cameras, 1)},
    )
    drawn = Month(plan, ids, plan.months_of_days[1])
    drawn.draw(lambda: None)
    return drawn


def test_cities_are_real_places_in_five_regions() -> None:
    cities = read_cities()
    assert len({city.region for city in cities}) == 5
    assert 95 <= len({city.slug for city in cities}) == len(cities) <= 110


def test_estate_is_one_that_the_estate_service_takes() -> None:
    lines = estate_lines(make_shops(200, range(2025, 2027), 5))
    assert check(enumerate(map(cells, lines))) == lines
    assert len({line.shop for line in lines}) == 200
    assert any("24/7" in line.opening_hours for line in lines)
    assert any("Su off" in line.opening_hours for line in lines)
    assert all(line.identifiers[0].startswith("@") for line in lines)


def test_the_same_seed_makes_the_same_year(plan: Plan) -> None:
    again = Plan(plan.months, plan.count, plan.seed, plan.now)
    assert again.shops == plan.shops
    assert np.array_equal(again.expected, plan.expected)
    assert not np.array_equal(replace(plan, seed=6).expected, plan.expected)


def test_expected_visitors_come_to_what_was_asked_for(plan: Plan) -> None:
    days = len(plan.days)
    assert plan.expected.sum(dtype=np.float64) == pytest.approx(FACES_A_SHOP_YEAR * 40 * days / 365, rel=1e-3)


def test_nobody_comes_while_a_shop_is_closed(plan: Plan) -> None:
    for position, shop in enumerate(plan.shops):
        closed = opening(shop, plan.days) == 0
        assert not plan.expected[position][closed].any()
        assert plan.expected[position][~closed].all()


def test_days_are_whole_up_to_the_hour_that_has_ended(plan: Plan) -> None:
    assert plan.days[0].isoformat() == "2026-09-25"
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(plan.days))
    assert [plan.days[days.start].month for days in plan.months_of_days] == [9, 10, 11]
    whole = slice(0, len(plan.days))
    for position, shop in enumerate(plan.shops):
        day, hour = np.argwhere(plan.known(position, whole))[-1]
        latest = datetime.fromisoformat(f"{plan.days[day]} {hour:02}:00")
        local = NOW.astimezone(ZoneInfo(shop.city.time_zone)).replace(tzinfo=None)
        assert latest + timedelta(hours=1) <= local


def test_mixes_are_shares_that_differ_by_place_and_hour(plan: Plan) -> None:
    one, other = (mixes(plan.shops[position], position, 6, 5) for position in (0, 39))
    assert one.shape == (2, 24, 192)
    assert (one >= 0).all()
    assert np.allclose(one.sum(axis=2), 1)
    assert np.abs(one - other).sum() > 1
    bands = one.reshape(2, 24, 3, 8, 8).sum(axis=(2, 4))
    old = list(AgeBand).index(AgeBand.AGE_65_UP)
    assert bands[0, 9, old] > bands[0, 21, old]
    moods = one.reshape(2, 24, 3, 8, 8).sum(axis=(2, 3))
    happy = list(Mood).index(Mood.HAPPINESS)
    assert 0.1 < moods[0, 12, happy] < 0.5


def test_wider_tallies_are_the_sums_of_shops(month: Month) -> None:
    ids = month.ids.scopes
    hours = all_rows(month.by_hour)
    of_shops = np.isin(hours["scope_id"], [number for (kind, _), number in ids.items() if kind == "shop"])
    of_world = hours["scope_id"] == ids["world", ""]
    for column in ("cells", "open", "due", "seen"):
        assert np.array_equal(hours[column][of_shops].sum(axis=0), hours[column][of_world].sum(axis=0))
    days, months = all_rows(month.by_day), all_rows(month.by_month)
    assert np.array_equal(days["cells"].sum(axis=0), hours["cells"].sum(axis=0))
    assert np.array_equal(months["cells"].sum(axis=0), hours["cells"].sum(axis=0))
    heat = all_rows(month.by_weekday)
    assert np.array_equal(heat["cells"].sum(axis=0), hours["cells"].sum(axis=0))
    cameras = all_rows(month.by_camera)
    assert list(cameras)[-1] == "8"  # faces_counted
    assert cameras["8"].sum() == hours["cells"][of_shops].sum()


def test_rows_come_in_the_order_of_time(month: Month) -> None:
    when = month.by_upload
    taken = list(when.take("day", "hour", "camera"))
    moments = np.concatenate([block["day"].astype(np.int64) * 24 + block["hour"] for block in taken])
    assert len(moments) > 50_000
    assert (np.diff(moments) >= 0).all()
    assert len(when) == 0


def test_a_network_fault_leaves_a_gap_and_no_zero(plan: Plan) -> None:
    fault = plan.troubles.fault
    assert len(fault) == 2
    for position, shop in enumerate(plan.shops):
        works = plan.troubles.seen[position][:, fault]
        assert not works.any() if shop.city.region == FAULTY_REGION else works.any()


def all_rows(table: InOrder) -> Columns:
    """All rows of a table, which keeps them."""
    return {name: np.concatenate([block[name] for block in table._blocks]) for name in table._blocks[0]}
