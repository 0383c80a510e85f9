"""NATS as an operator sees it: what streams and consumers say of themselves, and the dead letters."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Self

import nats.errors
import nats.js.errors

from services.common.errors import PermanentError, TransientError
from services.common.messaging import MessageBus
from services.common.nats_client import NotConnectedError, connected_once
from services.common.settings import NatsSettings
from services.common.streams import DEAD_STREAM
from services.operate.domain.findings import NotWorkingError
from services.operate.domain.letters import Letter
from services.operate.domain.streams import ConsumerFacts, LinkFacts, StreamFacts

_ANSWER_S = 4.0
_NANO = 1e9
_NOT_FOUND = 404


class NatsDesk:
    """One connection, which is not opened again when it is lost."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    @classmethod
    @asynccontextmanager
    async def connect(cls, settings: NatsSettings) -> AsyncIterator[Self]:
        """Connect, or say why that is not possible.

        Raises:
            NotWorkingError: nobody answers there, or refuses the user.
        """
        try:
            async with connected_once(settings, "operate") as client:
                yield cls(MessageBus(client))
        except NotConnectedError as error:
            raise _why(settings, error) from error

    async def stream(self, name: str) -> StreamFacts | None:
        """A stream as the server describes it; None where it is not there.

        Raises:
            NotWorkingError: the server does not answer, or refuses to.
        """
        said = await self._ask(f"STREAM.INFO.{name}", {})
        if said is None:
            return None
        config, state = said["config"], said["state"]
        return StreamFacts(
            name=config["name"],
            subjects=tuple(config.get("subjects", ())),
            work_queue=config["retention"] == "workqueue",
            discards_new=config["discard"] == "new",
            on_disk=config["storage"] == "file",
            max_bytes=config["max_bytes"],
            max_age_s=config["max_age"] / _NANO or None,
            duplicate_window_s=config.get("duplicate_window", 0) / _NANO,
            messages=state["messages"],
            bytes=state["bytes"],
            first_number=state["first_seq"],
            last_number=state["last_seq"],
            first_at=datetime.fromisoformat(state["first_ts"]) if state["messages"] else None,
            links=tuple(_link(one) for one in (said.get("sources") or []) + [said.get("mirror")] if one),
        )

    async def consumer(self, stream: str, name: str) -> ConsumerFacts | None:
        """A consumer as the server describes it; None where it is not there.

        Raises:
            NotWorkingError: the server does not answer, or refuses to.
        """
        said = await self._ask(f"CONSUMER.INFO.{stream}.{name}", {})
        if said is None:
            return None
        config, floor = said["config"], said["ack_floor"]
        return ConsumerFacts(
            stream=stream,
            name=name,
            waiting=said["num_pending"],
            unanswered=said["num_ack_pending"],
            redelivered=said["num_redelivered"],
            ack_wait_s=config.get("ack_wait", 0) / _NANO,
            max_unanswered=config.get("max_ack_pending", 0),
            max_deliver=config.get("max_deliver", -1),
            explicit=config["ack_policy"] == "explicit",
            paused=said.get("paused", False),
            answered_to=floor["stream_seq"],
            answered_at=datetime.fromisoformat(floor["last_active"]) if "last_active" in floor else None,
        )

    async def numbers(self) -> Sequence[int]:
        """Numbers of all dead letters, rising.

        Raises:
            NotWorkingError: the server does not answer, or the stream is not there.
        """
        said = await self._ask(f"STREAM.INFO.{DEAD_STREAM}", {"deleted_details": True})
        if said is None:
            raise NotWorkingError(f"The stream {DEAD_STREAM} is not there.", "`facetally doctor` says what to do.")
        state = said["state"]
        if not state["messages"]:
            return []
        gone = set(state.get("deleted") or ())
        return [number for number in range(state["first_seq"], state["last_seq"] + 1) if number not in gone]

    async def letter(self, number: int) -> Letter | None:
        """A dead letter; None where it is not there.

        Raises:
            NotWorkingError: the server does not answer.
        """
        try:
            message = await self._bus.jetstream.get_msg(DEAD_STREAM, number)
        except nats.js.errors.NotFoundError:
            return None
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise _lost(error) from error
        if message.time is None or message.subject is None:
            raise NotWorkingError(f"NATS gave letter {number} without its time or subject.", "See its log.")
        return Letter(
            number=number,
            died_at=message.time,
            stage=message.subject.partition(".")[2],
            headers=dict(message.headers or {}),
            body=message.data or b"",
        )

    async def publish(self, subject: str, body: bytes, message_id: str) -> None:
        """Return once the message is on a stream's disk; the same id within two minutes is stored once.

        Raises:
            NotWorkingError: the stream is full, or the server does not answer; nothing was taken from the dead letters.
        """
        try:
            await self._bus.publish_bytes(subject, body, {"Nats-Msg-Id": message_id})
        except (TransientError, PermanentError) as error:
            raise NotWorkingError(
                f"{subject} took nothing: {error}.", "See with `facetally doctor` whether its stream is full."
            ) from error

    async def remove(self, number: int) -> None:
        """Take a letter out for good; nothing happens where it is gone already.

        Raises:
            NotWorkingError: the server does not answer.
        """
        try:
            await self._bus.jetstream.delete_msg(DEAD_STREAM, number)
        except nats.js.errors.NotFoundError:
            return
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise _lost(error) from error

    async def _ask(self, what: str, body: dict[str, object]) -> dict[str, Any] | None:
        """The server's answer to one question of JetStream's API; None where what is asked about is not there."""
        try:
            answer = await self._bus.ask(f"$JS.API.{what}", json.dumps(body).encode(), _ANSWER_S)
        except TransientError as error:
            raise NotWorkingError(
                f"NATS does not answer to {what}: {error}.",
                "See that JetStream is on, and that the user has the rights of `operator`.",
            ) from error
        said: dict[str, Any] = json.loads(answer)
        if "error" not in said:
            return said
        if said["error"].get("code") == _NOT_FOUND:
            return None
        raise NotWorkingError(
            f"NATS answers to {what}: {said['error'].get('description', 'no reason')}.", "See its log."
        )


def _link(said: dict[str, Any]) -> LinkFacts:
    """Another domain's stream, as a source or as what is mirrored."""
    domain = said.get("external", {}).get("api", "").split(".")[1:2]
    active = said.get("active", -1)
    return LinkFacts("".join(domain), said.get("lag", 0), active / _NANO if active >= 0 else None)


def _lost(error: Exception) -> NotWorkingError:
    return NotWorkingError(f"NATS does not answer: {type(error).__name__}.", "`facetally doctor` says more.")


def _why(settings: NatsSettings, error: NotConnectedError) -> NotWorkingError:
    if error.refused:
        return NotWorkingError(
            f"NATS at {settings.url} refuses the user {settings.user}.",
            "See FACETALLY_OPERATE_NATS__USER and __PASSWORD. After an upgrade, start NATS with the rights that there are now.",
        )
    return NotWorkingError(
        f"Nobody answers at {settings.url}.",
        "Start NATS (on one machine `make up`), or mend FACETALLY_OPERATE_NATS__URL.",
    )
