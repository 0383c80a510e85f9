"""The shops, in a JetStream key-value bucket that every cell watches."""

from collections.abc import Sequence

import nats.errors
import nats.js.errors
from facetally.v1.estate_pb2 import Shop

from services.common.errors import TransientError
from services.common.kv_watch import read_bucket
from services.common.messaging import MessageBus
from services.common.streams import SHOPS_BUCKET


class KvShopBoard:
    """The bucket SHOPS."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    async def post(self, shops: Sequence[Shop]) -> None:
        """Make the bucket say exactly this; what it says already is not written again.

        Raises:
            TransientError: NATS is away. Posting again is safe.
        """
        wanted = {f"{shop.region_id}.{shop.shop_id}": shop.SerializeToString(deterministic=True) for shop in shops}
        try:
            bucket = await self._bus.jetstream.key_value(SHOPS_BUCKET)
            there = await read_bucket(bucket)
            for key, value in wanted.items():
                if there.get(key) != value:
                    await bucket.put(key, value)
            for key in there.keys() - wanted.keys():
                await bucket.delete(key)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise TransientError(f"NATS is away: {type(error).__name__}") from error
