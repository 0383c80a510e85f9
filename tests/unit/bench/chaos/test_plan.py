import itertools
from random import Random

import pytest

from bench.chaos.plan import FULL, SMALL, Catalogue, Kind, Planned, plan

PROGRAMS = {"ingest", "detect-1", "classify", "record", "nats-server", "seaweedfs", "postgres"}
KILLS = {Kind.KILL, Kind.KILL_TWICE}
seeds = pytest.mark.parametrize("seed", range(20))
catalogues = pytest.mark.parametrize("catalogue", [FULL, SMALL], ids=["full", "small"])


def cut_of(planned: list[Planned]) -> Planned:
    (cut,) = [one for one in planned if one.fault.kind is Kind.CUT]
    return cut


@seeds
@catalogues
def test_every_fault_happens_and_every_program_is_killed(seed: int, catalogue: Catalogue) -> None:
    planned = plan(Random(seed), catalogue)
    happens = {(Kind.KILL if one.fault.kind in KILLS else one.fault.kind, one.fault.target) for one in planned}
    faults = (*catalogue.loud, *catalogue.quiet, *catalogue.during_cut, catalogue.cut)
    assert happens == {(fault.kind, fault.target) for fault in faults}
    assert {one.fault.target for one in planned if one.fault.kind in KILLS} >= PROGRAMS


def test_the_catalogue_of_a_full_run_has_every_kind_of_fault() -> None:
    kinds = {fault.kind for fault in (*FULL.loud, *FULL.quiet, *FULL.during_cut, FULL.cut)}
    assert kinds == set(Kind) - {Kind.KILL_TWICE}
    assert FULL.cut.lasts_s == 120


@seeds
@catalogues
def test_but_for_the_cut_one_fault_is_over_before_the_next_begins(seed: int, catalogue: Catalogue) -> None:
    planned = [one for one in plan(Random(seed), catalogue, 500) if one.fault.kind is not Kind.CUT]
    for earlier, later in itertools.pairwise(planned):
        assert later.at_s >= earlier.over_s


@seeds
@catalogues
def test_while_the_line_is_cut_nothing_happens_that_cameras_notice(seed: int, catalogue: Catalogue) -> None:
    planned = plan(Random(seed), catalogue, 500)
    cut = cut_of(planned)
    ends_s = cut.at_s + cut.fault.lasts_s
    meanwhile = [one for one in planned if one is not cut and one.at_s < ends_s and one.over_s > cut.at_s]
    assert {one.fault for one in meanwhile} == set(catalogue.during_cut)
    assert all(cut.at_s < one.at_s and one.over_s <= ends_s for one in meanwhile)


@seeds
def test_the_same_seed_makes_the_same_plan(seed: int) -> None:
    assert plan(Random(seed), FULL, 500) == plan(Random(seed), FULL, 500)


def test_different_seeds_make_different_plans() -> None:
    assert len({tuple(plan(Random(seed), FULL)) for seed in range(20)}) == 20


@seeds
def test_further_kills_fill_the_time(seed: int) -> None:
    needed = plan(Random(seed), FULL)
    longer = plan(Random(seed), FULL, 800)
    assert longer[: len(needed)] == needed
    assert {one.fault.kind for one in longer[len(needed) :]} <= KILLS
    assert 750 < max(one.over_s for one in longer) <= 800 + 20


def test_some_kills_are_followed_by_another() -> None:
    kinds = [one.fault.kind for seed in range(20) for one in plan(Random(seed), FULL)]
    assert kinds.count(Kind.KILL_TWICE) > 10
    assert kinds.count(Kind.KILL) > 10
