"""How many photos a second are to come, at each moment of a run. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from loadtest.plan import PERIOD_S, Plan, Scenario

OPEN_H: Final = 8
CLOSE_H: Final = 20
HOLIDAY: Final = 5
# Shares of a peak's time: until it begins to rise, while it rises, and until it is over.
_RISES, _RISING, _FALLS = 0.25, 0.05, 0.75
STEP_S: Final = 20.0
_STEPS_TO_RATE: Final = 4


class Shape(Protocol):
    """A rate for each moment."""

    def rate(self, at_s: float) -> float | None:
        """Photos a second; None when the run is over.

        Args:
            at_s: since the run has begun.
        """
        ...


@dataclass(frozen=True, slots=True)
class Flat:
    """The same rate all the time."""

    per_s: float
    seconds: float

    def rate(self, at_s: float) -> float | None:
        """Photos a second."""
        return self.per_s if at_s < self.seconds else None


@dataclass(frozen=True, slots=True)
class Day:
    """A day of shops around the world that are open from 8 to 20 by their own clocks, made shorter.

    Args:
        mean_per_s: photos a second over the whole day.
        seconds: that the day takes; it begins at midnight UTC.
        offsets_h: of every shop's clock, hours ahead of UTC.
    """

    mean_per_s: float
    seconds: float
    offsets_h: Sequence[float]

    def is_open(self, offset_h: float, at_s: float) -> bool:
        """Whether a shop is open."""
        return OPEN_H <= (24 * at_s / self.seconds + offset_h) % 24 < CLOSE_H

    def rate(self, at_s: float) -> float | None:
        """Photos a second: as many for each open shop."""
        if at_s >= self.seconds:
            return None
        open_now = sum(self.is_open(offset, at_s) for offset in self.offsets_h)
        return self.mean_per_s * open_now / len(self.offsets_h) * 24 / (CLOSE_H - OPEN_H)


@dataclass(frozen=True, slots=True)
class Peak:
    """A holiday: five times as many customers for half of the time, and as many as ever before and after."""

    per_s: float
    seconds: float

    def rate(self, at_s: float) -> float | None:
        """Photos a second."""
        share = at_s / self.seconds
        if share >= 1:
            return None
        if share >= _FALLS:
            return self.per_s
        risen = min(max((share - _RISES) / _RISING, 0.0), 1.0)
        return self.per_s * (1 + (HOLIDAY - 1) * risen)


@dataclass(frozen=True, slots=True)
class Ramp:
    """More and more, step by step, until it is too much; who watches it says when that is.

    Args:
        step_per_s: photos a second that each step adds.
        seconds: the longest that it may take.
    """

    step_per_s: float
    seconds: float

    def step(self, at_s: float) -> int:
        """Number of the step, from 0."""
        return int(at_s / STEP_S)

    def rate_of(self, step: int) -> float:
        """Photos a second of a step."""
        return self.step_per_s * (step + 1)

    def rate(self, at_s: float) -> float | None:
        """Photos a second."""
        return self.rate_of(self.step(at_s)) if at_s < self.seconds else None


def shape_of(plan: Plan, offsets_h: Sequence[float]) -> Shape:
    """The shape that a plan asks for.

    Args:
        offsets_h: of the shops' clocks, hours ahead of UTC, one for each login.
    """
    match plan.scenario:
        case Scenario.FLAT:
            return Flat(plan.rate, plan.seconds)
        case Scenario.DAY:
            return Day(plan.rate, plan.seconds, offsets_h)
        case Scenario.PEAK:
            return Peak(plan.rate, plan.seconds)
        case Scenario.RAMP:
            return ramp_of(plan)


def ramp_of(plan: Plan) -> Ramp:
    """The ramp that a plan asks for: its fourth step is the plan's rate."""
    return Ramp(plan.rate / _STEPS_TO_RATE, plan.seconds)


def cameras_for(per_s: float) -> int:
    """How many cameras send that many photos a second."""
    return max(1, round(per_s * PERIOD_S))
