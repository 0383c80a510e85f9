"""detect, asked over NATS what is to be seen in a photo."""

import asyncio

from facetally.v1.face_pb2 import PhotoExamined

from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.common.streams import EXAMINE_SUBJECT

_WITHIN_S = 20.0


class NatsExaminer:
    """Connects for each question: they are rare, and the reports must not wait for NATS."""

    def __init__(self, settings: NatsSettings) -> None:
        self._settings = settings

    async def __call__(self, photo: bytes) -> PhotoExamined:
        """Faces and measures.

        Raises:
            BadInputError: the photo cannot be decoded, or is too large to be asked about.
            TransientError: NATS is away, or no detect answers in time.
        """
        try:
            async with asyncio.timeout(_WITHIN_S), MessageBus.connect(self._settings, "report") as bus:
                return PhotoExamined.FromString(await bus.ask(EXAMINE_SUBJECT, photo, _WITHIN_S))
        except TimeoutError as error:
            raise TransientError("NATS is away") from error
