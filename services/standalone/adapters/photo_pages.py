"""What lies on disk need not lie in memory as well, where nobody reads it again soon.

The kernel keeps what is written to files in memory until that is full: at 60 photos a second after five minutes, and then at the
cost of everything else there, Postgres's pages above all. detect has each photo from elsewhere (docs/adr/0015-one-machine.md).
"""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.common.logging import get_logger

_log = get_logger(__name__)
_LOOK_EVERY_S: Final = 5.0
# A file that has not been written to for so long has been let go of.
_DONE_AFTER_S: Final = 60.0


class PhotoPages:
    """The memory that SeaweedFS's files of photos take.

    Args:
        folder: of the files, NAME.dat, each of which only grows at its end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[str, int] = {}

    async def keep_few(self) -> None:
        """Let go of what is older than some seconds, again and again; for ever."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await asyncio.to_thread(self.let_go)
            except OSError as error:  # photos stay in memory a little longer
                _log.warning("photo_pages_not_let_go", error=str(error))

    def let_go(self) -> None:
        """Let go of all that was there the last time. What is not on disk yet is written now, and let go of the next time."""
        before, self._sizes = self._sizes, {}
        for file in self._written_lately():
            with suppress(FileNotFoundError):  # SeaweedFS puts another in its place now and then
                self._sizes[file.name] = file.stat().st_size
                if size := before.get(file.name):
                    _let_go(file.path, size)

    def _written_lately(self) -> Iterator[os.DirEntry[str]]:
        since = time.time() - _DONE_AFTER_S
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if entry.name.endswith(".dat") and entry.stat().st_mtime > since:
                        yield entry  # which remembers what was asked of it


def _let_go(file: str, size: int) -> None:
    opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.posix_fadvise(opened, 0, size, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(opened)
