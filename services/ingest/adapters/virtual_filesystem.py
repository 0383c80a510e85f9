"""The folders that a camera believes in. Nothing is on disk: every folder exists, and none holds anything."""

import errno
from typing import Any

from pyftpdlib.exceptions import FilesystemError
from pyftpdlib.filesystems import AbstractedFS


class UploadBuffer:
    """An upload on its way, in memory; looks like a file to pyftpdlib.

    Args:
        name: what the camera calls it.
        limit_bytes: what may be received.
    """

    def __init__(self, name: str, limit_bytes: int) -> None:
        self.name = name
        self.content = bytearray()
        self.too_large = False
        self.aborted = False
        self.closed = False
        self._limit_bytes = limit_bytes

    def take(self, chunk: bytes) -> bool:
        """Add what came; false, and nothing is added, once it is too much."""
        if len(self.content) + len(chunk) > self._limit_bytes:
            self.too_large = True
        else:
            self.content += chunk
        return not self.too_large

    def close(self) -> None:
        """Free the memory."""
        self.closed = True
        self.content = bytearray()


class VirtualFilesystem(AbstractedFS):  # type: ignore[misc]
    """What one session sees."""

    def open(self, filename: str, mode: str) -> UploadBuffer:
        """A new upload; there is nothing to read or to go on with."""
        if mode != "wb":
            raise FilesystemError("Only whole new files can be uploaded")
        return self.cmd_channel.new_upload(filename)  # type: ignore[no-any-return]

    def mkstemp(self, suffix: str = "", prefix: str = "", dir: str | None = None, mode: str = "wb") -> UploadBuffer:  # noqa: A002
        """A new upload whose name we choose."""
        return self.cmd_channel.new_upload(f"{prefix}photo{suffix}")  # type: ignore[no-any-return]

    def validpath(self, path: str) -> bool:
        """Every path leads to nothing."""
        return True

    def chdir(self, path: str) -> None:
        """Go to a folder; it exists."""
        self._cwd = self.fs2ftp(path)

    def listdir(self, path: str) -> list[str]:
        """Nothing is shown, not even a camera's own photos."""
        return []

    def listdirinfo(self, path: str) -> list[str]:
        """Nothing is shown."""
        return []

    def mkdir(self, path: str) -> None:
        """Make a folder; it exists."""

    def rmdir(self, path: str) -> None:
        """Remove a folder; nobody misses it."""

    def remove(self, path: str) -> None:
        """Remove a file: cameras tidy up old names. What is kept stays kept."""

    def rename(self, src: str, dst: str) -> None:
        """Rename a file: cameras upload under a temporary name first. Photos are not known by their names."""

    def chmod(self, path: str, mode: int) -> None:
        """Change rights; there are none."""

    def utime(self, path: str, timeval: float) -> None:
        """Change a time; there is none."""

    def lexists(self, path: str) -> bool:
        """Everything exists."""
        return True

    def isdir(self, path: str) -> bool:
        """Everything is a folder."""
        return True

    def isfile(self, path: str) -> bool:
        """Nothing is a file."""
        return False

    def islink(self, path: str) -> bool:
        """Nothing is a link."""
        return False

    def realpath(self, path: str) -> str:
        """The path itself."""
        return path

    def stat(self, path: str) -> Any:
        """Nothing has a size or a time."""
        raise FileNotFoundError(errno.ENOENT, "No such file", path)

    lstat = getsize = getmtime = stat
