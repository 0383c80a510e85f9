"""What is done to whom, and when: every fault at least once, in an order of chance. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """What is done."""

    KILL = "kill"
    KILL_TWICE = "kill twice"
    FILL = "fill the stream"
    SLOW = "slow down"
    FREEZE = "freeze"
    REFUSE = "answer 503 for"
    CUT = "cut off"
    SKEW = "put the clock wrong of"
    NONSENSE = "send nonsense to"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Args:
        target: a program or a stream.
        lasts_s: until it is taken back; a kill is over at once.
        room_s: for what it has done to pass, before the next fault begins.
    """

    kind: Kind
    target: str
    lasts_s: float
    room_s: float

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault, and when it begins: seconds from the start."""

    at_s: float
    fault: Fault

    @property
    def over_s(self) -> float:
        """When what it has done should have passed."""
        return self.at_s + self.fault.lasts_s + self.fault.room_s


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All faults that there are to be.

    Args:
        loud: that cameras notice: they are told to send again.
        quiet: that they do not notice.
        cut: headquarters' line.
        during_cut: quiet ones in the cell, while the line is cut.
    """

    loud: tuple[Fault, ...]
    quiet: tuple[Fault, ...]
    cut: Fault
    during_cut: tuple[Fault, ...]


def _kill(target: str, room_s: float) -> Fault:
    return Fault(Kind.KILL, target, 0, room_s)


FULL = Catalogue(
    loud=(
        _kill("ingest", 10),
        _kill("nats-server", 12),
        _kill("seaweedfs", 14),
        Fault(Kind.FILL, "PHOTOS", 12, 8),
        Fault(Kind.SLOW, "seaweedfs", 15, 8),
        Fault(Kind.FREEZE, "seaweedfs", 20, 15),
        Fault(Kind.REFUSE, "seaweedfs", 12, 8),
        Fault(Kind.SKEW, "ingest", 12, 8),
    ),
    quiet=(
        _kill("record", 8),
        _kill("postgres", 12),
        Fault(Kind.FILL, "RESULTS", 10, 6),
        Fault(Kind.SKEW, "record", 12, 6),
        Fault(Kind.SKEW, "postgres", 12, 6),
    ),
    cut=Fault(Kind.CUT, "record", 120, 12),
    during_cut=(
        _kill("detect-1", 9),
        _kill("detect-2", 9),
        _kill("classify", 9),
        _kill("record", 8),
        _kill("postgres", 10),
        _kill("report", 6),
        Fault(Kind.FILL, "FACES", 10, 6),
        Fault(Kind.SKEW, "detect-1", 12, 6),
        Fault(Kind.NONSENSE, "every consumer", 0, 2),
    ),
)
# All kinds, each for as short as it can be noticed.
SMALL = Catalogue(
    loud=(
        _kill("ingest", 4),
        _kill("nats-server", 4),
        _kill("seaweedfs", 5),
        Fault(Kind.FILL, "PHOTOS", 4, 2),
        Fault(Kind.SLOW, "seaweedfs", 4, 1),
        Fault(Kind.REFUSE, "seaweedfs", 3, 2),
    ),
    quiet=(_kill("record", 3), _kill("postgres", 4), Fault(Kind.SKEW, "record", 3, 2)),
    cut=Fault(Kind.CUT, "record", 12, 3),
    during_cut=(_kill("detect-1", 3), _kill("classify", 3), Fault(Kind.NONSENSE, "every consumer", 0, 1)),
)
_BEGINS_S = 2.0
# Before the line is cut, so that no camera is still being told of the fault before.
_QUIET_BEFORE_CUT_S = 8.0


def plan(chance: Random, catalogue: Catalogue, seconds: float = 0.0) -> list[Planned]:
    """An order of all faults, with further kills until so many seconds are filled.

    Args:
        chance: the same seed gives the same plan.
        seconds: for how long there are faults at least.
    """
    loud = [_sometimes_twice(chance, fault) for fault in _shuffled(chance, catalogue.loud)]
    half = len(loud) // 2
    planned = list(_after(_BEGINS_S, loud[:half]))
    cut = Planned(_end(planned) + _QUIET_BEFORE_CUT_S, catalogue.cut)
    during = list(_after(cut.at_s + 1, _shuffled(chance, catalogue.during_cut)))
    planned += [cut, *during]
    planned += _after(_end(planned), _shuffled(chance, (*loud[half:], *catalogue.quiet)))
    kills = [fault for fault in (*catalogue.loud, *catalogue.quiet) if fault.kind is Kind.KILL]
    while _end(planned) + max(fault.room_s for fault in kills) < seconds:
        planned += _after(_end(planned), [_sometimes_twice(chance, chance.choice(kills))])
    return planned


def _shuffled(chance: Random, faults: Sequence[Fault]) -> list[Fault]:
    return chance.sample(faults, len(faults))


def _sometimes_twice(chance: Random, fault: Fault) -> Fault:
    if fault.kind is not Kind.KILL or chance.random() < 0.6:
        return fault
    return replace(fault, kind=Kind.KILL_TWICE, room_s=fault.room_s + 3)


def _after(at_s: float, faults: Sequence[Fault]) -> Iterator[Planned]:
    for fault in faults:
        planned = Planned(at_s, fault)
        yield planned
        at_s = planned.over_s


def _end(planned: Sequence[Planned]) -> float:
    return max((one.over_s for one in planned), default=_BEGINS_S)
