"""Data sets in an S3-compatible store, through the minio SDK: NAME/VERSION/FILE, added once and never changed."""

import asyncio
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import urllib3
from minio.error import MinioException, S3Error
from pydantic import ValidationError

from models.dataset.face import ManifestError
from models.dataset.manifest import ABOUT, FACES, About, read
from services.common.errors import TransientError
from services.common.settings import DatasetStoreSettings
from services.common.store_client import store_client
from services.labels.domain.faces import LabelsError

_TIMEOUT_S: Final = 60.0
_MOST_ABOUT_BYTES: Final = 100_000
T = TypeVar("T")


class DatasetShelf:
    """One bucket. Every method raises TransientError where the store is away or refuses us."""

    def __init__(self, settings: DatasetStoreSettings) -> None:
        self._bucket = settings.bucket
        self._client = store_client(settings, _TIMEOUT_S)

    async def add(self, folder: Path, about: About) -> bool:
        """Keep a data set; whether it is new. The version follows from the faces: one that is there already has these faces, and stays.

        Args:
            folder: of the data set.
            about: what it says of itself.
        """

        def add() -> bool:
            if self._about(about.name, about.version) is not None:
                return False
            # dataset.toml comes last: without it there is no data set.
            for file in (FACES, ABOUT):
                self._client.fput_object(self._bucket, f"{about.name}/{about.version}/{file}", str(folder / file))
            return True

        return await self._translated(add)

    async def all(self, name: str | None = None) -> list[About]:
        """All data sets, or those of a name, by name, the newest of each last.

        Raises:
            LabelsError: one is damaged.
        """

        def look() -> list[About]:
            items = self._client.list_objects(self._bucket, prefix=name and f"{name}/", recursive=True)
            found = (item.object_name or "" for item in items)
            keys = [key.split("/") for key in found if key.endswith(f"/{ABOUT}")]
            there = [self._about(*key[:2]) for key in keys if len(key) == 3]
            return sorted((about for about in there if about), key=lambda about: (about.name, about.made_at))

        return await self._translated(look)

    async def fetch(self, name: str, version: str | None, folder: Path) -> About:
        """Fetch a data set, and check that it is the one that was made.

        Args:
            name: of the data set.
            version: which one; None: the newest.
            folder: that is made; it must not be there.

        Raises:
            LabelsError: there is none, it was damaged, or the folder is there.
        """
        versions = [about for about in await self.all(name) if version in (None, about.version)]
        if not versions:
            raise LabelsError(f"there is no data set {name}" + (f" of the version {version}" if version else ""))
        about = versions[-1]
        await self._translated(lambda: self._fetch(about, folder))
        return about

    def _fetch(self, about: About, folder: Path) -> None:
        if folder.exists():
            raise LabelsError(f"{folder} is there already")
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for file in (FACES, ABOUT):
                self._client.fget_object(self._bucket, f"{about.name}/{about.version}/{file}", str(beside / file))
                (beside / file).chmod(0o440)
            # Not what the list said: what has been fetched.
            if read(beside).about != about:
                raise LabelsError(f"what lies there as {about.name} {about.version} is another data set")
            beside.chmod(0o750)
            beside.rename(folder)
        except BaseException as error:
            shutil.rmtree(beside)
            if isinstance(error, ManifestError):
                raise LabelsError(f"the data set is damaged in the store: {error}") from error
            raise

    def _about(self, name: str, version: str) -> About | None:
        try:
            response = self._client.get_object(self._bucket, f"{name}/{version}/{ABOUT}")
        except S3Error as error:
            if error.code == "NoSuchKey":
                return None
            raise
        try:
            about = About.model_validate(tomllib.loads(response.read(_MOST_ABOUT_BYTES).decode()))
        except (ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise LabelsError(f"{name}/{version}/{ABOUT} in the store is damaged") from error
        finally:
            response.close()
        if (about.name, about.version) != (name, version):
            raise LabelsError(f"what lies there as {name} {version} is {about.name} {about.version}")
        return about

    async def _translated(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(call)
        except S3Error as error:
            raise TransientError(f"the store of data sets answered {error.code}") from error
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise TransientError(f"the store of data sets is away: {type(error).__name__}") from error
