"""Look at every stream and consumer twice, and say what that says."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from services.common.streams import CONSUMERS, STREAMS, Consumer
from services.operate.domain.backlog import Line, Look, line
from services.operate.domain.findings import NotWorkingError
from services.operate.domain.streams import ConsumerFacts, StreamFacts


class StreamStates(Protocol):
    """Where the state of streams and consumers is asked for."""

    async def stream(self, name: str) -> StreamFacts | None:
        """A stream; None where it is not there.

        Raises:
            NotWorkingError: NATS is away.
        """
        ...

    async def consumer(self, stream: str, name: str) -> ConsumerFacts | None:
        """A consumer; None where it is not there.

        Raises:
            NotWorkingError: NATS is away.
        """
        ...


async def sample(
    states: StreamStates, apart_s: float, now: Callable[[], datetime], consumers: Sequence[Consumer] = CONSUMERS
) -> list[Line]:
    """How each consumer does, in the order of the flow.

    Args:
        states: of the streams.
        apart_s: time between the two looks, over 0.
        now: the time, UTC.
        consumers: that there are.

    Raises:
        NotWorkingError: NATS is away, or a stream or consumer is not there.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    before = await _look(states, consumers)
    await asyncio.sleep(apart_s)
    between_s = clock() - began
    after = await _look(states, consumers)
    return [line(one, other, between_s, now()) for one, other in zip(before, after, strict=True)]


async def _look(states: StreamStates, there_are: Sequence[Consumer]) -> list[Look]:
    looks = []
    for stream in STREAMS:
        facts = await states.stream(stream.name)
        if facts is None:
            raise NotWorkingError(f"The stream {stream.name} is not there.", "`facetally doctor` says what to do.")
        consumers = [consumer for consumer in there_are if consumer.stream == stream.name]
        for consumer in consumers:
            found = await states.consumer(stream.name, consumer.name)
            if found is None:
                raise NotWorkingError(
                    f"The consumer {consumer.name} is not there.", "`facetally doctor` says what to do."
                )
            looks.append(Look(facts, found))
        if not consumers:
            looks.append(Look(facts, None))
    return looks
