"""How many nodes hold some pods. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Sums of quarters and of memory are not exact.
_TINY = 1e-9
# Source: https://kubernetes.io/docs/setup/best-practices/cluster-large/
MOST_NODES: Final = 5_000


class TooLargeError(ValueError):
    """A pod that no such node holds, or more pods than a cluster's nodes do."""


@dataclass(frozen=True, slots=True)
class Node:
    """What a node has for pods, or has left.

    Args:
        cores: without those that Kubernetes keeps.
        gib: memory, the same.
    """

    cores: float
    gib: float

    def holds(self, cores: float, gib: float) -> int:
        """How many pods of that size fit."""
        return math.floor(min(self.cores / cores, self.gib / gib) + _TINY)

    def without(self, number: int, cores: float, gib: float) -> "Node":
        """What is left beside so many of them."""
        return Node(self.cores - number * cores, self.gib - number * gib)


def nodes_for(pods: Iterable[tuple[str, int, float, float]], node: Node) -> int:
    """First fit, the largest first.

    Args:
        pods: service, number, cores and GiB of each.

    Raises:
        TooLargeError: one is larger than a node, or they need more nodes than a cluster may have.
    """
    nodes: list[Node] = []
    for service, number, cores, gib in sorted(pods, key=lambda one: -max(one[2] / node.cores, one[3] / node.gib)):
        each = node.holds(cores, gib)
        if not each:
            raise TooLargeError(f"{service} needs {cores:g} cores and {gib:.1f} GiB, more than a node has")
        waiting = number
        for place, room in enumerate(nodes):
            taken = min(waiting, room.holds(cores, gib))
            nodes[place] = room.without(taken, cores, gib)
            waiting -= taken
        if waiting > each * (MOST_NODES - len(nodes)):
            raise TooLargeError(
                f"{number:,} replicas of {service} in one cluster need more than {MOST_NODES:,} nodes, the most that Kubernetes supports"
            )
        while waiting:
            taken = min(waiting, each)
            nodes.append(node.without(taken, cores, gib))
            waiting -= taken
    return len(nodes)
