"""Start programs, wait until they work, start the dead again, and end all of them in the opposite order."""

import asyncio
import signal
from collections.abc import Callable
from typing import Protocol

from services.standalone.domain import Program, has_settled, restart_pause_s

_PROBE_PAUSE_S = 0.1


class Process(Protocol):
    """A running child."""

    @property
    def pid(self) -> int:
        """Its process id."""
        ...

    async def wait(self) -> int:
        """Its exit status, once it has ended; negative for a signal."""
        ...

    def send(self, number: signal.Signals) -> None:
        """Signal it, and everything that it started; nothing happens when it has ended."""
        ...


class Launcher(Protocol):
    """What starts children."""

    async def start(self, program: Program) -> Process:
        """Start a program, its output appended to its log."""
        ...

    def last_words(self, program: Program) -> str:
        """The end of the program's log."""
        ...


class StartError(Exception):
    """A program did not come up."""


class Supervisor:
    """Keeps the programs running that it was asked to start."""

    def __init__(self, launcher: Launcher, report: Callable[[str], None]) -> None:
        self._launcher = launcher
        self._report = report
        self._groups: list[tuple[Program, ...]] = []
        self._running: dict[str, Process] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._ending = False

    async def run(self, program: Program) -> None:
        """Run a program to its end.

        Raises:
            StartError: it ended with another status than 0.
        """
        process = await self._launcher.start(program)
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            process.send(signal.SIGTERM)
            raise
        if status:
            raise StartError(self._describe(program, f"ended with status {status}"))

    async def start(self, *programs: Program) -> None:
        """Start programs together, and return when all of them are ready; from then on they are kept running.

        Raises:
            StartError: one ended, or was not ready in time. The others go on until `stop`.
        """
        self._groups.append(programs)
        try:
            async with asyncio.TaskGroup() as tasks:
                for program in programs:
                    tasks.create_task(self._start(program))
        except* StartError as group:
            raise group.exceptions[0] from None

    async def _start(self, program: Program) -> None:
        began = asyncio.get_running_loop().time()
        process = await self._launcher.start(program)
        self._running[program.name] = process
        ended = asyncio.create_task(process.wait())
        ready = asyncio.create_task(_until_ready(program))
        try:
            await asyncio.wait({ended, ready}, timeout=program.ready_within_s, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                raise StartError(self._describe(program, f"ended with status {ended.result()}"))
            if not ready.done():
                raise StartError(self._describe(program, f"was not ready within {program.ready_within_s:.0f} s"))
            ready.result()
        finally:
            ready.cancel()
            ended.cancel()
        self._report(f"{program.name} is ready ({asyncio.get_running_loop().time() - began:.1f} s)")
        self._keepers[program.name] = asyncio.create_task(self._keep(program))

    async def _keep(self, program: Program) -> None:
        """Start the program again whenever it dies."""
        clock = asyncio.get_running_loop().time
        deaths = 0
        since = clock()
        while True:
            status = await self._running[program.name].wait()
            if self._ending:
                return
            ran_s = clock() - since
            deaths = 0 if has_settled(ran_s) else deaths + 1
            pause_s = restart_pause_s(deaths)
            self._report(f"{program.name} died (status {status}); starting it again in {pause_s:.1f} s")
            await asyncio.sleep(pause_s)
            since = clock()
            self._running[program.name] = await self._launcher.start(program)

    async def stop(self) -> None:
        """End everything, what was started last first. What does not end in time is killed."""
        self._ending = True
        for keeper in self._keepers.values():
            keeper.cancel()
        await asyncio.gather(*self._keepers.values(), return_exceptions=True)
        for group in reversed(self._groups):
            running = [program for program in group if program.name in self._running]
            await asyncio.gather(*(self._stop(program, self._running[program.name]) for program in running))
        self._groups.clear()
        self._running.clear()

    async def _stop(self, program: Program, process: Process) -> None:
        process.send(program.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), program.stop_within_s)
        except TimeoutError:
            self._report(f"{program.name} did not stop within {program.stop_within_s:.0f} s: killed")
            process.send(signal.SIGKILL)
            await process.wait()

    def pids(self) -> dict[str, int]:
        """Process id by program."""
        return {name: process.pid for name, process in self._running.items()}

    def _describe(self, program: Program, what: str) -> str:
        return f"{program.name} {what}. The end of its log:\n{self._launcher.last_words(program)}"


async def _until_ready(program: Program) -> None:
    if program.ready is None:
        return
    while not await program.ready():  # noqa: ASYNC110 - a program cannot set an event of ours
        await asyncio.sleep(_PROBE_PAUSE_S)
