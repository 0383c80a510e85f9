"""API keys, from a JetStream key-value bucket, held in memory: requests are let in while NATS is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from services.common.kv_watch import KvWatch
from services.common.logging import get_logger
from services.common.messaging import MessageBus
from services.common.streams import API_KEYS_BUCKET
from services.faceapi.domain.keys import ApiKey, ApiKeyError, digest

_log = get_logger(__name__)


class KvApiKeys:
    """Keys by their digest, kept up to date for as long as the service runs."""

    def __init__(self, bus: MessageBus) -> None:
        self._watch = KvWatch(bus, API_KEYS_BUCKET, _read, self._read_all, self._replace)
        self._entries: dict[str, ApiKey] = {}
        self._keys: dict[bytes, ApiKey] = {}

    @classmethod
    @asynccontextmanager
    async def watching(cls, bus: MessageBus) -> AsyncIterator[Self]:
        """Keys that follow the bucket while the block runs; there may be none at first."""
        keys = cls(bus)
        async with keys._watch.following():
            yield keys

    def find(self, key: str) -> ApiKey | None:
        """What is known of a key; None where it is nobody's.

        How long it takes says nothing: whoever cannot choose digests learns nothing from how far two of them are alike.
        """
        return self._keys.get(digest(key))

    def __len__(self) -> int:
        """Keys known."""
        return len(self._keys)

    async def until_read(self) -> None:
        """Wait until all keys have been read once."""
        await self._watch.until_read()

    async def is_ready(self) -> bool:
        """Whether all keys have been read once, and are followed."""
        return await self._watch.is_ready()

    def _read_all(self, entries: dict[str, ApiKey]) -> None:
        self._entries = entries
        self._index()
        _log.info("api_keys_read", keys=len(entries))

    def _replace(self, before: ApiKey | None, after: ApiKey | None) -> None:
        self._index()

    def _index(self) -> None:
        """All anew: keys are few, and change seldom."""
        self._keys = {key.sha256: key for key in self._entries.values()}


def _read(name: str, value: bytes) -> ApiKey | None:
    try:
        return ApiKey.from_bytes(value)
    except ApiKeyError as error:
        _log.error("api_key_unreadable", name=name, error=str(error))
        return None
