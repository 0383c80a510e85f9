"""Prepare one server after the other; wait for those that are not up yet."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Protocol, TypeVar

from services.common.errors import TransientError
from services.common.streams import CONSUMERS, KEY_VALUE_BUCKETS, STREAMS, Consumer, Stream

_PAUSE_S = 0.5
T = TypeVar("T")


class StreamServer(Protocol):
    """Where the streams are made."""

    async def ensure_stream(self, stream: Stream) -> bool:
        """Make the stream or bring it up to date; whether anything was new."""
        ...

    async def ensure_consumer(self, consumer: Consumer) -> bool:
        """Make the durable consumer or bring it up to date; whether anything was new."""
        ...

    async def remove_answered(self, consumer: Consumer) -> bool:
        """Remove what the consumer has answered from a work queue, where the server has not; whether there was any."""
        ...

    async def ensure_bucket(self, name: str, history: int) -> bool:
        """Make the key-value bucket, which keeps so many values of a key; whether it was new."""
        ...


class PhotoBucket(Protocol):
    """Where photos are kept."""

    async def ensure(self) -> bool:
        """Make the bucket; whether it was new."""
        ...

    async def ensure_expiry(self, days: int | None) -> bool:
        """Let the store remove photos that old, or keep them where None; whether that was new."""
        ...


class OtherBucket(Protocol):
    """Where something else is kept, for good."""

    async def ensure(self) -> bool:
        """Make the bucket; whether it was new."""
        ...


class Database(Protocol):
    """Where results are kept."""

    async def ensure_role(self, name: str, password: str) -> None:
        """Make the role, and set its password."""
        ...

    async def migrate(self) -> list[str]:
        """Apply the migrations that are missing; their names."""
        ...


async def provision(
    streams: StreamServer,
    bucket: PhotoBucket,
    others: Mapping[str, OtherBucket],
    database: Database,
    passwords: dict[str, str],
    *,
    photos_kept_days: int | None,
    wait_s: float,
    report: Callable[[str], None],
) -> None:
    """Bring every server to what the services expect. Doing it again changes nothing.

    Args:
        streams: the JetStream server.
        bucket: the photo store's bucket.
        others: the buckets beside it, by what they are for.
        database: the results' database.
        passwords: by database role.
        photos_kept_days: after which the store removes photos; None: never.
        wait_s: how long each server may take to come up.
        report: told what was done, a line at a time.

    Raises:
        TransientError: a server is still away after `wait_s`.
    """
    await _provision_streams(streams, wait_s, report)
    if await _patiently(bucket.ensure, wait_s):
        report("photo bucket made")
    if await _patiently(partial(bucket.ensure_expiry, photos_kept_days), wait_s):
        report(f"photos are kept for {photos_kept_days} days" if photos_kept_days else "photos are kept for ever")
    for what, other in others.items():
        if await _patiently(other.ensure, wait_s):
            report(f"{what} bucket made")
    for role, password in passwords.items():
        await _patiently(partial(database.ensure_role, role, password), wait_s)
    for name in await _patiently(database.migrate, wait_s):
        report(f"schema: {name} applied")
    report("everything is as the services expect it")


async def _provision_streams(streams: StreamServer, wait_s: float, report: Callable[[str], None]) -> None:
    for stream in STREAMS:
        if await _patiently(partial(streams.ensure_stream, stream), wait_s):
            report(f"stream {stream.name} made")
    for consumer in CONSUMERS:
        if await _patiently(partial(streams.ensure_consumer, consumer), wait_s):
            report(f"consumer {consumer.name} of {consumer.stream} made")
        if await _patiently(partial(streams.remove_answered, consumer), wait_s):
            report(f"what {consumer.name} had answered is out of {consumer.stream}, too")
    for bucket, history in KEY_VALUE_BUCKETS.items():
        if await _patiently(partial(streams.ensure_bucket, bucket, history), wait_s):
            report(f"key-value bucket {bucket} made")


async def _patiently(step: Callable[[], Awaitable[T]], wait_s: float) -> T:
    deadline = asyncio.get_running_loop().time() + wait_s
    while True:
        try:
            return await step()
        except TransientError:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(_PAUSE_S)
