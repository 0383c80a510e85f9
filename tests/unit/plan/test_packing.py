"""How many nodes hold some pods."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plan.domain.packing import MOST_NODES, Node, TooLargeError, nodes_for

NODE = Node(4, 8)


def test_by_hand() -> None:
    # Three of 3 cores need a node each; their last cores hold one of a core each.
    assert nodes_for([("a", 3, 3, 1), ("b", 3, 1, 1)], NODE) == 3
    assert nodes_for([("a", 3, 3, 1), ("b", 4, 1, 1)], NODE) == 4
    assert nodes_for([("memory", 3, 0.1, 4)], NODE) == 2
    assert nodes_for([], NODE) == 0


def test_what_no_node_holds_is_refused() -> None:
    with pytest.raises(TooLargeError, match=r"database needs 1 cores and 9.0 GiB"):
        nodes_for([("database", 1, 1, 9)], NODE)


def test_more_nodes_than_a_cluster_may_have_are_refused_at_once() -> None:
    assert nodes_for([("a", 4 * MOST_NODES, 1, 1)], NODE) == MOST_NODES
    with pytest.raises(TooLargeError, match="more than 5,000 nodes"):
        nodes_for([("b", 2, 4, 1), ("a", 4 * MOST_NODES - 7, 1, 1)], NODE)
    with pytest.raises(TooLargeError, match="1,000,000,000,000 replicas of a"):
        nodes_for([("a", 10**12, 1, 1)], NODE)


PODS = st.lists(st.tuples(st.just("x"), st.integers(0, 40), st.floats(0.25, 4), st.floats(0.1, 8)), max_size=6)


@given(pods=PODS)
def test_they_fit_and_waste_less_than_half(pods: list[tuple[str, int, float, float]]) -> None:
    nodes = nodes_for(pods, NODE)
    cores = sum(number * each for _, number, each, _ in pods)
    gib = sum(number * each for _, number, _, each in pods)
    # No fewer than what they need in all, and no more than first fit ever takes for two kinds of room.
    assert (
        math.ceil(max(cores / NODE.cores, gib / NODE.gib) - 1e-6)
        <= nodes
        <= math.ceil(2 * (cores / NODE.cores + gib / NODE.gib)) + 1
    )
