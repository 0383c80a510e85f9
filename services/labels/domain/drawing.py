"""Which faces are drawn to be labelled. Pure: what looks like chance follows from the photos' ids."""

import heapq
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from services.common.visitors import age_band
from services.labels.domain.faces import Candidate

# So many times as many as are to be drawn are held, and then those are dropped that cannot be among them.
_HELD: Final = 4


class Method(StrEnum):
    """What faces are drawn by."""

    UNCERTAINTY = "uncertainty"
    DISAGREEMENT = "disagreement"
    BALANCE = "balance"
    CAMERA = "camera"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which faces may be drawn.

    Args:
        by: what they are drawn by.
        count: how many, at most.
        since: first day, in each shop's time.
        until: last day.
        shops: slugs; empty: all.
        consent: the people of these photos agreed that nets learn from them.
    """

    by: Method
    count: int
    since: date
    until: date
    shops: tuple[str, ...]
    consent: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """A face that was drawn.

    Args:
        candidate: the face.
        by: why ...
        score: ... and how much speaks for it.
    """

    candidate: Candidate
    by: Method
    score: float


class Draw:
    """Takes as many of all candidates as are wanted, and holds few of them at a time.

    By uncertainty and by disagreement it takes those of the highest score. By balance it takes evenly from every gender with every
    age band, by camera evenly from every camera: first one of each, then another one of each that has one.

    Args:
        by: what faces are drawn by.
        count: how many, at most.
    """

    def __init__(self, by: Method, count: int) -> None:
        self._by = by
        self._count = count
        # Of each group a heap with the worst on top: score, face id, face.
        self._groups: dict[Hashable, list[tuple[float, str, Candidate]]] = {}
        self._most_of_a_group = count
        self._held = 0
        self._drop_at = _HELD * count

    def offer(self, candidate: Candidate) -> None:
        """A face that may be drawn, in any order; each once."""
        score = self._score(candidate)
        if score is None:
            return
        group = self._groups.setdefault(self._group(candidate), [])
        entry = (score, candidate.face_id, candidate)
        if len(group) < self._most_of_a_group:
            heapq.heappush(group, entry)
            self._held += 1
        else:
            heapq.heappushpop(group, entry)
        if self._held > self._drop_at:
            self._drop()

    def drawn(self) -> list[Drawn]:
        """Those that were drawn, the best of each group first."""
        ranked = [
            (rank, -score, face_id, candidate)
            for group in self._groups.values()
            for rank, (score, face_id, candidate) in enumerate(sorted(group, reverse=True))
        ]
        ranked.sort(key=lambda entry: entry[:3])
        return [Drawn(candidate, self._by, -score) for _, score, _, candidate in ranked[: self._count]]

    def _score(self, candidate: Candidate) -> float | None:
        if self._by is Method.UNCERTAINTY:
            return candidate.estimate.doubt
        if self._by is Method.DISAGREEMENT:
            return None if candidate.other is None else candidate.estimate.difference(candidate.other)
        return _chance(candidate.face_id)

    def _group(self, candidate: Candidate) -> Hashable:
        if self._by is Method.BALANCE:
            return candidate.estimate.gender, age_band(candidate.estimate.age_years)
        return candidate.camera if self._by is Method.CAMERA else None

    def _drop(self) -> None:
        """Whatever else comes, no group gives more than what makes the whole number today: groups only grow."""
        most = 1
        while sum(min(len(group), most) for group in self._groups.values()) < self._count:
            most += 1
        self._most_of_a_group = most
        for group in self._groups.values():
            while len(group) > most:
                heapq.heappop(group)
        self._held = sum(map(len, self._groups.values()))
        self._drop_at = max(_HELD * self._count, 2 * self._held)


def _chance(face_id: str) -> float:
    """0 to 1, evenly; always the same of a face."""
    return int.from_bytes(blake2b(face_id.encode(), digest_size=6).digest()) / 2**48
