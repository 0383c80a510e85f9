"""Samples of how long something took."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Of some samples, in their unit."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> "Times":
        """Of all samples, of which there must be some."""
        ranked = sorted(samples)

        def at(share: float) -> float:
            return ranked[min(int(len(ranked) * share), len(ranked) - 1)]

        return cls(len(ranked), statistics.median(ranked), at(0.95), at(0.99), ranked[-1])

    def cells(self) -> tuple[str, str, str]:
        """p50, p95 and the most, for a table."""
        return f"{self.p50:.1f}", f"{self.p95:.1f}", f"{self.most:.1f}"
