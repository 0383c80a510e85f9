"""A simulated cell: cameras, ingest, detect and classify, up to its results."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import simpy

from services.common.streams import ACK_WAIT_S, FACES, PHOTOS
from services.plan.domain.estate import ZONES, Estate
from services.plan.domain.figures import Figures
from services.plan.domain.limits import bounds
from services.plan.domain.needs import faces_bytes, work
from services.plan.domain.plan import Cluster
from services.plan.handler.line import Line, Lot
from services.plan.handler.machines import Bounds, Events, Nodes, Replicas


class Server:
    """How many photos some replicas are done with in a tick: about as many as their CPU is good for, by the spread more or less.

    Args:
        cpu_s: mean CPU of a photo.
        spread: its standard deviation, as a share of the mean.
    """

    def __init__(self, cpu_s: float, spread: float, random: np.random.Generator) -> None:
        self.cpu_s, self._spread, self._random = cpu_s, spread, random
        self._chance: list[float] = []
        # Of a photo that is begun in one tick and ended in another.
        self._begun = 0.0
        self._done = 0

    def serve(self, line: Line, replicas: int, tick_s: float, room: float = math.inf) -> list[Lot]:
        """Take from a line what they are done with in a tick.

        Args:
            room: for so many photos where they go.
        """
        if not line.photos:
            return []
        if not self._chance:
            self._chance = self._random.standard_normal(4_096).tolist()
        # Photos that are done in a time are nearly normally distributed, if they are many (renewal theory).
        mean = replicas * tick_s / self.cpu_s
        self._begun += mean + self._spread * math.sqrt(mean) * self._chance.pop()
        able = max(0, math.floor(self._begun))
        lots = line.take(min(able, room))
        self._done += sum(lot.photos for lot in lots)
        # Who has nothing to do, or no room for it, works nothing off in advance.
        self._begun = self._begun - able if line.photos else 0.0
        return lots

    def so_far_s(self) -> float:
        """CPU seconds of all photos so far."""
        return self._done * self.cpu_s


@dataclass(frozen=True, slots=True)
class Conditions:
    """What all cells have in common.

    Args:
        tick_s: photos move once in each.
        own_nodes: all nodes are there all day; otherwise they are rented when they are needed.
        by_lag_alone: the autoscaler looks at what waits, and not at how busy replicas are.
        manifest_bounds: there are no more replicas than the manifests allow, where the plan has more.
    """

    estate: Estate
    figures: Figures
    tick_s: float
    own_nodes: bool
    by_lag_alone: bool
    manifest_bounds: bool


class Cell:
    """One of the cells of a region, which are alike.

    Args:
        number: of its region.
        arrivals: photos that its cameras take in each tick.
    """

    def __init__(
        self,
        env: simpy.Environment,
        conditions: Conditions,
        cluster: Cluster,
        number: int,
        arrivals: Sequence[int],
        random: np.random.Generator,
    ) -> None:
        estate, figures = conditions.estate, conditions.figures
        self._env, self._figures, self._tick_s = env, figures, conditions.tick_s
        self.number, self.cluster, self._arrivals = number, cluster, arrivals
        self.cameras = Line()
        self.photos = Line(math.floor(PHOTOS.max_bytes / figures.photo_message_bytes))
        self.faces = Line(math.floor(FACES.max_bytes / faces_bytes(estate, figures)))
        self.results = Line()
        self.returning = 0
        # Photos that replicas had taken which have died in this tick, before detect and before classify.
        self._on_dead = (0, 0)
        self.arrived, self.camera_wait = 0, 0
        pods = {one.service: one for one in cluster.pods}
        cpu = work(estate, figures)
        allowed = bounds(figures) if conditions.manifest_bounds else {}
        most = {name: min(one.most, allowed.get(name, one.most)) for name, one in pods.items()}
        self._ingests = most["ingest"]
        self._ingest = Server(cpu.ingest / 1_000, figures.spread, random)
        self._detect = Server(cpu.detect / 1_000, figures.spread, random)
        self._classify = Server(cpu.classify / 1_000, figures.spread, random)
        least = 1 + (estate.spare_nodes > 0)
        detects, classifies = (Bounds(min(least, most[name]), most[name]) for name in ("detect", "classify"))
        # The nodes that may fail need not be there: the others hold all replicas, beside everything else.
        bearing = cluster.nodes * (ZONES - 1) // ZONES if estate.spare_zone else cluster.nodes - estate.spare_nodes
        slots = math.ceil((pods["detect"].most + pods["classify"].most) / max(1, bearing))
        now = cluster.nodes if conditions.own_nodes else cluster.usual_nodes
        self.nodes = Nodes(env, figures, slots=slots, now=now, most=cluster.nodes)
        self.detects = self._replicas(conditions, detects, self._detect, self.photos)
        self.classifies = self._replicas(conditions, classifies, self._classify, self.faces)

    def _replicas(self, conditions: Conditions, bounds: Bounds, server: Server, line: Line) -> Replicas:
        """Those that take photos from a line."""
        return Replicas(
            self._env,
            self._figures,
            bounds,
            cpu_s=server.cpu_s,
            waiting=lambda: line.photos,
            worked_s=None if conditions.by_lag_alone else server.so_far_s,
            nodes=self.nodes,
        )

    def tick(self, tick: int) -> None:
        """Photos move: as many as there is room for and as machines are done with."""
        if tick < len(self._arrivals):
            self.arrived += self._arrivals[tick]
            self.cameras.put([Lot(tick, self._arrivals[tick], self.number)])
        taken = self._ingest.serve(self.cameras, self._ingests, self._tick_s, self.photos.room)
        if taken:
            self.camera_wait = max(self.camera_wait, tick - taken[0].born)
            # From here on it is time since 226.
            self.photos.put([Lot(tick, sum(lot.photos for lot in taken), self.number)])
        self._hold(self.photos, self._on_dead[0])
        self.faces.put(self._detect.serve(self.photos, self.detects.ready, self._tick_s, self.faces.room))
        self._hold(self.faces, self._on_dead[1])
        self._on_dead = (0, 0)
        self.results.put(self._classify.serve(self.faces, self.classifies.ready, self._tick_s))

    def lose_node(self) -> None:
        """A node dies, with its share of the replicas; what they held is delivered again when nobody has answered for it."""
        running = self.detects.ready + self.classifies.ready
        lost = min(self.nodes.slots, math.ceil(running / self.nodes.ready))
        detects = min(round(lost * self.detects.ready / max(1, running)), self.detects.ready)
        classifies = min(lost - detects, self.classifies.ready)
        self.detects.lose(detects)
        self.classifies.lose(classifies)
        self.nodes.lose(detects + classifies)
        self._on_dead = (detects * self._figures.detect_in_flight, classifies * self._figures.classify_in_flight)

    @property
    def waiting(self) -> int:
        """Photos that are not in its results."""
        return self.cameras.photos + self.photos.photos + self.faces.photos + self.returning

    @property
    def oldest(self) -> int | None:
        """Tick in which the oldest photo came that was acknowledged and has not left for HQ."""
        lines = (self.photos, self.faces, self.results)
        return min((line.oldest for line in lines if line.oldest is not None), default=None)

    def _hold(self, line: Line, photos: int) -> None:
        """So many, if there are, are with replicas that have just died."""
        if lots := line.take(photos):
            self._env.process(self._deliver_again(line, lots))

    def _deliver_again(self, line: Line, lots: list[Lot]) -> Events:
        held = sum(lot.photos for lot in lots)
        self.returning += held
        yield self._env.timeout(ACK_WAIT_S)
        self.returning -= held
        line.put_back(lots)
