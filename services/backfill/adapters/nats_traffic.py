"""How many photos wait for detect and classify, asked of NATS."""

import nats.errors

from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.streams import CLASSIFY, DETECT


class NatsTraffic:
    """The photos that come in.

    Args:
        bus: as a user who may ask about both consumers.
    """

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    async def waiting(self) -> int:
        """How many photos nobody has begun with.

        Raises:
            TransientError: NATS is away.
        """
        try:
            found = [
                await self._bus.jetstream.consumer_info(consumer.stream, consumer.name)
                for consumer in (DETECT, CLASSIFY)
            ]
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise TransientError(f"NATS is away: {type(error).__name__}") from error
        return sum(consumer.num_pending or 0 for consumer in found)
