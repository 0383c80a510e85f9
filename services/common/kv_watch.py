"""What a JetStream key-value bucket says, followed: whoever holds it in memory needs no NATS to look it up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Self, TypeVar

import nats.errors
import nats.js.errors
from nats.js.kv import KV_DEL, KV_PURGE, KeyValue

from services.common.logging import get_logger
from services.common.messaging import MessageBus

_log = get_logger(__name__)
_LOOK_AGAIN_S = 2.0
# How long a quiet bucket may have been made anew without anybody noticing.
_LOOK_AT_BUCKET_S = 30.0
T = TypeVar("T")


class KvWatch(Generic[T]):
    """Follows one bucket.

    Args:
        bus: the connection.
        bucket: its name.
        read: what an entry says, by its key and value; None where it cannot be read, which must not stop the others.
        read_all: told all entries by key, once they have been read, and again after each new connection. The mapping lives on.
        replace: told what an entry said before and what it says now, at each change; None for an entry that is not there.
    """

    def __init__(
        self,
        bus: MessageBus,
        bucket: str,
        read: Callable[[str, bytes], T | None],
        read_all: Callable[[dict[str, T]], None],
        replace: Callable[[T | None, T | None], None],
    ) -> None:
        self._bus = bus
        self._bucket = bucket
        self._read = read
        self._read_all = read_all
        self._replace = replace
        self._complete = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the bucket while the block runs; nothing may have been read when it begins."""
        self._following = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def until_read(self) -> None:
        """Wait until all entries have been read once."""
        await self._complete.wait()

    async def is_ready(self) -> bool:
        """Whether all entries have been read once, and nothing but the connection keeps their changes from us."""
        return self._complete.is_set() and self._following is not None and not self._following.done()

    async def _watch(self) -> None:
        while True:
            try:
                await self._follow(await self._bus.jetstream.key_value(self._bucket))
            except (nats.errors.Error, TimeoutError, OSError) as error:
                _log.warning("bucket_away", bucket=self._bucket, error=type(error).__name__)
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _follow(self, bucket: KeyValue) -> None:
        """Read all entries, then their changes, until the connection or the bucket has been a new one.

        A watch does not outlive its server, and nobody says so: after a reconnect everything is read again. Nor does it outlive its
        bucket: a cell's mirror is made anew when that of headquarters was.
        """
        connection = self._bus.connections
        clock = asyncio.get_running_loop().time
        telling, looked_at = await _Telling.of(bucket), clock()
        watcher = await bucket.watchall()
        entries: dict[str, T] = {}
        reading = True
        try:
            while self._bus.connections == connection:
                if reading and telling.is_whole:  # from here on these are changes
                    reading = False
                    self._read_all(entries)
                    self._complete.set()
                try:
                    entry = await watcher.updates(timeout=_LOOK_AGAIN_S)
                except (nats.errors.TimeoutError, TimeoutError):
                    telling.has_paused()
                    if clock() - looked_at >= _LOOK_AT_BUCKET_S:
                        if not await telling.is_of(bucket):
                            _log.info("bucket_made_anew", bucket=self._bucket)
                            return
                        looked_at = clock()
                    continue
                telling.has_said(entry)
                if entry is None:
                    continue
                before, after = entries.get(entry.key), None
                if entry.operation in (KV_DEL, KV_PURGE):
                    entries.pop(entry.key, None)
                else:
                    after = self._read(entry.key, entry.value or b"")
                    if after is None:  # what was known of it stays
                        continue
                    entries[entry.key] = after
                if not reading:
                    self._replace(before, after)
        finally:
            await watcher.stop()


async def read_bucket(bucket: KeyValue) -> dict[str, bytes]:
    """Every entry as it is now.

    Raises:
        nats.errors.Error, TimeoutError: NATS does not answer.
    """
    telling = await _Telling.of(bucket)
    watcher = await bucket.watchall()
    entries: dict[str, bytes] = {}
    try:
        while not telling.is_whole:
            try:
                entry = await watcher.updates(timeout=_LOOK_AGAIN_S)
            except (nats.errors.TimeoutError, TimeoutError):
                if not telling.said_all:
                    raise
                telling.has_paused()
                continue
            telling.has_said(entry)
            if entry is None:
                continue
            if entry.operation in (KV_DEL, KV_PURGE):
                entries.pop(entry.key, None)
            else:
                entries[entry.key] = entry.value or b""
    finally:
        await watcher.stop()
    return entries


@dataclass(slots=True)
class _Telling:
    """How far a watch has told what there was when it began.

    The library says that this was all when the server has sent it, and it may not have come yet: what was the newest before
    must have. Where nothing comes any more it was taken away meanwhile.

    Args:
        newest: revision of what was the newest.
        made_at: when the bucket was made.
        said_all: the library has said so.
        seen: the newest revision that has come.
    """

    newest: int
    made_at: datetime | None = None
    said_all: bool = False
    seen: int = 0

    @classmethod
    async def of(cls, bucket: KeyValue) -> Self:
        """Before a watch begins."""
        info = (await bucket.status()).stream_info
        return cls(info.state.last_seq if info.state.messages else 0, info.created)

    async def is_of(self, bucket: KeyValue) -> bool:
        """Whether the bucket is still the same one, as far as anybody knows."""
        try:
            return (await bucket.status()).stream_info.created == self.made_at
        except nats.js.errors.NotFoundError:
            return False
        except (nats.errors.Error, TimeoutError, OSError):
            return True

    @property
    def is_whole(self) -> bool:
        """Whether all of it has been told."""
        return self.said_all and self.seen >= self.newest

    def has_said(self, entry: KeyValue.Entry | None) -> None:
        """Take in what the watch says; None: that this was all."""
        if entry is None:
            self.said_all = True
        else:
            self.seen = max(self.seen, entry.revision or 0)

    def has_paused(self) -> None:
        """Nothing has come for a while."""
        self.newest = 0
