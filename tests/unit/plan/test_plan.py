"""The arithmetic of a plan, by an example worked by hand and by what must always hold."""

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.cost.domain.estimate import estimate
from services.plan.domain.estate import REGIONS, ZONES, Estate, EstateError, Region
from services.plan.domain.figures import FIGURES
from services.plan.domain.limits import cell_bears_per_s
from services.plan.domain.needs import Demand, cell_pods, hq_pods, photos_tb
from services.plan.domain.packing import Node, nodes_for
from services.plan.domain.plan import Cluster, Plan, cost_of, plan

ONE = (Region("one", 1, (0.0,)),)
ROUND = replace(
    FIGURES, ingest_cpu_ms=4, detect_cpu_ms=30, decode_cpu_ms=10, cnn_cpu_ms=12, classify_cpu_ms=15, store_cpu_ms=5, nats_cpu_ms=2,
    record_cpu_ms=1, utilisation=0.5, disk_full=0.5, disk_tb=10, line_mbit=80, reserved_cores=0,
)  # fmt: skip


def most(cluster: Cluster, service: str) -> int:
    return next(one.most for one in cluster.pods if one.service == service) * cluster.number


def test_a_cell_worked_by_hand() -> None:
    estate = Estate(shops=100, cameras=100, photo_mb=2, days_kept=10, photo_copies=2, spare_nodes=0)
    demand = Demand(usual_per_s=10, peak_per_s=100, photos_per_day=500_000, shops=100)
    pods = {one.service: one for one in cell_pods(estate, ROUND, demand)}
    # Twice the bytes: 100 x 8 ms / 0.5 = 1.6 ingests; 10,000 cameras / 4,000 = 2.5; 100 uploads of 0.2 s / 48 / 0.5 = 0.8.
    assert (pods["ingest"].usual, pods["ingest"].most) == (3, 3)
    # 30 + 10 ms for the second megabyte: 10 x 40 ms / 0.5 = 0.8, and 8.
    assert (pods["detect"].usual, pods["detect"].most) == (1, 8)
    assert (pods["classify"].usual, pods["classify"].most) == (1, 3)
    # 500,000 x 10 days x 2 MB = 10 TB, in two copies on disks half full: 40. 100 x 20 ms / 0.5 = 4 cores for four.
    assert photos_tb(estate, ROUND, 500_000) == pytest.approx(40)
    assert (pods["store"].most, pods["store"].cores) == (4, 1)
    assert pods["store"].disk_tb == pytest.approx(10)
    assert (pods["nats"].most, pods["nats"].cores) == (3, 0.5)


def test_hq_worked_by_hand() -> None:
    estate = Estate(spare_nodes=0)
    demand = Demand(usual_per_s=100, peak_per_s=2_000, photos_per_day=5e6, shops=1_000)
    pods = {one.service: one for one in hq_pods(estate, ROUND, demand, database_tb=1.5)}
    # Batches of 200 each quarter of a second, half of the time: 400 photos a second.
    assert (pods["record"].usual, pods["record"].most) == (1, 5)
    # 2,000 x 1 ms / 0.5, for a primary and each of its two standbys.
    assert (pods["postgres"].most, pods["postgres"].cores, pods["postgres"].disk_tb) == (3, 4, 1.5)


def test_the_store_grows_by_sets_of_servers_on_nodes_of_their_own() -> None:
    small = Estate(regions=ONE, shops=10)
    large = replace(small, shops=1_000, days_kept=90)
    # 5 million photos of 90 days in 4/3 of their bytes on disks three quarters full: 800 TB, and 192 TB are one server's.
    assert [most(plan(estate, FIGURES).cells[0], "store") for estate in (small, large)] == [4, 8]
    assert [plan(estate, FIGURES).cells[0].nodes for estate in (small, large)] == [4, 8]
    assert most(plan(replace(small, photo_copies=1), FIGURES).cells[0], "store") == 1


def test_the_manifests_bear_the_holiday_of_a_thousand_shops_and_say_what_ten_thousand_must_raise() -> None:
    one, ten = (plan(Estate().times(size), FIGURES) for size in (1, 10))
    assert all(limit.used <= 1 for cluster in (*one.cells, one.hq) for limit in cluster.limits)
    raised = {
        limit.what
        for cluster in (*ten.cells, ten.hq)
        for limit in cluster.limits
        if "maxReplicaCount" in limit.remedy and limit.used > 1
    }
    assert raised == {"replicas of ingest by the manifests", "replicas of record by the manifests"}
    (record,) = (one for one in ten.hq.limits if one.what == "replicas of record by the manifests")
    assert record.used == most(ten.hq, "record") / FIGURES.most_records


def test_a_gpu_takes_the_cnn_and_leaves_decoding() -> None:
    estate = Estate(regions=ONE, gpu_photos_per_s=500)
    with_gpu, without = plan(estate, FIGURES).cells[0], plan(replace(estate, gpu_photos_per_s=0), FIGURES).cells[0]
    assert 0 < most(with_gpu, "detect") < most(without, "detect")
    assert with_gpu.gpus == 2 * math.ceil(with_gpu.demand.peak_per_s / 500 / FIGURES.utilisation)
    assert without.gpus == 0


def test_money_is_what_cost_says() -> None:
    estate = Estate()
    asked = cost_of(estate, FIGURES)
    assert plan(estate, FIGURES).cost == estimate(asked)
    assert asked.photos_per_month == 150e6
    assert asked.disk_overhead == pytest.approx(4 / 3 / 0.75)
    assert asked.database_copies == 3


def test_the_busiest_moment_of_the_world_is_less_than_that_of_all_cells() -> None:
    result = plan(Estate(), FIGURES)
    assert 5 * 57.9 < result.world_per_s < sum(cell.demand.peak_per_s for cell in result.cells)
    assert result.hq.demand.peak_per_s == result.world_per_s


def test_a_region_that_no_cell_bears_is_split() -> None:
    small, large = plan(Estate(), FIGURES), plan(Estate().times(100), FIGURES)
    assert [cell.number for cell in small.cells] == [1] * 5
    for cell in large.cells:
        assert cell.number > 5
        assert cell.demand.peak_per_s <= cell_bears_per_s(Estate(), FIGURES)


def test_the_nearest_limit_comes_first() -> None:
    hq = plan(Estate().times(100), FIGURES).hq
    assert [one.used for one in hq.limits] == sorted((one.used for one in hq.limits), reverse=True)
    # 40 GiB of 412 bytes are 104 million results, and a day has 500 million.
    assert hq.limits[0].what.startswith("RESULTS")
    assert hq.limits[0].used == pytest.approx(14 / (40 * 2**30 / 412 / 500e6), rel=0.01)


ESTATES = st.builds(
    Estate,
    shops=st.integers(1, 200_000), customers=st.integers(1, 20_000), cameras=st.integers(1, 40), peak=st.floats(1, 20),
    photo_mb=st.floats(0.05, 8), faces=st.floats(0, 5), days_kept=st.integers(1, 90),
    regions=st.sampled_from([REGIONS, ONE, (Region("a", 0.7, (1.0, 2.0)), Region("b", 0.3, (-8.0,)))]),
    # Less holds no server of the store beside what Kubernetes keeps.
    node_cores=st.integers(8, 96), node_gib=st.floats(32, 512), gpu_photos_per_s=st.sampled_from([0.0, 400.0]),
    stream_copies=st.sampled_from([1, 3]), photo_copies=st.sampled_from([1.0, 1.5, 2.0, 3.0]),
    spare_nodes=st.integers(0, 3), spare_zone=st.booleans(),
)  # fmt: skip


def capacity_per_s(cluster: Cluster, service: str, cpu_ms: float, share: float = 1) -> float:
    """Photos a second of its replicas, busy no more than allowed."""
    return (
        next(one.most for one in cluster.pods if one.service == service) * share * 1_000 / cpu_ms * FIGURES.utilisation
    )


@settings(max_examples=60, deadline=None)
@given(estate=ESTATES)
def test_replicas_bear_the_peak_without_a_zone(estate: Estate) -> None:
    size = max(1, estate.photo_mb)
    gpu = estate.gpu_photos_per_s > 0
    detect_ms = FIGURES.detect_cpu_ms + FIGURES.decode_cpu_ms * (size - 1) - gpu * FIGURES.cnn_cpu_ms
    left = (ZONES - 1) / ZONES if estate.spare_zone else 1
    result = plan(estate, FIGURES)
    for cell in result.cells:
        peak = cell.demand.peak_per_s * (1 - 1e-9)
        assert capacity_per_s(cell, "ingest", FIGURES.ingest_cpu_ms * size, left) >= peak
        assert capacity_per_s(cell, "detect", detect_ms, left) >= peak
        assert gpu or capacity_per_s(cell, "classify", FIGURES.classify_cpu_ms, left) >= peak
        assert (
            cell.disks * FIGURES.disk_tb * FIGURES.disk_full
            >= cell.demand.photos_per_day * estate.days_kept * estate.photo_mb / 1e6
        )
        assert all(one.most >= one.usual >= 1 for one in cell.pods)
    batch_ms = FIGURES.record_pause_s / FIGURES.record_batch * 1_000
    assert capacity_per_s(result.hq, "record", batch_ms, left) >= result.world_per_s * (1 - 1e-9)


@settings(max_examples=60, deadline=None)
@given(estate=ESTATES)
def test_what_is_left_when_nodes_or_a_zone_have_failed_holds_all_that_is_needed(estate: Estate) -> None:
    result = plan(estate, FIGURES)
    node = Node(estate.node_cores - FIGURES.reserved_cores, estate.node_gib - FIGURES.reserved_gib)
    for cluster in (*result.cells, result.hq):
        assert cluster.usual_nodes <= cluster.nodes
        if estate.spare_zone:
            left, share = cluster.nodes * (ZONES - 1) // ZONES, (ZONES - 1) / ZONES
        else:
            left, share = cluster.nodes - estate.spare_nodes, 1.0
        # Of what is in a zone that has failed, nothing needs to be started elsewhere.
        needed = [
            (one.service, math.floor(one.most * share), min(one.cores, node.cores), one.gib) for one in cluster.pods
        ]
        assert nodes_for(needed, node) <= left


def replicas(result: Plan) -> list[int]:
    in_cells = [
        sum(most(cell, service) for cell in result.cells) for service in ("ingest", "detect", "classify", "store")
    ]
    return [*in_cells, most(result.hq, "record"), sum(cell.disks for cell in result.cells)]


def split(result: Plan) -> bool:
    """Where a region is split, each of its cells rounds up, so that a few replicas more or less are a matter of rounding."""
    return any(cell.number > 1 for cell in result.cells)


@settings(max_examples=100, deadline=None)
@given(estate=ESTATES, factor=st.floats(1, 30), shops=st.integers(1, 1_000))
def test_more_shops_never_need_fewer_replicas(estate: Estate, factor: float, shops: int) -> None:
    estate = replace(estate, shops=shops)
    result = plan(replace(estate, shops=math.ceil(shops * factor)), FIGURES)
    assume(not split(result))
    assert all(one <= other for one, other in zip(replicas(plan(estate, FIGURES)), replicas(result), strict=True))


@settings(max_examples=100, deadline=None)
@given(estate=ESTATES, factor=st.floats(1, 5), shops=st.integers(1, 1_000))
def test_a_higher_peak_never_needs_fewer_replicas(estate: Estate, factor: float, shops: int) -> None:
    estate = replace(estate, shops=shops)
    result = plan(replace(estate, peak=estate.peak * factor), FIGURES)
    assume(not split(result))
    assert all(one <= other for one, other in zip(replicas(plan(estate, FIGURES)), replicas(result), strict=True))


@settings(max_examples=60, deadline=None)
@given(estate=ESTATES, factor=st.integers(2, 30))
def test_more_shops_never_need_fewer_cells(estate: Estate, factor: int) -> None:
    assume(estate.photos_per_day * factor < 1e10)
    fewer, more = (plan(one, FIGURES) for one in (estate, estate.times(factor)))
    assert all(one.number <= other.number for one, other in zip(fewer.cells, more.cells, strict=True))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"shops": 0}, "shops must be 1"),
        ({"shops": 10_000_000, "customers": 100_000}, "customers a day at most"),
        ({"peak": math.nan}, "peak must be 1"),
        ({"peak": 0.5}, "peak must be 1"),
        ({"stream_copies": 2}, "stream_copies must be 1 or 3"),
        ({"regions": ()}, "there must be a region"),
        ({"regions": (Region("a", 0.5, (0.0,)),)}, "1 in all"),
        ({"regions": (Region("a", 0.5, (0.0,)), Region("a", 0.5, (0.0,)))}, "named once"),
        ({"regions": (Region("a", 1, ()),)}, "clocks of a region"),
        ({"regions": (Region("a", 1, (99.0,)),)}, "clocks of a region"),
    ],
)
def test_what_nothing_can_be_planned_for_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(EstateError, match=words):
        replace(Estate(), **wrong)  # type: ignore[arg-type]
