"""Work through the messages of one durable consumer: at least once, never for ever, always answered.

- It worked: acknowledged, after the handler has made its own output durable.
- `TransientError`: the message is held, the server is told that work goes on, and the handler is called again, with a
  growing pause. An outage costs no delivery attempts, and stops the fetching by itself.
- `PermanentError`: moved to the dead letters, with the reason.
- Anything else is a bug, or a death of the process: delivered again, up to `MAX_ATTEMPTS` times, then a dead letter.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import nats.errors
import nats.js.errors
from google.protobuf.message import DecodeError
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from prometheus_client import Counter, Histogram

from services.common.backlog import Backlog
from services.common.errors import PermanentError, TransientError
from services.common.logging import get_logger
from services.common.streams import ACK_WAIT_S, MAX_ATTEMPTS, Consumer

_log = get_logger(__name__)
_FETCH_TIMEOUT_S = 1.0
_HEARTBEAT_S = ACK_WAIT_S / 3
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 15.0
_BUG_PAUSE_S = 1.0

MESSAGES = Counter(
    "facetally_messages_total",
    "Messages answered, by consumer and outcome: acknowledged, returned, dead",
    ["consumer", "outcome"],
)
HANDLING_SECONDS = Histogram(
    "facetally_message_handling_seconds",
    "Time from a message's delivery to its answer, retries included",
    ["consumer"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120),
)
RETRIES = Counter(
    "facetally_retries_total", "Calls of a handler that failed because a dependency was away", ["consumer"]
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as a handler sees it."""

    subject: str
    body: bytes


Handler = Callable[[Sequence[Delivery]], Awaitable[None]]
PublishBytes = Callable[[str, bytes, dict[str, str]], Awaitable[int]]


class Inbox:
    """The messages waiting for one durable consumer."""

    def __init__(
        self,
        subscription: JetStreamContext.PullSubscription,
        consumer: Consumer,
        publish: PublishBytes,
        backlog: Backlog,
    ) -> None:
        self._subscription = subscription
        self._consumer = consumer
        self._publish = publish
        self._backlog = backlog

    async def run(
        self,
        handle: Handler,
        *,
        stopping: asyncio.Event,
        batches_in_flight: int,
        max_batch: int = 1,
        pace_s: float = 0.0,
    ) -> None:
        """Fetch and handle until `stopping` is set, then finish what is in flight.

        Args:
            handle: gets 1 to `max_batch` deliveries, and returns once their output is durable.
            batches_in_flight: how many calls of `handle` may run at once; no more than these are ever fetched.
            pace_s: least time between two batches. What comes meanwhile is one: under load, few large ones cost less.
        """
        clock = asyncio.get_running_loop().time
        not_before = clock()
        slots = asyncio.Semaphore(batches_in_flight)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._backlog.watch())
            while not stopping.is_set():
                await slots.acquire()
                await _set_within(stopping, not_before - clock())
                batch = await self._fetch(max_batch)
                not_before = clock() + pace_s
                if not batch:
                    slots.release()
                    continue
                task = tasks.create_task(self._work(batch, handle, stopping))
                task.add_done_callback(lambda _: slots.release())
            watching.cancel()

    async def _fetch(self, max_batch: int) -> list[Msg]:
        try:
            return await self._subscription.fetch(max_batch, timeout=_FETCH_TIMEOUT_S)
        except TimeoutError:  # nats.errors.TimeoutError is one: nothing is waiting
            return []
        except (nats.errors.Error, OSError) as error:
            _log.warning("fetch_failed", consumer=self._consumer.name, error=type(error).__name__)
            await asyncio.sleep(_FETCH_TIMEOUT_S)
            return []

    async def _work(self, batch: list[Msg], handle: Handler, stopping: asyncio.Event) -> None:
        with HANDLING_SECONDS.labels(self._consumer.name).time():
            async with _held(batch):
                fresh = [message for message in batch if message.metadata.num_delivered <= MAX_ATTEMPTS]
                for message in batch:
                    if message.metadata.num_delivered > MAX_ATTEMPTS:
                        await self._bury(message, "no verdict after too many attempts", stopping)
                if fresh:
                    await self._handle(fresh, handle, stopping)

    async def _handle(self, batch: list[Msg], handle: Handler, stopping: asyncio.Event) -> None:
        deliveries = [Delivery(message.subject, message.data) for message in batch]
        try:
            await self._persist(lambda: handle(deliveries), stopping)
        except TransientError:
            await self._return(batch, delay_s=0.0)
        except (PermanentError, DecodeError) as error:
            if len(batch) == 1:
                await self._bury(batch[0], str(error), stopping)
            else:  # one of them is bad: each on its own, so that the others are not lost with it
                for message in batch:
                    await self._handle([message], handle, stopping)
        except Exception:  # noqa: BLE001 - the edge: a bug in one message must not stop the others
            _log.exception("handler_bug", consumer=self._consumer.name, messages=len(batch))
            if len(batch) == 1:
                await self._return(batch, delay_s=_BUG_PAUSE_S)
            else:
                for message in batch:
                    await self._handle([message], handle, stopping)
        else:
            for message in batch:
                await _answer(message.ack())
            MESSAGES.labels(self._consumer.name, "acknowledged").inc(len(batch))

    async def _persist(self, work: Callable[[], Awaitable[object]], stopping: asyncio.Event) -> None:
        """Call until no dependency is away; a service that stops gives up, with the last TransientError."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await work()
            except TransientError as error:
                RETRIES.labels(self._consumer.name).inc()
                _log.warning("dependency_away", consumer=self._consumer.name, error=str(error), retry_in_s=pause_s)
                if await _set_within(stopping, pause_s):
                    raise
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                return

    async def _return(self, batch: list[Msg], delay_s: float) -> None:
        for message in batch:
            await _answer(message.nak(delay=delay_s or None))
        MESSAGES.labels(self._consumer.name, "returned").inc(len(batch))

    async def _bury(self, message: Msg, reason: str, stopping: asyncio.Event) -> None:
        """Move a message to the dead letters: it is there before it is gone from here."""
        sequence = message.metadata.sequence.stream
        reason = " ".join(reason.split())  # a header is one line
        headers = {
            "Nats-Msg-Id": f"{self._consumer.stream}-{sequence}",
            "Facetally-Reason": reason,
            "Facetally-Subject": message.subject,
        }
        try:
            await self._persist(lambda: self._publish(f"dead.{self._consumer.name}", message.data, headers), stopping)
        except TransientError:
            await self._return([message], delay_s=0.0)
            return
        await _answer(message.term())
        MESSAGES.labels(self._consumer.name, "dead").inc()
        _log.error("message_dead", consumer=self._consumer.name, sequence=sequence, reason=reason)


@asynccontextmanager
async def _held(batch: list[Msg]) -> AsyncIterator[None]:
    """Tell the server, for as long as the block runs, that these messages are being worked on."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_S)
            for message in batch:
                await _answer(message.in_progress())

    heartbeat = asyncio.create_task(beat())
    try:
        yield
    finally:
        heartbeat.cancel()


async def _answer(answer: Awaitable[None]) -> None:
    """Answer the server. Where that fails, the message is delivered again, which handlers expect."""
    try:
        await answer
    except (nats.errors.Error, OSError) as error:
        _log.warning("answer_not_sent", error=type(error).__name__)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    if seconds <= 0:
        return event.is_set()
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
