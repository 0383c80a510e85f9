"""Faces that were found are classified right here."""

from collections.abc import Awaitable, Callable

from facetally.v1.face_pb2 import FacesDetected
from google.protobuf.message import Message

Classify = Callable[[FacesDetected], Awaitable[None]]


class PassOn:
    """Takes what detect publishes. What NATS would have promised holds: it returns once the result is durable."""

    def __init__(self, classify: Classify) -> None:
        self._classify = classify

    async def publish(self, subject: str, message: Message, message_id: str) -> None:
        """Classify the faces.

        Raises:
            PermanentError: the message makes no sense.
            TransientError: the result could not be published; the photo is looked at again.
        """
        if not isinstance(message, FacesDetected):
            raise TypeError(f"{subject}: {message.DESCRIPTOR.name} is not what classify takes")
        await self._classify(message)
