"""A real server as a child of the test process; it can be killed and started again."""

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self, TypeVar

from services.standalone.domain import Program

T = TypeVar("T")
_READY_WITHIN_S = 60.0


_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS_EACH = 4_000
_candidates = itertools.cycle(range(20_000 + _worker * _PORTS_EACH, 20_000 + (_worker + 1) * _PORTS_EACH))


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on, rising, none given out again before all the others were.

    They lie below the range that clients get theirs from; every test process has a range of its own.
    """
    found: list[int] = []
    while len(found) < count:
        candidate = next(_candidates)
        if found and candidate < found[-1]:
            found.clear()  # a range of passive ports must not go from the end over the beginning
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", candidate))
            found.append(candidate)
    return found


def environment() -> dict[str, str]:
    """What a child needs of our environment."""
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
    return {"PATH": path, "HOME": os.environ.get("HOME", "/"), "OMP_NUM_THREADS": "1"}


def finish(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end from a fixture, whatever loop this thread may be in."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class RunningProgram:
    """A program that is ready."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Start it. Call this in the main thread: the kernel ends the child together with the thread that made it."""
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                (*self.program.as_user, "setpriv", "--pdeathsig", "KILL", *self.program.command),
                env=dict(self.program.environment),
                cwd=self.program.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    async def until_ready(self) -> None:
        """Wait until it works."""
        assert self._child is not None
        deadline = time.monotonic() + _READY_WITHIN_S
        while self.program.ready is not None and not await self.program.ready():
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.program.name} did not come up:\n{self.log.read_text()[-3000:]}")
            await asyncio.sleep(0.05)

    def start(self) -> Self:
        """Start it, and wait until it works."""
        self.spawn()
        finish(self.until_ready())
        return self

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._child is not None
        return self._child.pid

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it in its own way; its exit status."""
        return self._end(self.program.stop_signal)

    def _end(self, number: signal.Signals) -> int:
        assert self._child is not None
        if self._child.poll() is None:
            self._child.send_signal(number)
        try:
            return self._child.wait(self.program.stop_within_s)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise


@contextmanager
def running(program: Program, log_folder: Path) -> Iterator[RunningProgram]:
    """A program for as long as the block runs."""
    child = RunningProgram(program, log_folder / f"{program.name}.log").start()
    try:
        yield child
    finally:
        child.stop()
