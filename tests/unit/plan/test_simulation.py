"""A simulated day: it loses nothing, repeats itself, and is what photos one by one would do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.plan.domain.estate import Estate, Region
from services.plan.domain.figures import FIGURES, Figures
from services.plan.domain.outcome import Day
from services.plan.domain.plan import plan
from services.plan.domain.troubles import Troubles
from services.plan.handler.simulation import Run, Simulation
from tests.unit.plan.photo_by_photo import gamma, waits

ONE = (Region("one", 1, (0.0,)),)
SMALL = Estate(shops=40, regions=ONE)
# An hour of the evening's rush.
RUSH_S = 17 * 3_600


def simulate(estate: Estate, run: Run, figures: Figures = FIGURES) -> Day:
    return Simulation(estate, figures, plan(estate, figures), run).run()


TROUBLES = st.builds(
    Troubles, region=st.just("one"), node_lost_at_s=st.sampled_from([None, 0.0, 40_000.0, 63_000.0]),
    cut_at_s=st.sampled_from([None, 30_000.0, 60_000.0]), cut_for_s=st.floats(0, 9_000),
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(
    shops=st.integers(1, 3_000), load=st.floats(0.1, 12), seed=st.integers(0, 99), own=st.booleans(), by_lag_alone=st.booleans(),
    bounded=st.booleans(), troubles=TROUBLES, spare=st.integers(0, 1),
)  # fmt: skip
def test_no_photo_is_lost_and_none_invented(
    shops: int, load: float, seed: int, own: bool, by_lag_alone: bool, bounded: bool, troubles: Troubles, spare: int
) -> None:
    estate = Estate(
        shops=shops, regions=(Region("one", 0.6, (0.0,)), Region("two", 0.4, (9.0, 8.0))), spare_nodes=spare
    )
    day = simulate(estate, Run(load, seed, 30, own, by_lag_alone, bounded, troubles))
    assert day.arrived == day.recorded + day.left
    assert day.arrived == pytest.approx(estate.photos_per_day * load * 25 / 24, rel=0.15, abs=500)
    assert all(cell.recorded <= cell.arrived for cell in day.cells)
    for cell, planned in zip(day.cells, plan(estate, FIGURES).cells, strict=True):
        pods = {one.service: one.most for one in planned.pods}
        assert cell.most_detects <= pods["detect"]
        assert cell.most_classifies <= pods["classify"]
        assert not bounded or cell.most_detects <= FIGURES.most_detects
        assert not bounded or cell.most_classifies <= FIGURES.most_classifies
    assert not bounded or day.hq.most_records <= FIGURES.most_records


def test_bounds_of_the_manifests_hold_where_the_plan_has_more() -> None:
    figures = replace(FIGURES, most_detects=3, most_classifies=2)
    estate = replace(SMALL, shops=200)
    bounded, planned = (simulate(estate, Run(5, tick_s=30, manifest_bounds=one), figures) for one in (True, False))
    assert (bounded.cells[0].most_detects, bounded.cells[0].most_classifies) == (3, 2)
    assert planned.cells[0].most_detects > 3
    assert planned.waits.worst_s <= 60 < bounded.waits.worst_s


def test_cells_that_are_alike_are_counted_together() -> None:
    estate = Estate(shops=20_000, regions=ONE)
    cells = plan(estate, FIGURES).cells[0].number
    day = simulate(estate, Run(1, tick_s=30))
    assert cells > 1
    assert day.cells[0].cells == cells
    assert day.arrived % cells == 0
    assert (day.recorded, day.left) == (day.arrived, 0)


def test_the_same_seed_is_the_same_day_and_another_is_not() -> None:
    troubles = Troubles("one", RUSH_S, 40_000)
    one, same, other = (simulate(SMALL, Run(5, seed, 10, troubles=troubles)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_in_lots_they_wait_as_photo_by_photo() -> None:
    """A rush in which more comes than one detect can do, on a small estate."""
    figures = replace(FIGURES, detect_cpu_ms=300, classify_cpu_ms=100)
    estate = Estate(shops=10, regions=ONE, peak=1, spare_nodes=0)
    simulation = Simulation(estate, figures, plan(estate, figures), Run(2.3, tick_s=1))
    day = simulation.run()
    (cell,) = day.cells
    assert (cell.most_detects, cell.most_classifies) == (1, 1)

    random = np.random.default_rng(8)
    arrivals = np.repeat(np.arange(len(simulation._cells[0]._arrivals)), simulation._cells[0]._arrivals)
    at_s = np.sort(arrivals + random.random(len(arrivals)))
    exact = np.array(
        waits(at_s.tolist(), [(1, gamma(0.3, figures.spread, random)), (1, gamma(0.1, figures.spread, random))])
    )

    assert cell.arrived == len(exact)
    assert cell.waits.worst_s == pytest.approx(exact.max(), rel=0.05)
    assert cell.waits.p99_s == pytest.approx(np.quantile(exact, 0.99), rel=0.05)
    assert cell.waits.late_share == pytest.approx((exact > 60).mean(), rel=0.05)
    assert exact.max() > 300, "nothing had to wait"


def test_only_who_looks_at_cpu_as_well_lets_nothing_wait() -> None:
    """What waits alone brings replicas only once something waits, and takes them away as soon as nothing does."""
    estate = replace(SMALL, shops=1_000)
    alone, both = (simulate(estate, Run(5, tick_s=5, by_lag_alone=by_lag_alone)) for by_lag_alone in (True, False))
    assert both.waits.p99_s < 5 < alone.waits.p99_s < 60


def test_when_nothing_is_short_nothing_waits() -> None:
    day = simulate(SMALL, Run(5, own_nodes=True, tick_s=5))
    assert day.waits.p99_s == FIGURES.chain_s
    assert day.waits.late_share == 0
    assert day.behind_min == 0


def test_while_the_line_is_cut_results_wait_and_then_are_caught_up() -> None:
    cut = Troubles("one", cut_at_s=RUSH_S, cut_for_s=1_800)
    day = simulate(SMALL, Run(5, tick_s=5, troubles=cut))
    (cell,) = day.cells
    assert cell.waits.worst_s == pytest.approx(1_800, abs=30)
    assert cell.most_waiting > 1_000
    assert 0 < cell.behind_min <= 10
    assert day.left == 0


def test_a_cut_of_one_region_is_no_matter_of_another() -> None:
    regions = (Region("one", 0.5, (0.0,)), Region("two", 0.5, (0.0,)))
    cut = Troubles("one", cut_at_s=RUSH_S, cut_for_s=1_800)
    one, two = simulate(replace(SMALL, regions=regions), Run(5, tick_s=5, troubles=cut)).cells
    assert one.waits.worst_s > 1_000
    assert two.waits.worst_s < 60


def test_a_node_that_dies_where_one_may_costs_what_its_replicas_had_taken_half_a_minute() -> None:
    lost = Troubles("one", node_lost_at_s=RUSH_S)
    estate = replace(SMALL, shops=400)
    day, quiet = (simulate(estate, Run(5, tick_s=5, troubles=troubles)) for troubles in (lost, None))
    assert quiet.waits.worst_s < 5 < day.waits.worst_s <= 40
    assert day.left == 0


def test_a_node_that_dies_where_none_may_costs_minutes() -> None:
    estate = replace(SMALL, stream_copies=1, photo_copies=1, spare_nodes=0)
    assert plan(estate, FIGURES).cells[0].nodes == 1
    day = simulate(estate, Run(5, tick_s=5, troubles=Troubles("one", node_lost_at_s=RUSH_S)))
    # A new node comes once somebody waits for it, at the latest when the old one is given up.
    assert FIGURES.node_start_s < day.waits.worst_s < FIGURES.node_lost_s + FIGURES.node_start_s + 60
    assert 2 < day.cells[0].behind_min < 15
    assert day.left == 0


def test_a_full_stream_holds_up_the_one_before_and_at_last_the_cameras() -> None:
    # Room for 100 photos each.
    figures = replace(FIGURES, photo_message_bytes=2**30 / 100, face_message_bytes=2**31 / 100)
    day = simulate(SMALL, Run(40, tick_s=5), figures)
    (cell,) = day.cells
    assert cell.most_bytes["PHOTOS"] <= 2**30
    assert cell.most_bytes["FACES"] <= 2**31
    assert cell.camera_wait_s > 60
    assert (cell.waits.worst_s, day.left) < (60, 1)


def test_bytes_in_results_are_those_of_two_weeks() -> None:
    day = simulate(SMALL, Run(3, tick_s=30))
    assert day.hq.most_bytes == (13 + 3) * 200_000 * (FIGURES.result_bytes + FIGURES.result_face_bytes)
