"""The logins, in a JetStream key-value bucket that every cell watches."""

from collections.abc import Sequence

import nats.errors
import nats.js.errors
from facetally.v1.estate_pb2 import CameraLogin

from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.streams import CAMERAS_BUCKET


class KvLoginBoard:
    """The bucket CAMERAS."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    async def post(self, logins: Sequence[CameraLogin]) -> None:
        """Make the bucket say exactly this; what it says already is not written again.

        Raises:
            TransientError: NATS is away. Posting again is safe.
        """
        wanted = {login.login: login.SerializeToString(deterministic=True) for login in logins}
        try:
            bucket = await self._bus.jetstream.key_value(CAMERAS_BUCKET)
            there: dict[str, bytes] = {}
            watcher = await bucket.watchall(ignore_deletes=True)
            try:
                while (entry := await watcher.updates(timeout=10)) is not None:
                    there[entry.key] = entry.value or b""
            finally:
                await watcher.stop()
            for login, value in wanted.items():
                if there.get(login) != value:
                    await bucket.put(login, value)
            for login in there.keys() - wanted.keys():
                await bucket.delete(login)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise TransientError(f"NATS is away: {type(error).__name__}") from error
