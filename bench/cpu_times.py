"""CPU milliseconds of steps, photo by photo and round by round."""

import statistics
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class CpuTimes:
    """What each step took. A step's figure is the mean over all photos of the median over all rounds.

    Photos differ, and all of them count; rounds of one photo differ by what else the machine does, and the median leaves
    that out.
    """

    def __init__(self) -> None:
        self._samples: dict[str, dict[str, list[float]]] = {}

    def time(self, step: str, photo: str, work: Callable[[], T], shared_by: int = 1) -> T:
        """Do the work, and note the CPU time of this process, all threads.

        Args:
            step: its name.
            photo: name of the photo that it is done for.
            work: to do.
            shared_by: how many faces share what it takes.
        """
        began = time.process_time()
        result = work()
        self.add(step, photo, (time.process_time() - began) * 1000 / shared_by)
        return result

    def add(self, step: str, photo: str, cpu_ms: float) -> None:
        """Note what somebody else has measured."""
        self._samples.setdefault(step, {}).setdefault(photo, []).append(cpu_ms)

    def ms(self, step: str) -> float:
        """A step's figure."""
        return statistics.fmean(statistics.median(samples) for samples in self._samples[step].values())
