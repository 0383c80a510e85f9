"""When replicas and nodes come and go."""

from collections.abc import Callable

import pytest
import simpy

from services.plan.domain.figures import FIGURES
from services.plan.handler.machines import Bounds, Nodes, Replicas

READY_S = FIGURES.metric_s + FIGURES.decide_s + FIGURES.pod_start_s + FIGURES.model_load_s


class Estate:
    """Replicas on nodes of four places each, with a load that the test sets."""

    def __init__(self, *, least: int = 2, most: int = 10, nodes: int = 1, most_nodes: int = 3) -> None:
        self.env = simpy.Environment()
        self.waiting, self.busy = 0, 0.0
        self.nodes = Nodes(self.env, FIGURES, slots=4, now=nodes, most=most_nodes)
        self.replicas = Replicas(
            self.env, FIGURES, Bounds(least, most), cpu_s=FIGURES.waiting_s / 100, waiting=lambda: self.waiting, worked_s=lambda: self.busy * self.env.now,
            nodes=self.nodes,
        )  # fmt: skip

    def when(self, condition: Callable[[], bool], most_s: float = 5_000) -> float:
        """The second in which it becomes true."""
        start = self.env.now
        while not condition():
            assert self.env.now - start < most_s
            self.env.run(until=self.env.now + 1)
        return self.env.now - start


def test_at_first_there_are_the_least() -> None:
    estate = Estate()
    estate.env.run(until=1_000)
    assert (estate.replicas.ready, estate.nodes.ready) == (2, 1)


def test_a_replica_comes_when_it_was_seen_decided_started_and_loaded() -> None:
    estate = Estate()
    estate.waiting = 4 * 100
    assert estate.when(lambda: estate.replicas.ready == 4) == pytest.approx(READY_S, abs=2)


def test_without_a_place_it_waits_for_a_node() -> None:
    estate = Estate()
    estate.waiting = 6 * 100
    seconds = estate.when(lambda: estate.replicas.ready == 6)
    # Two more at first, which fit; two half a minute later, which do not.
    assert seconds == pytest.approx(READY_S + FIGURES.double_s + FIGURES.node_start_s, abs=12)
    assert estate.nodes.ready == 2


def test_there_are_never_more_than_may_be() -> None:
    estate = Estate(most=7)
    estate.waiting = 1_000_000
    estate.env.run(until=3_000)
    assert (estate.replicas.ready, estate.nodes.ready) == (7, 2)


def test_as_many_as_are_busy_stay_although_nothing_waits() -> None:
    estate = Estate()
    estate.busy = 3.0
    # 3 busy cores, which may be busy 0.6 of the time.
    estate.when(lambda: estate.replicas.ready == 5)
    estate.env.run(until=3_000)
    assert estate.replicas.ready == 5


def test_they_go_when_nobody_has_needed_them_for_a_while_and_then_their_node() -> None:
    estate = Estate()
    estate.waiting = 6 * 100
    estate.when(lambda: estate.replicas.ready == 6)
    estate.waiting = 0
    look_s = FIGURES.metric_s + FIGURES.decide_s + 2
    assert estate.when(lambda: estate.replicas.ready < 6) == pytest.approx(FIGURES.shrink_s, abs=look_s)
    # A quarter in a minute: 6, 4, 3, 2.
    assert estate.replicas.ready == 4
    assert estate.when(lambda: estate.replicas.ready == 2) == pytest.approx(120, abs=look_s)
    # The last two may have been on one node for two minutes.
    assert estate.when(lambda: estate.nodes.ready == 1) == pytest.approx(FIGURES.idle_node_s - 120, abs=look_s)


def test_those_of_a_dead_node_are_started_elsewhere_once_that_is_noticed() -> None:
    estate = Estate(least=4)
    estate.env.run(until=100)
    estate.nodes.lose(4)
    estate.replicas.lose(4)
    assert (estate.replicas.ready, estate.nodes.ready) == (0, 0)
    seconds = estate.when(lambda: estate.replicas.ready == 4)
    assert seconds == pytest.approx(
        FIGURES.node_lost_s + FIGURES.node_start_s + FIGURES.pod_start_s + FIGURES.model_load_s, abs=12
    )
    assert estate.nodes.ready == 1


def test_places_on_a_dead_node_are_gone() -> None:
    estate = Estate(least=2, nodes=2, most_nodes=2, most=8)
    estate.env.run(until=100)
    estate.nodes.lose(2)
    estate.replicas.lose(2)
    estate.waiting = 100_000
    estate.env.run(until=3_000)
    # Another node has come for it, and both are full.
    assert (estate.replicas.ready, estate.nodes.ready) == (8, 2)
