"""On a busy machine, uploads in bundles: ingest rests between two rounds, and has more to do at once in each.

It wakes up for each of a camera's eight commands. While detect computes, ingest's code and data have left the processor's
cache each time, and what it does costs twice as much; so does what its answers wake up in turn (docs/performance.md).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import Gauge

from services.common.logging import get_logger
from services.ingest.domain import takes_bundles

_log = get_logger(__name__)

_LOOK_EVERY_S: Final = 0.5
_ROUND_S: Final = 0.005
_REST_S: Final = 0.03
# Of the first line of /proc/stat: user, nice, system, idle, waiting for disks, interrupts, soft ones, stolen.
_KINDS: Final = 8
_IDLE: Final = slice(3, 5)

BUNDLES = Gauge("facetally_ingest_bundles", "Whether uploads are taken in bundles now, because the machine is busy")


@dataclass(frozen=True, slots=True)
class Cpu:
    """What processors have done so far.

    Args:
        all_ticks: of all the machine's cores.
        idle_ticks: of them, without work.
        own_s: this process's CPU time.
        wall_s: the time.
    """

    all_ticks: int
    idle_ticks: int
    own_s: float
    wall_s: float

    def idle_share_since(self, before: "Cpu") -> float:
        """Of all cores; 1 where the kernel does not count."""
        ticks = self.all_ticks - before.all_ticks
        return (self.idle_ticks - before.idle_ticks) / ticks if ticks > 0 else 1.0

    def own_cores_since(self, before: "Cpu") -> float:
        """Cores that this process has kept busy."""
        return (self.own_s - before.own_s) / (self.wall_s - before.wall_s)


def measured() -> Cpu:
    """What the kernel says now."""
    with Path("/proc/stat").open() as stat:
        ticks = [int(kind) for kind in stat.readline().split()[1 : 1 + _KINDS]]
    return Cpu(sum(ticks), sum(ticks[_IDLE]), time.process_time(), time.monotonic())


async def take_bundles(measure: Callable[[], Cpu] = measured) -> None:
    """Rest while the machine is busy, in the way of everything else on this event loop; for ever."""
    taking = False
    before: Cpu | None = None
    while True:
        if taking:
            await _rounds()
        else:
            await asyncio.sleep(_LOOK_EVERY_S)
        try:
            now = measure()
        except (OSError, ValueError, IndexError) as error:  # no file may be opened just now, or there is none
            _log.warning("cpu_not_measured", error=str(error))
            taking = False
        else:
            if before:
                taking = takes_bundles(now.idle_share_since(before), now.own_cores_since(before), taking=taking)
            before = now
        BUNDLES.set(taking)


async def _rounds() -> None:
    until = time.monotonic() + _LOOK_EVERY_S
    while time.monotonic() < until:
        await asyncio.sleep(_ROUND_S)
        time.sleep(_REST_S)  # noqa: ASYNC251 - nothing is to happen on this loop meanwhile: that is the point
