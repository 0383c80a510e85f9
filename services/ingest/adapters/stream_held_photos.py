"""Photos whose final names are still to come, in the JetStream stream HELD: they outlive this process.

The stream has no consumer. Whoever held a photo removes it; what is left there for too long is found by looking.
"""

from datetime import datetime

import nats.errors
import nats.js.errors
from facetally.v1.photo_pb2 import PhotoHeld

from services.common.errors import TransientError
from services.common.ids import subject
from services.common.messaging import MessageBus
from services.common.streams import HELD

_AT_ONCE = 100


class StreamHeldPhotos:
    """The stream HELD."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    async def hold(self, held: PhotoHeld) -> int:
        """Return once it is on JetStream's disk; a number to release it by.

        Raises:
            TransientError: NATS is away, or the stream is full.
        """
        target = subject("held", held.photo.region_id, held.photo.shop_id)
        return await self._bus.publish_bytes(
            target, held.SerializeToString(), {"Nats-Msg-Id": f"held-{held.photo.photo_id}"}
        )

    async def release(self, number: int) -> None:
        """Remove a photo; it may have been removed already.

        Raises:
            TransientError: NATS is away.
        """
        try:
            await self._bus.jetstream.delete_msg(HELD.name, number)
        except nats.js.errors.NotFoundError:
            return
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise TransientError(f"NATS is away: {type(error).__name__}") from error

    async def overdue(self, before: datetime) -> list[tuple[int, PhotoHeld]]:
        """The photos that were received before a moment, the oldest first, a hundred at most.

        Raises:
            TransientError: NATS is away.
        """
        found: list[tuple[int, PhotoHeld]] = []
        number = 1
        try:
            while len(found) < _AT_ONCE:
                message = await self._bus.jetstream.get_msg(HELD.name, seq=number, next=True, subject="held.>")
                held = PhotoHeld.FromString(message.data or b"")
                if held.photo.received_at.ToDatetime(before.tzinfo) >= before:
                    break
                found.append((message.seq or number, held))
                number = (message.seq or number) + 1
        except nats.js.errors.NotFoundError:
            pass  # that was the last one
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise TransientError(f"NATS is away: {type(error).__name__}") from error
        return found
