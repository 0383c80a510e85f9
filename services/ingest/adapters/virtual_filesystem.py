"""The folders that a camera believes in. Nothing is on disk: every folder exists, and holds what was just uploaded to it."""

import errno
import os
import stat
from typing import Any
from uuid import uuid4

from pyftpdlib.exceptions import FilesystemError
from pyftpdlib.filesystems import AbstractedFS

from services.ingest.adapters.recent_uploads import RecentUpload, RecentUploads
from services.ingest.adapters.upload_buffer import UploadBuffer


class VirtualFilesystem(AbstractedFS):  # type: ignore[misc]
    """What one session sees: what its login has just uploaded, and of that the names, sizes and times only."""

    def open(self, filename: str, mode: str) -> UploadBuffer:
        """A new upload; there is nothing to read or to go on with."""
        if mode != "wb":
            raise FilesystemError("Only whole new files can be uploaded")
        return self.cmd_channel.new_upload(filename)  # type: ignore[no-any-return]

    def mkstemp(self, suffix: str = "", prefix: str = "", dir: str | None = None, mode: str = "wb") -> UploadBuffer:  # noqa: A002
        """A new upload whose name we choose, by the camera's wish."""
        name = f"{uuid4().hex[:12]}-{prefix.rstrip('.')}"
        name += "" if name.lower().endswith((".jpg", ".jpeg")) else ".jpg"
        return self.cmd_channel.new_upload(f"{(dir or '').rstrip('/')}/{name}")  # type: ignore[no-any-return]

    def validpath(self, path: str) -> bool:
        """No path leads anywhere."""
        return True

    def chdir(self, path: str) -> None:
        """Go to a folder; it exists."""
        self._cwd = self.fs2ftp(path)

    def listdir(self, path: str) -> list[str]:
        """What was just uploaded to a folder."""
        return self._recent.names_in(self._login, path)

    listdirinfo = listdir

    def mkdir(self, path: str) -> None:
        """Make a folder; it exists."""

    def rmdir(self, path: str) -> None:
        """Remove a folder; nobody misses it."""

    def remove(self, path: str) -> None:
        """Remove a file: cameras tidy up old names. What is kept stays kept."""
        self._recent.forget(self._login, path)

    def rename(self, src: str, dst: str) -> None:
        """Rename a file. What that means for a photo is the session's to say."""
        self._recent.rename(self._login, src, dst)

    def chmod(self, path: str, mode: int) -> None:
        """Change rights; there are none."""

    def utime(self, path: str, timeval: float) -> None:
        """Change a time; it stays the one of arrival."""

    def lexists(self, path: str) -> bool:
        """Everything exists."""
        return True

    def isdir(self, path: str) -> bool:
        """Everything is a folder that is not a recent upload."""
        return not self.isfile(path)

    def isfile(self, path: str) -> bool:
        """Whether it was just uploaded."""
        return self._recent.find(self._login, path) is not None

    def islink(self, path: str) -> bool:
        """Nothing is a link."""
        return False

    def realpath(self, path: str) -> str:
        """The path itself."""
        return path

    def getsize(self, path: str) -> int:
        """Size of a recent upload, bytes."""
        return self._find(path).size_bytes

    def getmtime(self, path: str) -> float:
        """Time of a recent upload's arrival, seconds since 1970."""
        return self._find(path).modified_at

    def stat(self, path: str) -> os.stat_result:
        """A recent upload as a file."""
        upload = self._find(path)
        times = (int(upload.modified_at),) * 3
        return os.stat_result((stat.S_IFREG | 0o200, abs(hash(path)), 1, 1, 0, 0, upload.size_bytes, *times))

    lstat = stat

    def get_user_by_uid(self, uid: int) -> str:
        """Owner, as listings show it."""
        return "camera"

    get_group_by_gid = get_user_by_uid

    def _find(self, path: str) -> RecentUpload:
        upload = self._recent.find(self._login, path)
        if upload is None:
            raise FileNotFoundError(errno.ENOENT, "No such file", path)
        return upload

    @property
    def _recent(self) -> RecentUploads:
        recent: RecentUploads = self.cmd_channel.service.recent
        return recent

    @property
    def _login(self) -> str:
        name: Any = self.cmd_channel.username
        return str(name)
