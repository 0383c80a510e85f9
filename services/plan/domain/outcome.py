"""What became of the photos of a simulated day. Pure."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

# docs/slo.md: a photo's row is there within a minute of its arrival, and what waits is worked off within an hour.
PROMISED_S: Final = 60.0
BIN_S: Final = 600


@dataclass(frozen=True, slots=True)
class Waits:
    """How long photos took from 226 to their row, seconds; 0 where there were none."""

    p50_s: float
    p99_s: float
    worst_s: float
    late_share: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A value for each step of the day.

    Args:
        at_s: where the step begins, since midnight UTC.
        values: by name.
    """

    at_s: tuple[float, ...]
    values: dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class CellDay:
    """A region's cells, which are alike; what is counted is of all of them, replicas and bytes are of one.

    Args:
        cells: how many.
        arrived: photos that cameras took.
        recorded: photos with a row at the end.
        waits: of those taken from midnight to midnight.
        camera_wait_s: the longest that a camera waited until its photo was taken.
        behind_min: the longest time in which the photo that had waited the longest was older than promised, minutes; that in
            which the line to HQ is cut is left out.
        most_waiting: photos before detect, classify and the line to HQ, at most.
        most_bytes: in each stream.
        most_detects: replicas.
        most_nodes: of all its services.
        latency: by the time of arrival.
        machines: what waits, and who works.
    """

    name: str
    cells: int
    arrived: int
    recorded: int
    waits: Waits
    camera_wait_s: float
    behind_min: float
    most_waiting: int
    most_bytes: dict[str, float]
    most_detects: int
    most_classifies: int
    most_nodes: int
    latency: Curve
    machines: Curve


@dataclass(frozen=True, slots=True)
class HqDay:
    """Headquarters.

    Args:
        most_waiting: results that record has not written, at most.
        most_bytes: in its stream RESULTS, what was answered included.
        most_records: replicas.
        machines: what waits, and who works.
    """

    most_waiting: int
    most_bytes: float
    most_records: int
    machines: Curve


@dataclass(frozen=True, slots=True)
class Day:
    """All of it.

    Args:
        waits: of all photos that were taken from midnight to midnight.
        left: photos that had no row when the simulation ended.
    """

    cells: tuple[CellDay, ...]
    hq: HqDay
    waits: Waits
    left: int

    @property
    def arrived(self) -> int:
        """Photos that cameras took."""
        return sum(cell.arrived for cell in self.cells)

    @property
    def recorded(self) -> int:
        """Photos with a row."""
        return sum(cell.recorded for cell in self.cells)

    @property
    def behind_min(self) -> float:
        """The longest of all cells."""
        return max(cell.behind_min for cell in self.cells)


def waits_of(ticks: Integers, photos: Integers, tick_s: float, least_s: float) -> Waits:
    """Of photos that waited so many ticks.

    Args:
        ticks: of each lot.
        photos: in each lot.
        least_s: what a photo takes that does not wait.
    """
    total = int(photos.sum())
    if not total:
        return Waits(0, 0, 0, 0)
    by_wait = np.bincount(ticks, weights=photos)
    so_far = np.cumsum(by_wait)
    p50, p99 = (float(np.searchsorted(so_far, share * total)) for share in (0.5, 0.99))
    late = by_wait[least_s + np.arange(len(by_wait)) * tick_s > PROMISED_S].sum()
    p50, p99, worst = (least_s + tick_s * one for one in (p50, p99, float(ticks.max())))
    return Waits(p50, p99, worst, float(late) / total)


def latency(born_s: npt.NDArray[np.float64], ticks: Integers, photos: Integers, tick_s: float, least_s: float) -> Curve:
    """p50, p99 and worst by the time of arrival, in steps of ten minutes; those without a photo are left out."""
    steps = np.floor(born_s / BIN_S).astype(np.int64)
    order = np.argsort(steps, kind="stable")
    found, starts = np.unique(steps[order], return_index=True)
    parts = (
        [waits_of(ticks[lots], photos[lots], tick_s, least_s) for lots in np.split(order, starts[1:])]
        if len(found)
        else []
    )
    return Curve(
        tuple(float(step * BIN_S) for step in found),
        {
            "p50_s": tuple(one.p50_s for one in parts),
            "p99_s": tuple(one.p99_s for one in parts),
            "worst_s": tuple(one.worst_s for one in parts),
        },
    )


def longest_run(flags: list[bool]) -> int:
    """The most of them one after the other."""
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
