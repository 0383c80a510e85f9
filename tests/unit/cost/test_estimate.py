"""The arithmetic, by examples worked by hand and by what must always hold."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given as example
from hypothesis import strategies as st

from services.cost.domain.assumptions import DEFAULTS, GIVEN, KINDS, Assumptions
from services.cost.domain.estimate import Estimate, estimate, load, photos_kept_tb, results_kept_tb

# 2,592,000 photos a month of 30 days are one a second.
ROUND = Assumptions(
    photos_per_month=2_592_000, peak=2, photo_mb=2, faces_per_photo=3, shops=10, services_cpu_ms=80, servers_cpu_ms=20,
    utilisation=0.5, server_cores=1, server_usd=4_800, server_years=4, server_watts=100, spare_servers=1, core_hour_usd=0.1,
    photos_kept_days=10, disk_overhead=3, disk_tb_usd=2, disk_tb_watts=10, object_tb_usd=20, object_requests_usd=5,
    doubt_share=0.25, smaller_share=0.5, results_kept_days=30, tallies_kept_days=730, photo_bytes=400, face_bytes=200,
    tallies_mb=10, database_copies=2, ssd_tb_usd=10, block_tb_usd=100, kwh_usd=0.1, power_overhead=2, room_kw_usd=56,
    mbit_usd=1.5, face_api_usd=0.5, gpu_hour_usd=2, gpu_cpu_ms=25, other_usd=7,
)  # fmt: skip


def usd(result: Estimate, name: str) -> tuple[Any, Any]:
    (item,) = (item for item in result.items if item.name == name)
    return item.own_usd, item.rented_usd


def test_machines_bear_the_peak_and_one_may_fail() -> None:
    # 2 photos a second x 100 ms = 0.2 busy cores; at half utilisation 0.4.
    at_peak = load(ROUND, 2)
    assert at_peak.photos_per_s == pytest.approx(2)
    assert at_peak.cores == pytest.approx(0.4)
    assert at_peak.servers == 1 + 1
    assert at_peak.mb_per_s == pytest.approx(4)
    assert at_peak.mbit_per_s == pytest.approx(32)
    assert load(ROUND, 6).servers == 2 + 1


def test_the_bill_worked_by_hand() -> None:
    result = estimate(ROUND)
    # A watt: 0.001 kW x 2 x 720 h x $0.1 = $0.144, and $0.056 of room: $0.2.
    # A server: $4,800 over 48 months, and 100 W. Two of them; or 0.4 cores x 720 h x $0.1.
    assert usd(result, "machines") == (pytest.approx(2 * (100 + 20)), pytest.approx(28.8))
    # A day is 86,400 photos of 2 MB, ten of them 1.728 TB, three times on disk at $2 and 10 W.
    assert usd(result, "photos") == (pytest.approx(1.728 * 3 * (2 + 2)), pytest.approx(1.728 * 20))
    assert usd(result, "requests") == (None, pytest.approx(2.592 * 5))
    # 2,592,000 photos of 400 bytes with three faces of 200, and 10 shops x 10 MB x 2 years; two copies.
    tb = (2_592_000 * 1_000 + 200e6) / 1e12
    assert usd(result, "results") == (pytest.approx(tb * 2 * 10), pytest.approx(tb * 2 * 100))
    assert usd(result, "network") == (pytest.approx(32 * 1.5), None)
    assert usd(result, "other") == (7, 7)
    assert result.own_usd == pytest.approx(240 + 20.736 + tb * 20 + 48 + 7)
    assert result.rented_usd == pytest.approx(28.8 + 34.56 + 12.96 + tb * 200 + 7)
    assert result.face_api_usd == pytest.approx(1_296)
    assert result.kw == pytest.approx(0.2 + 1.728 * 3 * 10 / 1_000)
    assert result.electricity_usd == pytest.approx(result.kw * 144)
    assert result.room_usd == pytest.approx(result.kw * 56)
    # 25 ms of 100: a quarter of 0.4 cores.
    assert result.gpu_cores == pytest.approx(0.1)
    assert result.gpu_saves_usd == pytest.approx(7.2)
    assert result.gpu_usd == pytest.approx(1_440)


def test_the_estate_of_the_design() -> None:
    result = estimate(DEFAULTS)
    assert photos_kept_tb(DEFAULTS, 30) == pytest.approx(150)
    assert load(DEFAULTS, 1).mb_per_s == pytest.approx(60, rel=0.05)
    assert result.face_api_usd == pytest.approx(90_000)
    # 1.8 billion photos of 750 bytes, and three years of tallies.
    assert results_kept_tb(DEFAULTS) == pytest.approx(1.825e9 * 750 / 1e12 + 3 * 0.0114)


def test_a_gpu_takes_over_no_more_than_the_services_take() -> None:
    assert estimate(replace(ROUND, gpu_cpu_ms=500)).gpu_cores == pytest.approx(0.4 * 80 / 100)


def test_choices_of_photos_are_shares_of_all_and_match_the_bill() -> None:
    result = estimate(ROUND)
    assert sorted({choice.days for choice in result.keeping}) == [0, 1, 7, 10, 30, 90, 365]
    for days in (0, 7, 365):
        whole, doubt, smaller = (choice for choice in result.keeping if choice.days == days)
        assert [whole.what, doubt.what, smaller.what] == ["all", "in doubt", "smaller"]
        for part, share in ((doubt, 0.25), (smaller, 0.5)):
            assert (part.tb, part.own_usd, part.rented_usd) == pytest.approx(
                (whole.tb * share, whole.own_usd * share, whole.rented_usd * share)
            )
    kept = next(choice for choice in result.keeping if choice.days == ROUND.photos_kept_days)
    assert usd(result, "photos") == (pytest.approx(kept.own_usd), pytest.approx(kept.rented_usd))


def test_the_assumed_load_is_among_those_shown() -> None:
    assert [one.peak for one in estimate(DEFAULTS).loads] == [1, 2, 5]
    assert [one.peak for one in estimate(replace(DEFAULTS, peak=3)).loads] == [1, 2, 3, 5]


def with_value(given: Assumptions, name: str, value: float) -> Assumptions:
    values: dict[str, Any] = {name: value}
    return replace(given, **values)


LESS_IS_MORE = {"utilisation", "server_cores", "server_years"}
NEITHER = {"doubt_share", "smaller_share", "face_api_usd", "gpu_hour_usd", "gpu_cpu_ms"}


@example(name=st.sampled_from(list(GIVEN)), factor=st.floats(1, 50))
def test_more_of_anything_never_costs_less(name: str, factor: float) -> None:
    before = getattr(ROUND, name)
    known = GIVEN[name]
    after = min(KINDS[name](before * factor), known.most)
    one, other = estimate(ROUND), estimate(with_value(ROUND, name, after))
    totals = [(one.own_usd, other.own_usd), (one.rented_usd, other.rented_usd)]
    for least, most in totals:
        if name in NEITHER:
            assert least == most
        elif name in LESS_IS_MORE:
            assert most <= least or math.isclose(most, least)
        else:
            assert least <= most or math.isclose(most, least)


@example(name=st.sampled_from([name for name in GIVEN if name not in NEITHER]))
def test_every_assumption_about_money_changes_it(name: str) -> None:
    # Cores a server has decide only how many servers there are, so that they need a larger step.
    value = 0.4 if name == "utilisation" else getattr(ROUND, name) * 10
    changed = ROUND if name != "server_cores" else replace(ROUND, peak=20)
    one, other = estimate(changed), estimate(with_value(changed, name, value))
    assert (one.own_usd, one.rented_usd) != (other.own_usd, other.rented_usd)


@example(scale=st.floats(1.0, 1_000))
def test_photos_and_rented_machines_grow_with_their_number(scale: float) -> None:
    one, other = (estimate(replace(ROUND, photos_per_month=ROUND.photos_per_month * n)) for n in (1, scale))
    for name in ("machines", "photos", "requests"):
        before, after = usd(one, name)[1], usd(other, name)[1]
        assert after == pytest.approx(before * scale)
    assert other.face_api_usd == pytest.approx(one.face_api_usd * scale)


@example(
    values=st.fixed_dictionaries({name: st.sampled_from((known.least, known.most)) for name, known in GIVEN.items()})
)
def test_nothing_that_can_be_put_in_breaks_the_arithmetic(values: dict[str, float]) -> None:
    whole = {name: KINDS[name](math.ceil(value) if KINDS[name] is int else value) for name, value in values.items()}
    result = estimate(Assumptions(**whole))
    assert math.isfinite(result.own_usd)
    assert math.isfinite(result.rented_usd)
