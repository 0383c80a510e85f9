"""How much waits for a consumer, as metrics: the service that reads a stream asks the server about it now and then."""

import asyncio
from math import nan

import nats.errors
from nats.js import JetStreamContext
from prometheus_client import Gauge

from services.common.logging import get_logger
from services.common.streams import DEAD_STREAM, Consumer

_log = get_logger(__name__)
_EVERY_S = 15.0

WAITING = Gauge(
    "facetally_consumer_waiting_messages",
    "Messages that the consumer has not been given yet; NaN: not known",
    ["consumer"],
)
UNANSWERED = Gauge(
    "facetally_consumer_unanswered_messages", "Messages given and not answered yet; NaN: not known", ["consumer"]
)
DEAD_LETTERS = Gauge("facetally_dead_letters", "Dead letters of the consumer that wait; NaN: not known", ["consumer"])
STREAM_BYTES = Gauge("facetally_stream_bytes", "Bytes that the stream takes; NaN: not known", ["stream"])
STREAM_MAX_BYTES = Gauge("facetally_stream_max_bytes", "Bytes at which the stream is full; NaN: not known", ["stream"])


class Backlog:
    """What waits for one durable consumer, and how full the streams are that it reads from and buries in.

    Args:
        jetstream: as a user who may ask about both streams and the consumer.
        consumer: every replica that reads as this consumer says the same of it.
    """

    def __init__(self, jetstream: JetStreamContext, consumer: Consumer) -> None:
        self._jetstream = jetstream
        self._consumer = consumer

    async def watch(self) -> None:
        """Look every 15 seconds, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Set the gauges. Where the server does not answer they say that nothing is known, rather than what was."""
        name = self._consumer.name
        try:
            consumer = await self._jetstream.consumer_info(self._consumer.stream, name)
            stream = await self._jetstream.stream_info(self._consumer.stream)
            dead = await self._jetstream.stream_info(DEAD_STREAM, subjects_filter=f"dead.{name}")
        except (nats.errors.Error, TimeoutError, OSError) as error:
            _log.warning("backlog_unknown", consumer=name, error=type(error).__name__)
            for gauge in (WAITING, UNANSWERED, DEAD_LETTERS):
                gauge.labels(name).set(nan)
            for gauge in (STREAM_BYTES, STREAM_MAX_BYTES):
                gauge.labels(self._consumer.stream).set(nan)
                gauge.labels(DEAD_STREAM).set(nan)
            return
        WAITING.labels(name).set(consumer.num_pending or 0)
        UNANSWERED.labels(name).set(consumer.num_ack_pending or 0)
        DEAD_LETTERS.labels(name).set(sum((dead.state.subjects or {}).values()))
        for found in (stream, dead):
            STREAM_BYTES.labels(found.config.name).set(found.state.bytes)
            STREAM_MAX_BYTES.labels(found.config.name).set(found.config.max_bytes or nan)
