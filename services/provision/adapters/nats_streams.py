"""Streams, consumers and buckets in NATS JetStream."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, KeyValueConfig, RetentionPolicy, StorageType
from nats.js.api import StreamConfig as Config

from services.common.errors import TransientError
from services.common.streams import ACK_WAIT_S, DUPLICATE_WINDOW_S, Consumer, Stream

T = TypeVar("T")


class NatsStreams:
    """The JetStream of one server or cluster, as its administrator.

    Args:
        jetstream: a context with the right to make streams.
        replicas: copies of each stream; 3 on a cluster of three.
    """

    def __init__(self, jetstream: JetStreamContext, replicas: int = 1) -> None:
        self._jetstream = jetstream
        self._replicas = replicas

    async def ensure_stream(self, stream: Stream) -> bool:
        """Make the stream or bring it up to date; whether it was new."""
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
        )
        if await self._found(self._jetstream.stream_info(stream.name)):
            await _translated(self._jetstream.update_stream, config)
            return False
        await _translated(self._jetstream.add_stream, config)
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
        was_there = await self._found(self._jetstream.consumer_info(consumer.stream, consumer.name))
        await _translated(self._jetstream.add_consumer, consumer.stream, config)
        return not was_there

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
        if await self._found(self._jetstream.stream_info(f"KV_{name}")):
            return False
        await _translated(
            self._jetstream.create_key_value,
            KeyValueConfig(bucket=name, history=history, storage=StorageType.FILE, replicas=self._replicas),
        )
        return True

    @staticmethod
    async def _found(question: Awaitable[object]) -> bool:
        try:
            await question
        except nats.js.errors.NotFoundError:
            return False
        except (nats.errors.Error, TimeoutError) as error:
            raise TransientError(f"NATS is away: {type(error).__name__}") from error
        return True


async def _translated(call: Callable[..., Awaitable[T]], *arguments: object) -> T:
    try:
        return await call(*arguments)
    except (nats.js.errors.ServiceUnavailableError, nats.errors.NoRespondersError, TimeoutError) as error:
        raise TransientError(f"NATS is away: {type(error).__name__}") from error
