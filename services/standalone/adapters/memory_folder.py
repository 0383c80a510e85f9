"""A folder in this machine's memory, where it has such."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - whatever is made here is this user's alone, or not used


@contextmanager
def memory_folder(owner: Path, memory: Path = _MEMORY) -> Iterator[Path | None]:
    """A folder that only this user can see, empty; gone when the block ends. None where the system has none to give.

    Args:
        owner: what it belongs to: the same owner gets the same folder, so that a killed one's remains are found.
        memory: where such folders are.
    """
    folder = memory / f"facetally-{os.getuid()}-{blake2b(str(owner).encode(), digest_size=6).hexdigest()}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_ours(folder):  # anybody can make folders there
            yield None
            return
        _empty(folder)
    except OSError:
        yield None
        return
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
