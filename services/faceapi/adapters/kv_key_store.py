"""The API keys, in the JetStream key-value bucket that every face API watches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import nats.errors
import nats.js.errors
from nats.js.kv import KeyValue

from services.common.kv_bucket import opened_bucket, translated
from services.common.kv_watch import read_bucket
from services.common.settings import NatsSettings
from services.common.streams import API_KEYS_BUCKET
from services.faceapi.domain.keys import ApiKey, ApiKeyError, check_name


class KvKeyStore:
    """The bucket API_KEYS. Every method raises TransientError where NATS does not answer; what was to change may have changed."""

    def __init__(self, bucket: KeyValue) -> None:
        self._bucket = bucket

    @classmethod
    @asynccontextmanager
    async def connect(cls, settings: NatsSettings) -> AsyncIterator[Self]:
        """Connect for as long as the block runs.

        Raises:
            TransientError: nobody answers, the user is refused, or there is no such bucket.
        """
        async with opened_bucket(settings, "keys", API_KEYS_BUCKET) as bucket:
            yield cls(bucket)

    async def keys(self) -> dict[str, ApiKey | None]:
        """All keys by name, in their names' order; None for an entry that cannot be read."""
        with translated(API_KEYS_BUCKET):
            entries = await read_bucket(self._bucket)
        return {name: _read(value) for name, value in sorted(entries.items())}

    async def add(self, key: ApiKey) -> None:
        """Keep a key.

        Raises:
            ApiKeyError: there is one of this name.
        """
        with translated(API_KEYS_BUCKET):
            try:
                await self._bucket.create(key.name, key.to_bytes())
            except nats.js.errors.KeyWrongLastSequenceError as error:
                raise ApiKeyError(f"there is a key {key.name} already") from error

    async def add_once(self, key: ApiKey) -> bool:
        """Keep a key, unless there is or ever was one of this name; whether it is kept now.

        A name that was removed has a mark in the bucket, and stays removed.
        """
        with translated(API_KEYS_BUCKET):
            try:
                await self._bucket.update(key.name, key.to_bytes(), last=0)
            except nats.js.errors.KeyWrongLastSequenceError:
                return False
            return True

    async def remove(self, name: str) -> None:
        """Remove a key, its digest included.

        Raises:
            ApiKeyError: there is none of this name.
        """
        check_name(name)
        with translated(API_KEYS_BUCKET):
            try:
                await self._bucket.get(name)
            except nats.js.errors.KeyNotFoundError as error:
                raise ApiKeyError(f"there is no key {name}") from error
            await self._bucket.delete(name)


def _read(value: bytes) -> ApiKey | None:
    try:
        return ApiKey.from_bytes(value)
    except ApiKeyError:
        return None
