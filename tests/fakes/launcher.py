"""Children that do what they are told."""

import asyncio
import itertools
import signal
from dataclasses import dataclass, field

from services.standalone.domain import Program

_pids = itertools.count(1)


@dataclass(eq=False)
class FakeProcess:
    """A child that ends when it is signalled, or killed if it is stubborn."""

    program: Program
    history: list[str]
    stubborn: bool = False
    pid: int = field(default_factory=lambda: next(_pids))
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0

    async def wait(self) -> int:
        """As ChildProcess.wait."""
        await self.ended.wait()
        return self.status

    def send(self, number: signal.Signals) -> None:
        """As ChildProcess.send."""
        self.history.append(f"{number.name} {self.program.name}")
        if number == signal.SIGKILL or not self.stubborn:
            self.end(0)

    def end(self, status: int) -> None:
        """Let it die."""
        self.status = status
        self.ended.set()


@dataclass
class FakeLauncher:
    """Remembers what it started."""

    history: list[str] = field(default_factory=list)
    running: dict[str, FakeProcess] = field(default_factory=dict)
    stubborn: set[str] = field(default_factory=set)

    async def start(self, program: Program) -> FakeProcess:
        """As ChildLauncher.start."""
        self.history.append(f"start {program.name}")
        process = FakeProcess(program, self.history, program.name in self.stubborn)
        self.running[program.name] = process
        return process

    def last_words(self, program: Program) -> str:
        """As ChildLauncher.last_words."""
        return f"    {program.name} said goodbye"
