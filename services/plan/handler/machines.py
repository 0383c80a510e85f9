"""Replicas that come and go with what waits for them, and the nodes that they run on."""

import math
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final

import simpy

from services.plan.domain.figures import Figures

Events = Generator[simpy.Event, Any, None]
# How often it is looked for pods that wait for a node, as Kubernetes's cluster autoscaler does.
_LOOK_S: Final = 10.0
# How fast replicas become fewer is said for a minute.
_MINUTE_S: Final = 60.0


class Nodes:
    """Nodes of a cell, with places for its replicas. Those that are not there from the start are rented, and come late.

    Args:
        slots: replicas that a node holds.
        now: nodes at the start; they stay.
        most: nodes that there may be.
    """

    def __init__(self, env: simpy.Environment, figures: Figures, *, slots: int, now: int, most: int) -> None:
        self._env, self._figures = env, figures
        self._least, self._most, self.slots = now, most, slots
        self.ready, self._coming = now, 0
        self._free = simpy.Container(env, init=now * slots)
        # Places that are gone while somebody has them.
        self._gone = 0
        env.process(self._manage())

    def place(self) -> Events:
        """Wait for a place for a replica."""
        yield self._free.get(1)

    def give_back(self, places: int) -> None:
        """Places of replicas that have ended."""
        gone = min(places, self._gone)
        self._gone -= gone
        if places > gone:
            self._free.put(places - gone)

    def lose(self, used: int) -> None:
        """A node dies with the replicas on it; whoever wants another one waits for it.

        Args:
            used: places on it that were taken; the others were free.
        """
        self.ready -= 1
        free = min(self.slots - used, int(self._free.level))
        self._gone += self.slots - used - free
        if free:
            self._free.get(free)

    def _manage(self) -> Events:
        idle_since: float | None = None
        while True:
            yield self._env.timeout(_LOOK_S)
            # Places of a node that has come in this very moment have not been given out yet.
            waiting = max(0, len(self._free.get_queue) - int(self._free.level))
            missing = math.ceil(waiting / self.slots) - self._coming
            # One that died is replaced even where nobody may have more.
            for _ in range(min(missing, self._most - self.ready - self._coming)):
                self._env.process(self._start())
            if self._free.level < self.slots or self.ready <= self._least or waiting:
                idle_since = None
            elif idle_since is None:
                idle_since = self._env.now
            elif self._env.now - idle_since >= self._figures.idle_node_s:
                self._free.get(self.slots)
                self.ready -= 1
                idle_since = None

    def _start(self) -> Events:
        self._coming += 1
        yield self._env.timeout(self._figures.node_start_s)
        self._coming -= 1
        self.ready += 1
        self.give_back(self.slots)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many replicas there may be."""

    least: int
    most: int


class Replicas:
    """The replicas of a service, as many as an autoscaler wants for what waits, and for how busy they are.

    Args:
        cpu_s: of a photo.
        waiting: how many photos do.
        worked_s: CPU seconds that all of them have worked so far; None: nobody looks at how busy they are.
        nodes: where they run; None where there is room for all.
    """

    def __init__(
        self,
        env: simpy.Environment,
        figures: Figures,
        bounds: Bounds,
        *,
        cpu_s: float,
        waiting: Callable[[], int],
        worked_s: Callable[[], float] | None,
        nodes: Nodes | None,
    ) -> None:
        self._env, self._figures, self._bounds = env, figures, bounds
        self._waiting, self._worked_s, self._nodes = waiting, worked_s, nodes
        self.ready = 0
        # Pods that are on their way, and those of a dead node, which Kubernetes believes to be there for a while.
        self._starting, self._missed = 0, 0
        self._each = figures.waiting_s / cpu_s
        self._wanted: deque[tuple[float, int]] = deque()
        # When how many were started, or ended: an autoscaler does not do much at once.
        self._begun: deque[tuple[float, int]] = deque()
        self._ended: deque[tuple[float, int]] = deque()
        for _ in range(bounds.least):
            env.process(self._start(at_once=True))
        env.process(self._look())

    def lose(self, replicas: int) -> None:
        """They die with their node, and are started elsewhere once that has been noticed."""
        self.ready -= replicas
        self._missed += replicas
        self._env.process(self._replace(replicas))

    def _replace(self, replicas: int) -> Events:
        yield self._env.timeout(self._figures.node_lost_s)
        self._missed -= replicas
        for _ in range(replicas):
            self._env.process(self._start())

    def _look(self) -> Events:
        before_s = 0.0
        while True:
            yield self._env.timeout(self._figures.metric_s)
            wanted = self._waiting() / self._each
            if self._worked_s:
                worked_s = self._worked_s()
                busy = (worked_s - before_s) / self._figures.metric_s
                wanted, before_s = max(wanted, busy / self._figures.busy_share), worked_s
            self._env.process(self._decide(math.ceil(wanted)))

    def _decide(self, wanted: int) -> Events:
        yield self._env.timeout(self._figures.decide_s)
        wanted = min(max(wanted, self._bounds.least), self._bounds.most)
        self._wanted.append((self._env.now, wanted))
        have = self.ready + self._starting + self._missed
        before = have - self._lately(self._begun, self._figures.double_s)
        if starting := max(0, min(wanted, 2 * before) - have):
            self._begun.append((self._env.now, starting))
            for _ in range(starting):
                self._env.process(self._start())
        # It shrinks to what was wanted most of late, and slowly.
        self._lately(self._wanted, self._figures.shrink_s)
        before = have + self._lately(self._ended, _MINUTE_S)
        least = max(*(number for _, number in self._wanted), int(before * (1 - self._figures.shrink_share)))
        if ending := max(0, min(have - least, self.ready)):
            self._ended.append((self._env.now, ending))
            self.ready -= ending
            if self._nodes:
                self._nodes.give_back(ending)

    def _lately(self, events: deque[tuple[float, int]], seconds: float) -> int:
        """The sum of those of the last seconds; older ones are forgotten."""
        while events and events[0][0] <= self._env.now - seconds:
            events.popleft()
        return sum(number for _, number in events)

    def _start(self, *, at_once: bool = False) -> Events:
        self._starting += 1
        if self._nodes:
            yield from self._nodes.place()
        if not at_once:
            yield self._env.timeout(self._figures.pod_start_s + self._figures.model_load_s)
        self._starting -= 1
        self.ready += 1
