"""A day of an estate, simulated: pods, nodes and failures are events, photos move in lots once a tick."""

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import simpy

from services.common.streams import RESULTS
from services.plan.domain.day import DAY_S, per_s
from services.plan.domain.estate import Estate
from services.plan.domain.figures import Figures
from services.plan.domain.limits import bounds
from services.plan.domain.needs import faces_bytes, result_bytes
from services.plan.domain.outcome import PROMISED_S, CellDay, Curve, Day, HqDay, latency, longest_run, waits_of
from services.plan.domain.plan import Plan
from services.plan.domain.troubles import Troubles
from services.plan.handler.cell import Cell, Conditions, Server
from services.plan.handler.line import Line, Lot
from services.plan.handler.machines import Bounds, Events, Replicas

# Before midnight, so that the day begins as a day does; and after it, until nothing waits.
WARM_UP_S: Final = 3_600
_AFTER_S: Final = DAY_S
_SAMPLE_S: Final = 60
_FIRST: Final = WARM_UP_S // _SAMPLE_S
_MACHINES: Final = ("arriving_per_s", "at_cameras", "photos", "faces", "results", "detects", "classifies", "nodes")


@dataclass(frozen=True, slots=True)
class Run:
    """How a day is simulated.

    Args:
        load: photos, in times an ordinary day's; machines are those of the plan.
        seed: of all chance; the same seed gives the same day.
        tick_s: photos move once in each; nothing is known more exactly than that.
        own_nodes: all nodes are there all day; otherwise those above the least are rented when they are needed.
        by_lag_alone: the autoscaler looks at what waits, and not at how busy replicas are.
        manifest_bounds: there are no more replicas than the manifests allow, where the plan has more.
        troubles: what happens besides.
    """

    load: float
    seed: int = 1
    tick_s: float = 1.0
    own_nodes: bool = False
    by_lag_alone: bool = False
    manifest_bounds: bool = False
    troubles: Troubles | None = None


class Simulation:
    """A day of a plan, from midnight to midnight UTC.

    Args:
        progress: is told how many of how many seconds are over.
    """

    def __init__(
        self,
        estate: Estate,
        figures: Figures,
        plan: Plan,
        run: Run,
        progress: Callable[[float, float], None] = lambda *_: None,
    ) -> None:
        self._estate, self._figures, self._plan, self._run, self._progress = estate, figures, plan, run, progress
        self._env = simpy.Environment()
        seeds = np.random.SeedSequence(run.seed).spawn(len(plan.cells) + 1)
        self._ticks = round((WARM_UP_S + DAY_S) / run.tick_s)
        conditions = Conditions(estate, figures, run.tick_s, run.own_nodes, run.by_lag_alone, run.manifest_bounds)
        self._usual = [self._expected(number) for number in range(len(plan.cells))]
        self._cells = []
        for number, cluster in enumerate(plan.cells):
            random = np.random.default_rng(seeds[number])
            arrivals = random.poisson(self._usual[number] * run.load).tolist()
            self._cells.append(Cell(self._env, conditions, cluster, number, arrivals, random))
        most = next(one.most for one in plan.hq.pods if one.service == "record")
        if run.manifest_bounds:
            most = min(most, bounds(figures)["record"])
        self._hq = Line()
        # A batch is as large as it may be when much waits; one photo more or less is no matter.
        record_s = max(figures.record_pause_s / figures.record_batch, figures.record_cpu_ms / 1_000)
        self._record = Server(record_s, 0, np.random.default_rng(seeds[-1]))
        least = min(1 + (estate.spare_nodes > 0), most)
        recorded_s = None if run.by_lag_alone else self._record.so_far_s
        self._records = Replicas(
            self._env,
            figures,
            Bounds(least, most),
            cpu_s=record_s,
            waiting=lambda: self._hq.photos,
            worked_s=recorded_s,
            nodes=None,
        )
        self._cut: set[int] = set()
        self._recorded = [0] * len(plan.cells)
        self._done = (array("q"), array("q"), array("q"), array("q"))
        self._samples: list[list[list[float]]] = [[] for _ in plan.cells]
        self._behind: list[list[bool]] = [[] for _ in plan.cells]
        self._hq_samples: list[list[float]] = []

    def run(self) -> Day:
        """Simulate it."""
        self._env.process(self._flow())
        self._env.process(self._watch())
        if self._run.troubles:
            self._env.process(self._lose_node(self._run.troubles))
            self._env.process(self._cut_off(self._run.troubles))
        self._env.run(until=WARM_UP_S + DAY_S)
        while self._left and self._env.now < WARM_UP_S + DAY_S + _AFTER_S:
            self._env.run(until=self._env.now + _SAMPLE_S)
        return self._day()

    def _expected(self, number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Photos of each tick of an ordinary day in one cell of a region."""
        cluster, region = self._plan.cells[number], self._estate.regions[number]
        middles = (np.arange(self._ticks, dtype=np.float64) + 0.5) * self._run.tick_s - WARM_UP_S
        return per_s(region, cluster.demand.photos_per_day, middles) * self._run.tick_s

    @property
    def _left(self) -> int:
        """Photos without a row."""
        in_cells = sum((cell.waiting + cell.results.photos) * cell.cluster.number for cell in self._cells)
        return in_cells + self._hq.photos

    def _flow(self) -> Events:
        tick, tick_s = 0, self._run.tick_s
        by_line = math.floor(self._figures.link_mbit * 1e6 / 8 / result_bytes(self._estate, self._figures) * tick_s)
        while True:
            for cell in self._cells:
                cell.tick(tick)
                if cell.number not in self._cut:
                    # At HQ all cells of the region count.
                    lots = cell.results.take(by_line)
                    self._hq.put([lot._replace(photos=lot.photos * cell.cluster.number) for lot in lots])
            for lot in self._record.serve(self._hq, self._records.ready, tick_s):
                self._write(tick, lot)
            tick += 1
            yield self._env.timeout(tick_s)

    def _write(self, tick: int, lot: Lot) -> None:
        self._recorded[lot.cell] += lot.photos
        for column, value in zip(self._done, (lot.cell, lot.born, tick - lot.born, lot.photos), strict=True):
            column.append(value)

    def _watch(self) -> Events:
        until = WARM_UP_S + DAY_S
        while True:
            tick = round(self._env.now / self._run.tick_s)
            in_hq = self._hq.oldest
            for cell, samples, behind in zip(self._cells, self._samples, self._behind, strict=True):
                rate = self._usual[cell.number][tick] * self._run.load / self._run.tick_s if tick < self._ticks else 0.0
                samples.append([
                    rate, cell.cameras.photos, cell.photos.photos + cell.returning, cell.faces.photos, cell.results.photos,
                    cell.detects.ready, cell.classifies.ready, cell.nodes.ready,
                ])  # fmt: skip
                ages = [(tick - born) * self._run.tick_s for born in (cell.oldest, in_hq) if born is not None]
                # While the line is cut nobody can catch up.
                behind.append(max(ages, default=0) > PROMISED_S and cell.number not in self._cut)
            self._hq_samples.append([self._hq.photos, self._records.ready])
            self._progress(min(self._env.now, until), until)
            yield self._env.timeout(_SAMPLE_S)

    def _lose_node(self, troubles: Troubles) -> Events:
        if troubles.node_lost_at_s is not None:
            yield self._env.timeout(WARM_UP_S + troubles.node_lost_at_s)
            for cell in self._of(troubles):
                cell.lose_node()

    def _cut_off(self, troubles: Troubles) -> Events:
        if troubles.cut_at_s is not None:
            numbers = {cell.number for cell in self._of(troubles)}
            yield self._env.timeout(WARM_UP_S + troubles.cut_at_s)
            self._cut |= numbers
            yield self._env.timeout(troubles.cut_for_s)
            self._cut -= numbers

    def _of(self, troubles: Troubles) -> list[Cell]:
        return [cell for cell in self._cells if cell.cluster.name == troubles.region]

    def _day(self) -> Day:
        cell, born, waited, photos = (np.frombuffer(column, dtype=np.int64) for column in self._done)
        tick_s, least_s = self._run.tick_s, self._figures.chain_s
        born_s = born * tick_s - WARM_UP_S
        counts = (born_s >= 0) & (born_s < DAY_S)
        cells = []
        for one in self._cells:
            mine = counts & (cell == one.number)
            columns = np.array(self._samples[one.number])
            # The day begins when the warm-up is over.
            peaks = columns[_FIRST:].max(axis=0)
            cells.append(
                CellDay(
                    name=one.cluster.name,
                    cells=one.cluster.number,
                    arrived=one.arrived * one.cluster.number,
                    recorded=self._recorded[one.number],
                    waits=waits_of(waited[mine], photos[mine], tick_s, least_s),
                    camera_wait_s=one.camera_wait * tick_s,
                    behind_min=longest_run(self._behind[one.number][_FIRST:]) * _SAMPLE_S / 60,
                    most_waiting=int(columns[_FIRST:, 2:5].sum(axis=1).max()),
                    most_bytes={
                        "PHOTOS": float(peaks[2]) * self._figures.photo_message_bytes,
                        "FACES": float(peaks[3]) * faces_bytes(self._estate, self._figures),
                        "RESULTS": self._kept(one.cluster.demand.photos_per_day),
                    },
                    most_detects=int(peaks[5]),
                    most_classifies=int(peaks[6]),
                    most_nodes=int(peaks[7]),
                    latency=latency(born_s[mine], waited[mine], photos[mine], tick_s, least_s),
                    machines=_curve(_MACHINES, columns),
                )
            )
        columns = np.array(self._hq_samples)
        return Day(
            tuple(cells), self._hq_day(columns), waits_of(waited[counts], photos[counts], tick_s, least_s), self._left
        )

    def _hq_day(self, columns: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> HqDay:
        return HqDay(
            most_waiting=int(columns[_FIRST:, 0].max()),
            most_bytes=self._kept(self._estate.photos_per_day),
            most_records=int(columns[_FIRST:, 1].max()),
            machines=_curve(("results", "records"), columns),
        )

    def _kept(self, photos_per_day: float) -> float:
        """Bytes in RESULTS at the end of the day: ordinary days before it, as many as it keeps, and this one."""
        assert RESULTS.max_age_s is not None
        days = RESULTS.max_age_s / DAY_S - 1 + self._run.load
        return days * photos_per_day * result_bytes(self._estate, self._figures)


def _curve(names: tuple[str, ...], columns: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Curve:
    at_s = tuple(float(number * _SAMPLE_S - WARM_UP_S) for number in range(len(columns)))
    return Curve(at_s, {name: tuple(column.tolist()) for name, column in zip(names, columns.T, strict=True)})
