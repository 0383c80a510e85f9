"""Prepare one server after the other; wait for those that are not up yet."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Protocol, TypeVar

from services.common.errors import TransientError
from services.common.streams import SOURCED_STREAMS, STREAMS, Consumer, Stream
from services.provision.domain.site import Site

_PAUSE_S = 0.5
T = TypeVar("T")


class WrongDomainError(Exception):
    """NATS is in another JetStream domain than was said."""


class StreamServer(Protocol):
    """Where the streams are made."""

    async def domain(self) -> str:
        """Its JetStream domain; empty where it has none."""
        ...

    async def ensure_stream(self, stream: Stream) -> bool:
        """Make the stream or bring it up to date; whether anything was new."""
        ...

    async def ensure_sources(self, stream: Stream) -> bool:
        """Let the stream take in what the site's cells publish on theirs, and no others; whether that was new."""
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

    async def ensure_mirror(self, name: str, history: int) -> bool:
        """Make a mirror of headquarters' key-value bucket; whether it was new, or made anew."""
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
    """Where results are kept, at headquarters."""

    async def ensure_role(self, name: str, password: str) -> None:
        """Make the role, and set its password."""
        ...

    async def migrate(self) -> list[str]:
        """Apply the migrations that are missing; their names."""
        ...


async def provision(
    site: Site,
    streams: StreamServer,
    bucket: PhotoBucket,
    others: Mapping[str, OtherBucket],
    database: Database | None,
    passwords: Mapping[str, str],
    *,
    photos_kept_days: int | None,
    wait_s: float,
    report: Callable[[str], None],
) -> None:
    """Bring every server to what the services expect. Doing it again changes nothing.

    Args:
        site: what is provisioned.
        streams: its JetStream.
        bucket: the photo store's bucket.
        others: the buckets beside it, by what they are for.
        database: the results' database; None in a cell.
        passwords: by database role.
        photos_kept_days: after which the store removes photos; None: never.
        wait_s: how long each server may take to come up.
        report: told what was done, a line at a time.

    Raises:
        TransientError: a server is still away after `wait_s`.
        WrongDomainError: NATS is in another JetStream domain.
    """
    if await _patiently(bucket.ensure, wait_s):
        report("photo bucket made")
    if await _patiently(partial(bucket.ensure_expiry, photos_kept_days), wait_s):
        report(f"photos are kept for {photos_kept_days} days" if photos_kept_days else "photos are kept for ever")
    for what, other in others.items():
        if await _patiently(other.ensure, wait_s):
            report(f"{what} bucket made")
    # After the buckets: a cell whose headquarters is away waits for it here, and takes photos meanwhile.
    await provision_streams(site, streams, wait_s, report)
    if database:
        for role, password in passwords.items():
            await _patiently(partial(database.ensure_role, role, password), wait_s)
        for name in await _patiently(database.migrate, wait_s):
            report(f"schema: {name} applied")
    report("everything is as the services expect it")


async def provision_streams(site: Site, streams: StreamServer, wait_s: float, report: Callable[[str], None]) -> None:
    """Bring NATS to what the services expect.

    Raises:
        TransientError: it is still away after `wait_s`.
        WrongDomainError: it is in another JetStream domain.
    """
    if site.domain and (domain := await _patiently(streams.domain, wait_s)) != site.domain:
        raise WrongDomainError(f"NATS is in the JetStream domain {domain or 'of no name'}, and not in {site.domain}")
    await _provision_flow(site, streams, wait_s, report)
    for bucket, history in site.own_buckets.items():
        if await _patiently(partial(streams.ensure_bucket, bucket, history), wait_s):
            report(f"key-value bucket {bucket} made")
    for bucket, history in site.mirrored_buckets.items():
        if await _patiently(partial(streams.ensure_mirror, bucket, history), wait_s):
            report(f"mirror of {site.headquarters}'s key-value bucket {bucket} made")


async def _provision_flow(site: Site, streams: StreamServer, wait_s: float, report: Callable[[str], None]) -> None:
    for stream in STREAMS:
        if await _patiently(partial(streams.ensure_stream, stream), wait_s):
            report(f"stream {stream.name} made")
    for stream in SOURCED_STREAMS:
        if await _patiently(partial(streams.ensure_sources, stream), wait_s):
            report(f"stream {stream.name} takes in that of {', '.join(site.cells) or 'no cell'}")
    for consumer in site.consumers:
        if await _patiently(partial(streams.ensure_consumer, consumer), wait_s):
            report(f"consumer {consumer.name} of {consumer.stream} made")
        if await _patiently(partial(streams.remove_answered, consumer), wait_s):
            report(f"what {consumer.name} had answered is out of {consumer.stream}, too")


async def _patiently(step: Callable[[], Awaitable[T]], wait_s: float) -> T:
    deadline = asyncio.get_running_loop().time() + wait_s
    while True:
        try:
            return await step()
        except TransientError:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(_PAUSE_S)
