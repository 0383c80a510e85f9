"""How far behind each consumer is, from two looks at it."""

from dataclasses import dataclass
from datetime import datetime

from services.operate.domain.streams import ConsumerFacts, StreamFacts


@dataclass(frozen=True, slots=True)
class Look:
    """A stream and its consumer at one moment; None where nobody consumes it."""

    stream: StreamFacts
    consumer: ConsumerFacts | None

    @property
    def left(self) -> int:
        """Messages that are not answered yet."""
        if self.consumer is None:
            return self.stream.messages
        return self.consumer.waiting + self.consumer.unanswered


@dataclass(frozen=True, slots=True)
class Line:
    """How one consumer does.

    Args:
        waiting: messages that it was not given yet.
        unanswered: that it was given, without an answer so far.
        redelivered: of these, given more than once.
        oldest_s: age of the oldest message that is not answered; None where there is none, or it is not known.
        answered_s: since when nothing more was answered; None where nothing ever was.
        bytes: that the stream holds.
        arriving_per_s: messages published.
        answered_per_s: messages answered.
        empty_in_s: when nothing will be left at this rate; None: never.
    """

    stream: str
    consumer: str | None
    waiting: int
    unanswered: int
    redelivered: int
    oldest_s: float | None
    answered_s: float | None
    bytes: int
    max_bytes: int
    arriving_per_s: float
    answered_per_s: float
    empty_in_s: float | None


def line(before: Look, after: Look, apart_s: float, now: datetime) -> Line:
    """What two looks at the same consumer say.

    Args:
        apart_s: time between them, over 0.
        now: of the second.
    """
    arriving = (after.stream.last_number - before.stream.last_number) / apart_s
    answered = max(arriving - (after.left - before.left) / apart_s, 0.0)
    shrinks = answered - arriving
    empty_in_s = 0.0 if not after.left else after.left / shrinks if shrinks > 0 else None
    consumer = after.consumer
    answered_at = consumer.answered_at if consumer else None
    return Line(
        stream=after.stream.name,
        consumer=consumer.name if consumer else None,
        waiting=consumer.waiting if consumer else after.stream.messages,
        unanswered=consumer.unanswered if consumer else 0,
        redelivered=consumer.redelivered if consumer else 0,
        oldest_s=_oldest_s(after, now),
        answered_s=max((now - answered_at).total_seconds(), 0.0) if answered_at else None,
        bytes=after.stream.bytes,
        max_bytes=after.stream.max_bytes,
        arriving_per_s=arriving,
        answered_per_s=answered,
        empty_in_s=empty_in_s,
    )


def _oldest_s(look: Look, now: datetime) -> float | None:
    """A stream that keeps what is answered does not say how old the first unanswered message is; to read it is not allowed."""
    stream, consumer = look.stream, look.consumer
    if not look.left or stream.first_at is None:
        return None
    if consumer and not stream.work_queue and consumer.answered_to >= stream.first_number:
        return None
    return max((now - stream.first_at).total_seconds(), 0.0)
