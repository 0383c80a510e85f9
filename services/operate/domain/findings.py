"""What doctor says of one thing."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing, how it is, and what to do about it.

    Args:
        subject: what was looked at, such as "stream PHOTOS".
        says: one sentence.
        next_step: what to do, one sentence or two; empty where all is well.
    """

    subject: str
    state: State
    says: str
    next_step: str = ""


class NotWorkingError(Exception):
    """A dependency does not do what it should.

    Args:
        says: what is wrong, one sentence.
        next_step: what to do about it.
    """

    def __init__(self, says: str, next_step: str) -> None:
        super().__init__(says)
        self.next_step = next_step


def summary(findings: Iterable[Finding]) -> str:
    """How many things are not in order."""
    states = [finding.state for finding in findings]
    broken, warnings = states.count(State.BROKEN), states.count(State.WARNING)
    if not broken and not warnings:
        return f"Everything is in order: {len(states)} things looked at."
    return f"{broken} broken, {warnings} {'warning' if warnings == 1 else 'warnings'}, {len(states)} things looked at."


def size(count: float) -> str:
    """Bytes for people, such as "1.5 GiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" or count == int(count) else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def duration(seconds: float) -> str:
    """A time span for people, such as "3 min"; two units of it at most."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for large, small, large_s, small_s in (("min", "s", 60, 1), ("h", "min", 3600, 60)):
        if whole < large_s * (60 if large == "min" else 48):
            rest = whole % large_s // small_s
            return f"{whole // large_s} {large} {rest} {small}" if rest else f"{whole // large_s} {large}"
    return f"{whole // 86_400} days"
