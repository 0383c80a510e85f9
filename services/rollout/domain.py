"""Releases, what may be said for and against them, and how two of them differ. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.common.model_choice import ReleaseId


class RolloutError(Exception):
    """What was asked for cannot be. The message is a clause."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: how right a release is, of what, on which faces."""

    data: str
    measure: str
    value: float


@dataclass(frozen=True, slots=True)
class Release:
    """What is known of a release.

    Args:
        sha256: digest of its release.toml.
        kind: "pair" or "multitask", as models/release.py has it.
        made_from: in words.
        nets: names of its nets.
        size_bytes: of all of its files.
    """

    name: str
    sha256: bytes
    kind: str
    made_at: datetime
    made_from: str
    nets: tuple[str, ...]
    figures: tuple[Figure, ...]
    size_bytes: int

    @property
    def id(self) -> ReleaseId:
        """Which one it is, down to the last byte."""
        return ReleaseId(self.name, self.sha256)


class Compared(NamedTuple):
    """A figure of two releases; None where one of them has none."""

    data: str
    measure: str
    first: float | None
    second: float | None


def compared(first: Release, second: Release) -> list[Compared]:
    """Their figures side by side, in the order of the first; then those that only the second has."""
    ours, theirs = ({(figure.data, figure.measure): figure.value for figure in of.figures} for of in (first, second))
    return [Compared(*what, ours.get(what), theirs.get(what)) for what in dict.fromkeys((*ours, *theirs))]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What labelled faces say of a release, beside the one in service.

    Args:
        data: which faces: a data set and its version.
        faces: how many.
        against: in which figures of which groups it is worse than it may be, a clause each.
        document: the whole comparison, JSON, as it is kept.
    """

    data: str
    faces: int
    against: tuple[str, ...]
    document: bytes


def objections(judgement: Judgement | None) -> tuple[str, ...]:
    """What speaks against a promotion, a clause each: whoever promotes all the same says why.

    This is the gate: what a release must have shown before it goes into service is asked here, and nowhere else.

    Args:
        judgement: of the candidate; None where no labelled faces were at hand.
    """
    if judgement is None:
        return (
            "no labelled faces were at hand to compare it with what is in service: `--held-out FOLDER` names a data set",
        )
    return judgement.against
