"""A key-value bucket of JetStream, for a command that reads or changes it and ends."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import nats.errors
import nats.js.errors
from nats.js.kv import KeyValue

from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.nats_client import NotConnectedError, connected_once
from services.common.settings import NatsSettings


@asynccontextmanager
async def opened_bucket(settings: NatsSettings, user: str, name: str) -> AsyncIterator[KeyValue]:
    """A bucket, for as long as the block runs.

    Args:
        settings: the connection.
        user: who connects.
        name: of the bucket.

    Raises:
        TransientError: nobody answers, the user is refused, or there is no such bucket.
    """
    try:
        async with connected_once(settings, user) as client:
            with translated(name):
                bucket = await MessageBus(client).jetstream.key_value(name)
            yield bucket
    except NotConnectedError as error:
        raise TransientError(
            f"NATS at {settings.url} refuses the user {settings.user}"
            if error.refused
            else f"nobody answers at {settings.url}"
        ) from error


@contextmanager
def translated(name: str) -> Iterator[None]:
    """What goes wrong with a bucket in the block, as a TransientError; what was to change may have changed."""
    try:
        yield
    except nats.js.errors.BucketNotFoundError as error:
        raise TransientError(f"NATS has no bucket {name} yet, which provision makes") from error
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise TransientError(f"NATS does not answer: {type(error).__name__}") from error
