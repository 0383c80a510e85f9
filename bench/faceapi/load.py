"""Whoever is asked, the clients who ask, and what that takes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Final, Self

import psutil

from bench.cell import ROOT, cpu_ms
from bench.faceapi.clients import Answers, Round
from bench.reports.times import Times

_WARM_UP_S: Final = 2.0
# A round's answers are one line.
_LINE_BYTES: Final = 64 << 20


class LoadError(Exception):
    """The clients could not ask, or were answered with an error."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of those who are asked.

    Args:
        name: in tables.
        url: that photos are posted to.
        headers: of each request.
        processes: that work on the answers, by name; those that they have started belong to them.
    """

    name: str
    url: str
    headers: dict[str, str]
    processes: Mapping[str, psutil.Process]

    def cpu_ms(self) -> dict[str, float]:
        """What its processes have taken so far."""
        return {name: cpu_ms(process) for name, process in self.processes.items()}


@dataclass(slots=True)
class Outcome:
    """What some rounds have shown.

    Args:
        per_s: answers a second, in each round.
        took_ms: of all answers.
        faces: found in each photo, by its number, in all its answers.
        cpu_ms: of all rounds, by process.
    """

    per_s: list[float] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)
    faces: dict[int, list[int]] = field(default_factory=dict)
    cpu_ms: dict[str, float] = field(default_factory=dict)

    def add(self, answers: Answers, cpu_ms: Mapping[str, float]) -> None:
        """Take in another round."""
        self.per_s.append(answers.per_s)
        self.took_ms += answers.took_ms
        for photo, faces in zip(answers.photo, answers.faces, strict=True):
            self.faces.setdefault(photo, []).append(faces)
        for name, took in cpu_ms.items():
            self.cpu_ms[name] = self.cpu_ms.get(name, 0.0) + took

    @property
    def rate(self) -> float:
        """Answers a second: the mean of the rounds."""
        return fmean(self.per_s)

    @property
    def times_ms(self) -> Times:
        """How long answers took."""
        return Times.of(self.took_ms)

    def cpu_ms_each(self, process: str | None = None) -> float:
        """CPU for each answer, of one process or of all."""
        taken = sum(self.cpu_ms.values()) if process is None else self.cpu_ms[process]
        return taken / len(self.took_ms)

    @property
    def with_a_face(self) -> int:
        """In how many photos a face was found, every time."""
        return sum(min(faces) > 0 for faces in self.faces.values())


class Clients:
    """The process that asks."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """The process, for as long as the block runs; it ends when its input does."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.faceapi.clients", cwd=ROOT, limit=_LINE_BYTES,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            yield cls(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()

    async def warm_up(self, side: Side, photos: Sequence[Path], clients: int) -> None:
        """A round that does not count, before others."""
        await self.measure(side, photos, clients, _WARM_UP_S, Outcome())

    async def measure(self, side: Side, photos: Sequence[Path], clients: int, seconds: float, into: Outcome) -> None:
        """One round.

        Args:
            side: who is asked.
            photos: about which.
            clients: that ask at a time.
            seconds: for how long.
            into: where the result goes.

        Raises:
            LoadError: an answer is an error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = Round(side.url, side.headers, [str(photo) for photo in photos], clients, seconds)
        before = side.cpu_ms()
        self._process.stdin.write(json.dumps(asdict(asked)).encode() + b"\n")
        said = await self._process.stdout.readline()
        after = side.cpu_ms()
        if not said:
            raise LoadError(f"{side.name} was not answered; what the clients say is above")
        into.add(Answers(**json.loads(said)), {name: after[name] - before[name] for name in after})
