"""Children of this process: each in a process group of its own, its output in a log file, and none outlives us."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from pathlib import Path

from services.standalone.domain import Program

_LOG_LIMIT_BYTES = 20_000_000
_LAST_LINES = 15
_PATIENT = Path(__file__).with_name("long_turns.py")


class ChildProcess:
    """A running child and its process group."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def wait(self) -> int:
        """Its exit status, once it has ended; negative for a signal."""
        return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Signal the child; a kill goes to everything that it started as well."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)


class ChildLauncher:
    """Starts children whose logs lie in one folder."""

    def __init__(self, log_folder: Path) -> None:
        self._log_folder = log_folder
        log_folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def start(self, program: Program) -> ChildProcess:
        """Start a program, its output appended to <log folder>/<name>.log."""
        log = self._log(program)
        _rotate(log)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *_command(program),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(program.environment),
                cwd=program.directory,
                # Ctrl-C in the terminal is for us: children are ended one after the other.
                start_new_session=True,
            )
        return ChildProcess(process)

    def last_words(self, program: Program) -> str:
        """The last lines of the program's log."""
        lines = self._log(program).read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])

    async def bound_logs(self) -> None:
        """Once a minute, put aside logs that have grown large; for ever."""
        while True:
            await asyncio.sleep(60)
            for log in self._log_folder.glob("*.log"):
                _rotate(log)

    def _log(self, program: Program) -> Path:
        return self._log_folder / f"{program.name}.log"


def _rotate(log: Path) -> None:
    """Keep one old log. The file itself is emptied, not moved: a child has it open for appending."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.old"))
        os.truncate(log, 0)


def _command(program: Program) -> tuple[str, ...]:
    """The program's command, after those that arrange what it runs under.

    The kernel signals the child should we be killed. That wish stands right before the program itself, because a change of user on
    the way would cancel it.
    """
    if program.patient:
        patient = (sys.executable, "-I", "-S", str(_PATIENT), str(os.getpid()), str(int(program.stop_signal)))
        return (*program.as_user, *patient, *program.command)
    wish = ("setpriv", "--pdeathsig", program.stop_signal.name.removeprefix("SIG"))
    return (*program.as_user, *wish, *program.command)
