"""What each login has just uploaded, by name, size and time: cameras look whether it arrived. Names only, no photo."""

from collections import OrderedDict
from dataclasses import dataclass

_MAX_LOGINS = 20_000
_MAX_FILES = 16
_MAX_PATH_LETTERS = 512


@dataclass(frozen=True, slots=True)
class RecentUpload:
    """One upload that was accepted.

    Args:
        modified_at: seconds since 1970.
    """

    size_bytes: int
    modified_at: float


class RecentUploads:
    """The last few uploads of each login."""

    def __init__(self) -> None:
        self._logins: OrderedDict[str, OrderedDict[str, RecentUpload]] = OrderedDict()

    def remember(self, login: str, path: str, upload: RecentUpload) -> None:
        """Show an upload from now on, and forget the oldest where there are too many."""
        if len(path) > _MAX_PATH_LETTERS:
            return
        files = self._logins.setdefault(login, OrderedDict())
        self._logins.move_to_end(login)
        files[path] = upload
        files.move_to_end(path)
        if len(files) > _MAX_FILES:
            files.popitem(last=False)
        if len(self._logins) > _MAX_LOGINS:
            self._logins.popitem(last=False)

    def find(self, login: str, path: str) -> RecentUpload | None:
        """The upload of this name."""
        return self._files(login).get(path)

    def names_in(self, login: str, folder: str) -> list[str]:
        """Names of the uploads in a folder."""
        start = folder.rstrip("/") + "/"
        return [
            path.removeprefix(start)
            for path in self._files(login)
            if path.startswith(start) and "/" not in path[len(start) :]
        ]

    def rename(self, login: str, before: str, after: str) -> None:
        """Show an upload under another name."""
        if upload := self._files(login).pop(before, None):
            self.remember(login, after, upload)

    def forget(self, login: str, path: str) -> None:
        """Show an upload no longer."""
        self._files(login).pop(path, None)

    def _files(self, login: str) -> OrderedDict[str, RecentUpload]:
        return self._logins.get(login) or OrderedDict()
