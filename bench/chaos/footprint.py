"""What programs hold: processes, open files, memory."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one program holds, its children included.

    Args:
        memory: bytes; what several processes share is divided among them.
    """

    processes: int
    files: int
    memory: int

    def __str__(self) -> str:
        many = "process" if self.processes == 1 else "processes"
        return f"{self.processes} {many}, {self.files} open files, {self.memory >> 20} MiB"


def footprints(pids: Mapping[str, int]) -> dict[str, Footprint]:
    """What programs hold, by name; those that are not there are left out."""
    found = {}
    for name, pid in pids.items():
        with suppress(psutil.NoSuchProcess):
            found[name] = _footprint(psutil.Process(pid))
    return found


def _footprint(process: psutil.Process) -> Footprint:
    processes = files = memory = 0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # Postgres's children come and go
            files += one.num_fds()
            memory += one.memory_full_info().pss
            processes += 1
    return Footprint(processes, files, memory)


def zombies() -> set[int]:
    """Processes below this one that have ended and that nobody has asked how; for a moment every process is one."""
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() == psutil.STATUS_ZOMBIE:
                found.add(process.pid)
    return found


def left_running(temporary: Path) -> list[str]:
    """Processes that were told to put temporary files into a folder, and so are the machine's."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR") == str(temporary) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.name()} runs on as process {process.pid}")
    return found


def files_in(folder: Path | None) -> list[str]:
    """Names of all files in a folder, those in its folders as well; none where it is not there."""
    if folder is None:
        return []
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
