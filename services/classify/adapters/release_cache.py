"""Releases of models on this machine's disk: fetched once, file by file as their digests say, and never half."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from time import time
from typing import Final

from models.release import MAX_RELEASE_FILE_BYTES, RELEASE_FILE, ReleaseError, check, check_file, parse, read
from services.common.errors import PermanentError
from services.common.model_choice import ReleaseId
from services.common.release_store import ReleaseStore

# The one in service, the one before, a canary, a shadow, and one more: processes of a machine may share the folder.
_KEPT: Final = 5
_DRAFT: Final = "draft-"
# What was being fetched longer ago than this was being fetched by a process that died.
_DEAD_AFTER_S: Final = 3600.0


class ReleaseCache:
    """A folder of releases, each under its digest.

    Args:
        store: where they come from.
        folder: it is made where it is not there.
    """

    def __init__(self, store: ReleaseStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        # A release may be on trial in two ways at once: one fetches it, and the other finds it.
        self._one_at_a_time = asyncio.Lock()

    async def fetch(self, release: ReleaseId) -> Path:
        """The folder of a release, all of its files checked.

        Raises:
            ReleaseError: what the store has is not this release.
            TransientError: the store is away, and the release is not here.
        """
        target = self._folder / release.sha256.hex()
        async with self._one_at_a_time:
            if not await asyncio.to_thread(_is_here, target, release):
                await self._fetch(release, target)
            await asyncio.to_thread(_used, target)
        return target

    async def _fetch(self, release: ReleaseId, target: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self._folder))
        try:
            text = await self._get(release, RELEASE_FILE, MAX_RELEASE_FILE_BYTES)
            if hashlib.sha256(text).digest() != release.sha256:
                raise ReleaseError("damaged", f"{RELEASE_FILE} is not the one that was promoted")
            told = parse(text)
            if told.name != release.name:
                raise ReleaseError("damaged", f"it is the release {told.name}")
            (draft / RELEASE_FILE).write_bytes(text)
            for file in told.files:
                data = await self._get(release, file.path, file.size_bytes)
                check_file(file, data)
                await asyncio.to_thread((draft / file.path).write_bytes, data)
            await asyncio.to_thread(_move, draft, target, release)
        finally:
            await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)

    async def _get(self, release: ReleaseId, file: str, max_bytes: int) -> bytes:
        try:
            return await self._store.get(release.name, file, max_bytes)
        except PermanentError as error:
            raise ReleaseError("damaged", str(error)) from error


def _is_here(target: Path, release: ReleaseId) -> bool:
    if not target.is_dir():
        return False
    try:
        told, sha256 = read(target)
        check(target, told)
    except ReleaseError:
        return False  # a disk forgets; it is fetched again
    return (told.name, sha256) == (release.name, release.sha256.hex())


def _move(draft: Path, target: Path, release: ReleaseId) -> None:
    """Put a draft in its place, one process at a time: what is whole there may be being loaded, and stays."""
    lock = os.open(target.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_here(target, release):
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
    finally:
        os.close(lock)


def _used(target: Path) -> None:
    """Note that a release was used, and remove those that were not for the longest time."""
    os.utime(target)
    folders = [path for path in target.parent.iterdir() if path.is_dir()]
    drafts = [path for path in folders if path.name.startswith(_DRAFT)]
    kept = sorted((path for path in folders if path not in drafts), key=_age_s)[:_KEPT]
    for path in folders:
        if path not in kept and (path not in drafts or _age_s(path) > _DEAD_AFTER_S):
            shutil.rmtree(path, ignore_errors=True)


def _age_s(path: Path) -> float:
    try:
        return time() - path.stat().st_mtime
    except FileNotFoundError:  # somebody else has removed it
        return float("inf")
