"""Releases of models in an S3-compatible store, through the minio SDK: NAME/FILE, few and seldom read."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from typing import Final, TypeVar

import urllib3
from minio.error import MinioException, S3Error

from services.common.errors import PermanentError, TransientError
from services.common.settings import ModelStoreSettings
from services.common.store_client import store_client

_TIMEOUT_S: Final = 10.0
T = TypeVar("T")


class ReleaseStore:
    """One bucket, with the rights of one access key. Every method raises TransientError where the store is away or refuses us."""

    def __init__(self, settings: ModelStoreSettings) -> None:
        self._bucket = settings.bucket
        self._client = store_client(settings, _TIMEOUT_S)

    async def names(self) -> list[str]:
        """Names of all releases, complete or not."""

        def names() -> list[str]:
            found = self._client.list_objects(self._bucket)
            return sorted(item.object_name.rstrip("/") for item in found if item.is_dir and item.object_name)

        return await self._translated(names)

    async def get(self, release: str, file: str, max_bytes: int) -> bytes:
        """A file of a release.

        Args:
            release: its name.
            file: its name in the release.
            max_bytes: no more than these are ever read.

        Raises:
            PermanentError: it is not there, or larger.
        """

        def get() -> bytes:
            response = self._client.get_object(self._bucket, f"{release}/{file}")
            try:
                return response.read(max_bytes + 1)
            finally:
                response.close()

        data = await self._translated(get)
        if len(data) > max_bytes:
            raise PermanentError(f"{file} of the release {release} has more than {max_bytes} bytes")
        return data

    async def put(self, release: str, file: str, data: bytes) -> None:
        """Keep a file of a release; return once the store has it."""
        await self._translated(
            lambda: self._client.put_object(self._bucket, f"{release}/{file}", BytesIO(data), len(data))
        )

    async def _translated(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(call)
        except S3Error as error:
            if error.code == "NoSuchKey":
                raise PermanentError(f"{error.object_name or 'the file'} is not in the store of models") from error
            raise TransientError(f"the store of models answered {error.code}") from error
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            raise TransientError(f"the store of models is away: {type(error).__name__}") from error
