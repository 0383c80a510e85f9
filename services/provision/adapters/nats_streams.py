"""Streams, consumers and buckets in NATS JetStream."""

from collections.abc import Awaitable, Callable
from functools import partial
from time import time_ns
from typing import TypeVar

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    ExternalStream,
    KeyValueConfig,
    RetentionPolicy,
    StorageType,
    StreamInfo,
    StreamSource,
)
from nats.js.api import StreamConfig as Config

from services.common.errors import TransientError
from services.common.streams import ACK_WAIT_S, DUPLICATE_WINDOW_S, SOURCED_STREAMS, Consumer, Stream
from services.provision.domain.nats_rights import api_prefix, subjects_from, subjects_to
from services.provision.domain.site import ALONE, Site

T = TypeVar("T")


class NatsStreams:
    """The JetStream of one server or cluster, as its administrator.

    Args:
        jetstream: a context with the right to make streams.
        site: what it is to others.
        replicas: copies of each stream; 3 on a cluster of three.
        headquarters: in a cell, a context that asks headquarters' JetStream, over the link.
    """

    def __init__(
        self,
        jetstream: JetStreamContext,
        site: Site = ALONE,
        replicas: int = 1,
        headquarters: JetStreamContext | None = None,
    ) -> None:
        self._jetstream = jetstream
        self._site = site
        self._replicas = replicas
        self._headquarters = headquarters

    async def domain(self) -> str:
        """Its JetStream domain; empty where it has none."""
        return (await _translated(self._jetstream.account_info)).domain or ""

    async def ensure_stream(self, stream: Stream) -> bool:
        """Make the stream or bring it up to date; whether it was new."""
        there = await self._info(stream.name)
        config = Config(
            name=stream.name,
            subjects=list(stream.subjects),
            retention=RetentionPolicy.WORK_QUEUE if stream.work_queue else RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            # Full means full: whoever publishes is told, and slows down. Nothing old is thrown away to make room.
            discard=DiscardPolicy.NEW,
            max_bytes=stream.max_bytes,
            max_age=stream.max_age_s or 0,
            duplicate_window=DUPLICATE_WINDOW_S,
            num_replicas=self._replicas,
            first_seq=there.config.first_seq if there else self._first_number(stream),
            sources=there.config.sources if there else None,
        )
        await _translated(self._jetstream.update_stream if there else self._jetstream.add_stream, config)
        return there is None

    def _first_number(self, stream: Stream) -> int | None:
        """Where a stream that headquarters sources begins: later than any other that ever had its name.

        Headquarters asks a cell for what comes after the last number that it has. Where the cell has lost its disk, all that is new must
        come after that. A cell that gives less than a message a millisecond never catches up with the clock.
        """
        return time_ns() // 1_000_000 if self._site.headquarters and stream in SOURCED_STREAMS else None

    async def ensure_sources(self, stream: Stream) -> bool:
        """Let the stream take in what the site's cells publish on theirs, and no others; whether that was new."""
        config = (await _translated(self._jetstream.stream_info, stream.name)).config
        there = {source.external.api for source in config.sources or () if source.external}
        wanted = [
            StreamSource(
                name=stream.name,
                # Without it a stream that has lost its first messages to age would take no more than what the cell publishes from now on.
                opt_start_seq=1,
                external=ExternalStream(api=api_prefix(cell), deliver=subjects_from(cell)),
            )
            for cell in self._site.cells
        ]
        if there == {api_prefix(cell) for cell in self._site.cells}:
            return False
        await _translated(self._jetstream.update_stream, config.evolve(sources=wanted))
        return True

    async def ensure_consumer(self, consumer: Consumer) -> bool:
        """Make the durable consumer or bring it up to date; whether it was new."""
        config = ConsumerConfig(
            durable_name=consumer.name,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            # The inbox decides when enough is enough: it moves the message to the dead letters, the server would
            # only stop delivering it.
            max_deliver=-1,
            max_ack_pending=consumer.max_unanswered,
        )
        there = await _answer(self._jetstream.consumer_info(consumer.stream, consumer.name))
        await _translated(self._jetstream.add_consumer, consumer.stream, config)
        return there is None

    async def remove_answered(self, consumer: Consumer) -> bool:
        """Remove what the consumer has answered from a work queue, where the server has not; whether there was any.

        A server that was killed may remember an answer and forget that the message has gone for it: nobody is given that message
        again, and it would take room for ever.
        """
        stream = await _translated(self._jetstream.stream_info, consumer.stream)
        if stream.config.retention != RetentionPolicy.WORK_QUEUE:
            return False
        info = await _translated(self._jetstream.consumer_info, consumer.stream, consumer.name)
        answered_to = info.ack_floor.stream_seq if info.ack_floor else 0
        if not stream.state.messages or stream.state.first_seq > answered_to:
            return False
        await _translated(partial(self._jetstream.purge_stream, seq=answered_to + 1), consumer.stream)
        return True

    async def ensure_bucket(self, name: str, history: int) -> bool:
        """Make the key-value bucket, which keeps so many values of a key; whether it was new."""
        there = await self._info(f"KV_{name}")
        if there:
            await self._ensure_replicas(there.config)
            return False
        await _translated(
            self._jetstream.create_key_value,
            KeyValueConfig(bucket=name, history=history, storage=StorageType.FILE, replicas=self._replicas),
        )
        return True

    async def ensure_mirror(self, name: str, history: int) -> bool:
        """Make a mirror of headquarters' key-value bucket; whether it was new, or made anew.

        Raises:
            TransientError: there is a bucket of that name which is no mirror, and headquarters does not answer: better an old one than
                none.
        """
        stream = f"KV_{name}"
        there = await self._info(stream)
        if there and not await self._must_be_made_anew(there):
            await self._ensure_replicas(there.config)
            return False
        if there:
            await _translated(self._jetstream.delete_stream, stream)
        origin = ExternalStream(api=api_prefix(self._site.headquarters), deliver=subjects_to(self._site.domain))
        config = Config(
            name=stream,
            mirror=StreamSource(name=stream, external=origin),
            max_msgs_per_subject=history,
            storage=StorageType.FILE,
            num_replicas=self._replicas,
            allow_direct=True,
        )
        await _translated(self._jetstream.add_stream, config)
        return True

    async def _must_be_made_anew(self, there: StreamInfo) -> bool:
        """Whether this is no mirror, or one of a bucket that is not there any more: it would wait for numbers that are long past."""
        origin = await self._origin(str(there.config.name))
        if there.config.mirror is None:
            if origin is None:
                raise TransientError(f"{self._site.headquarters} does not answer: {there.config.name} stays as it is")
            return True
        if origin is None or origin.created is None or there.created is None:
            return False
        return origin.created > there.created or origin.state.last_seq < there.state.last_seq

    async def _origin(self, stream: str) -> StreamInfo | None:
        """Headquarters' stream; None where nobody answers."""
        if self._headquarters is None:
            return None
        try:
            return await self._headquarters.stream_info(stream)
        except (nats.errors.Error, TimeoutError):
            return None

    async def _ensure_replicas(self, config: Config) -> None:
        if config.num_replicas != self._replicas:
            await _translated(self._jetstream.update_stream, config.evolve(num_replicas=self._replicas))

    async def _info(self, stream: str) -> StreamInfo | None:
        """A stream; None where it is not there."""
        return await _answer(self._jetstream.stream_info(stream))


async def _answer(question: Awaitable[T]) -> T | None:
    """What is asked about; None where it is not there."""
    try:
        return await question
    except nats.js.errors.NotFoundError:
        return None
    except (nats.errors.Error, TimeoutError) as error:
        raise TransientError(f"NATS is away: {type(error).__name__}") from error


async def _translated(call: Callable[..., Awaitable[T]], *arguments: object) -> T:
    try:
        return await call(*arguments)
    except (nats.js.errors.ServiceUnavailableError, nats.errors.NoRespondersError, TimeoutError) as error:
        raise TransientError(f"NATS is away: {type(error).__name__}") from error
