"""Releases in the store of models: added once, whole, and never changed."""

import asyncio
import hashlib
import re
from pathlib import Path

from models.release import (
    MAX_RELEASE_FILE_BYTES,
    NAME_PATTERN,
    RELEASE_FILE,
    ReleaseError,
    check,
    check_file,
    parse,
    read,
)
from models.release import Release as Manifest
from services.common.errors import PermanentError
from services.common.release_store import ReleaseStore
from services.rollout.domain import Figure, Release, RolloutError


class ReleaseShelf:
    """The store. Every method raises TransientError where it is away."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store

    async def releases(self) -> dict[str, Release | None]:
        """All releases by name; None for one whose files have not all arrived."""
        found: dict[str, Release | None] = {}
        for name in await self._store.names():
            try:
                found[name] = await self.read(name)
            except RolloutError:
                found[name] = None
        return found

    async def read(self, name: str) -> Release:
        """A release.

        Raises:
            RolloutError: there is none of this name.
        """
        return _known(*await self._manifest(name))

    async def check(self, release: Release) -> None:
        """See that all of its files are there, as they were released.

        Raises:
            RolloutError: one is not.
        """
        manifest, _ = await self._manifest(release.name)
        for file in manifest.files:
            try:
                check_file(file, await self._store.get(release.name, file.path, file.size_bytes))
            except (PermanentError, ReleaseError) as error:
                raise RolloutError(f"the release {release.name} is damaged in the store: {error}") from error

    async def add(self, folder: Path) -> tuple[Release, bool]:
        """Keep a release; which one, and whether it is new.

        Args:
            folder: of the release.

        Raises:
            RolloutError: it is none, or there is another one of its name.
        """
        try:
            manifest, sha256 = await asyncio.to_thread(read, folder)
            await asyncio.to_thread(check, folder, manifest)
        except ReleaseError as error:
            raise RolloutError(f"{folder} is no release: {error}") from error
        release = _known(manifest, bytes.fromhex(sha256))
        try:
            there = await self.read(release.name)
        except RolloutError:
            there = None
        if there is not None:
            if there.sha256 != release.sha256:
                raise RolloutError(
                    f"there is another release {release.name}; a release never changes: give it another name"
                )
            try:
                await self.check(there)
            except RolloutError:  # a store forgets: its files are put there again
                pass
            else:
                return release, False
        # release.toml comes last: without it there is no release.
        for file in (*(file.path for file in manifest.files), RELEASE_FILE):
            await self._store.put(release.name, file, await asyncio.to_thread((folder / file).read_bytes))
        return release, True

    async def _manifest(self, name: str) -> tuple[Manifest, bytes]:
        if not re.fullmatch(NAME_PATTERN, name):
            raise RolloutError(f"there is no release {name}")
        try:
            text = await self._store.get(name, RELEASE_FILE, MAX_RELEASE_FILE_BYTES)
        except PermanentError as error:
            raise RolloutError(f"there is no release {name}") from error
        try:
            manifest = parse(text)
        except ReleaseError as error:
            raise RolloutError(f"the release {name} cannot be read: {error}") from error
        if manifest.name != name:
            raise RolloutError(f"what lies there as {name} is the release {manifest.name}")
        return manifest, hashlib.sha256(text).digest()


def _known(manifest: Manifest, sha256: bytes) -> Release:
    return Release(
        name=manifest.name,
        sha256=sha256,
        kind=manifest.kind,
        made_at=manifest.made_at,
        made_from=manifest.made_from,
        nets=manifest.nets,
        figures=tuple(Figure(figure.data, figure.measure, figure.value) for figure in manifest.figures),
        size_bytes=sum(file.size_bytes for file in manifest.files),
    )
