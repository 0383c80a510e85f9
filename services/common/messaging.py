"""Messages over NATS: publish until JetStream has it on disk, work through a durable consumer, ask and answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Self

import nats.errors
import nats.micro
from google.protobuf.message import Message
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.micro.request import ERROR_CODE_HEADER, ERROR_HEADER, Request, ServiceError

from services.common.backlog import Backlog
from services.common.errors import BadInputError, PermanentError, TransientError
from services.common.inbox import Inbox
from services.common.logging import get_logger
from services.common.nats_client import NatsClient
from services.common.settings import NatsSettings
from services.common.streams import Consumer, inbox_prefix

_log = get_logger(__name__)
_PUBLISH_TIMEOUT_S = 5.0
_RECONNECT_WAIT_S = 0.5
# A line that is cut ends no connection: after three pings without an answer, half a minute, another one is made.
_PING_EVERY_S = 10
_FLUSH_TIMEOUT_S = 3
# What an answer that is none says, by HTTP's codes.
_BAD_INPUT, _BUG, _BUSY = "422", "500", "503"


class MessageBus:
    """One connection to NATS, kept up for as long as the service runs."""

    def __init__(self, client: Client) -> None:
        self._client = client
        # Grows with every reconnect: who depends on what a server remembers can tell that it is another one.
        self.connections = 1
        self.jetstream: JetStreamContext = client.jetstream(timeout=_PUBLISH_TIMEOUT_S)

    @classmethod
    @asynccontextmanager
    async def connect(cls, settings: NatsSettings, name: str, inbox: str | None = None) -> AsyncIterator[Self]:
        """Connect, waiting for a server that is not up yet; reconnect for ever; flush at the end.

        Args:
            settings: where, and as whom.
            name: as NATS lists the connection.
            inbox: under which subject replies arrive; by default where the user may listen.
        """

        async def on_error(error: Exception) -> None:
            _log.warning("nats_error", error=type(error).__name__)

        async def on_disconnect() -> None:
            if not client.is_closed:
                _log.warning("nats_disconnected")

        async def on_reconnect() -> None:
            bus.connections += 1
            _log.info("nats_reconnected")

        client = NatsClient()
        await client.connect(
            settings.url.split(","),
            name=name,
            inbox_prefix=(inbox or inbox_prefix(settings.user)).encode(),
            user=settings.user,
            password=settings.password.get_secret_value(),
            max_reconnect_attempts=-1,
            ping_interval=_PING_EVERY_S,
            reconnect_time_wait=_RECONNECT_WAIT_S,  # type: ignore[arg-type]  # a sleep: fractions will do
            error_cb=on_error,
            disconnected_cb=on_disconnect,
            reconnected_cb=on_reconnect,
        )
        bus = cls(client)
        try:
            yield bus
        finally:
            await _close(client)

    def jetstream_of(self, domain: str) -> JetStreamContext:
        """The JetStream of another domain, over a link that there may be."""
        return self._client.jetstream(domain=domain, timeout=_PUBLISH_TIMEOUT_S)

    async def is_ready(self) -> bool:
        """Whether the server answers right now."""
        return self._client.is_connected

    async def publish(self, subject: str, message: Message, message_id: str) -> None:
        """Return once the message is on JetStream's disk; the same id within two minutes is stored once.

        Raises:
            TransientError: no acknowledgement came, or the stream is full. Publishing again is safe.
            PermanentError: the message is larger than the server takes.
        """
        await self.publish_bytes(subject, message.SerializeToString(), {"Nats-Msg-Id": message_id})

    async def publish_bytes(self, subject: str, body: bytes, headers: dict[str, str]) -> int:
        """As `publish`, for a message that is bytes already; its number in the stream."""
        try:
            acknowledged = await self.jetstream.publish(subject, body, timeout=_PUBLISH_TIMEOUT_S, headers=headers)
        except nats.errors.MaxPayloadError as error:
            raise PermanentError(f"a message of {len(body)} bytes is larger than the server takes") from error
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise TransientError(f"publishing failed: {type(error).__name__}") from error
        return acknowledged.seq

    async def ask(self, subject: str, body: bytes, timeout_s: float) -> bytes:
        """What one of those who answer on a subject says.

        Raises:
            BadInputError: it can make nothing of the body, or the body is larger than the server takes.
            TransientError: nobody answers, or not in time.
        """
        try:
            reply = await self._client.request(subject, body, timeout=timeout_s)
        except nats.errors.MaxPayloadError as error:
            raise BadInputError("too_large", "The file is larger than can be asked about.") from error
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise TransientError(f"nobody answers: {type(error).__name__}") from error
        headers = reply.headers or {}
        if code := headers.get(ERROR_CODE_HEADER):
            reason, _, message = headers.get(ERROR_HEADER, "").partition(": ")
            raise BadInputError(reason, message) if code == _BAD_INPUT else TransientError(f"it failed there: {code}")
        return reply.data

    @asynccontextmanager
    async def answering(
        self, name: str, subject: str, answer: Callable[[bytes], Awaitable[bytes]], *, at_once: int = 8
    ) -> AsyncIterator[None]:
        """Answer what is asked on a subject while the block runs.

        Args:
            name: of the service, as NATS lists it.
            subject: what is asked on. Of several who answer on it one is asked.
            answer: the question's body in, the answer's out.
            at_once: questions that may be answered at the same time; who asks one more is told that all are busy.
        """
        answers: set[asyncio.Task[None]] = set()

        async def respond(request: Request) -> None:
            try:
                await request.respond(await answer(request.data))
            except BadInputError as error:
                await request.respond_error(_BAD_INPUT, f"{error.reason}: {error}")
            except Exception:  # noqa: BLE001 - whoever asks is told, and the log says what it was
                _log.exception("answer_bug", subject=subject)
                await request.respond_error(_BUG, "bug")

        async def take(request: Request) -> None:
            if len(answers) >= at_once:
                raise ServiceError(_BUSY, "busy")
            task = asyncio.create_task(respond(request))
            answers.add(task)
            task.add_done_callback(answers.discard)

        service = await nats.micro.add_service(self._client, name=name, version="1.0.0")
        try:
            await service.add_endpoint(name=name, subject=subject, handler=take)
            await self._client.flush(_FLUSH_TIMEOUT_S)  # from here on the server knows
            yield
        finally:
            await service.stop()
            await asyncio.gather(*answers, return_exceptions=True)

    async def inbox(self, consumer: Consumer) -> Inbox:
        """The messages waiting for one durable consumer, which `services.provision` has created."""
        subscription = await self.jetstream.pull_subscribe_bind(consumer=consumer.name, stream=consumer.stream)
        return Inbox(subscription, consumer, self.publish_bytes, Backlog(self.jetstream, consumer))


async def _close(client: Client) -> None:
    """Send what is still on its way, acknowledgements above all, and close.

    Not `drain`: it waits for a pull subscription's queue to be joined, which nobody does.
    """
    try:
        if client.is_connected:
            await client.flush(_FLUSH_TIMEOUT_S)
    except (nats.errors.Error, TimeoutError) as error:
        _log.warning("nats_flush_failed", error=type(error).__name__)
    await client.close()
