"""A worker that one photo kills, as a fault in native code would: no exception, no clean-up, the process is gone.

python -m tests.integration.common.poison_worker NATS_URL PASSWORD
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from facetally.v1.photo_pb2 import PhotoStored

from services.common.inbox import Delivery
from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.common.streams import DETECT


async def main(url: str, password: str) -> None:
    """Work until killed."""
    settings = NatsSettings.model_validate({"url": url, "user": "detect", "password": password})

    async def handle(deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            if PhotoStored.FromString(delivery.body).photo.photo_id == "poison":
                os.kill(os.getpid(), signal.SIGSEGV)

    async with MessageBus.connect(settings, "worker") as bus:
        inbox = await bus.inbox(DETECT)
        await inbox.run(handle, stopping=asyncio.Event(), batches_in_flight=2)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
