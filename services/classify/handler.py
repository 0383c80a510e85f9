"""Classify the faces of one photo, and pass the photo on."""

from typing import Protocol

import numpy as np
from facetally.v1.face_pb2 import FacesDetected
from google.protobuf.message import Message
from numpy.typing import NDArray

from services.classify.domain import FaceEstimate, chips_of, classified
from services.common.ids import subject


class FaceClassifier(Protocol):
    """What estimates age, gender and emotion."""

    @property
    def version(self) -> str:
        """Names the models in service."""
        ...

    async def estimate(self, chips: NDArray[np.uint8]) -> list[FaceEstimate]:
        """Estimates in the order of the chips, (n, 144, 144, 3) uint8 RGB."""
        ...


class Publisher(Protocol):
    """Where results go."""

    async def publish(self, subject: str, message: Message, message_id: str) -> None:
        """Return once the message is durable."""
        ...


class ClassifyFaces:
    """FacesDetected in, FacesClassified out: one for each, also when a photo has no face."""

    def __init__(self, classifier: FaceClassifier, publisher: Publisher) -> None:
        self._classifier = classifier
        self._publisher = publisher

    async def __call__(self, detected: FacesDetected) -> None:
        """Return once the result is durable.

        Raises:
            PermanentError: the message makes no sense.
            TransientError: the result could not be published.
        """
        estimates = await self._classifier.estimate(chips_of(detected)) if detected.faces else []
        result = classified(detected, estimates, self._classifier.version)
        photo = detected.photo
        await self._publisher.publish(subject("results", photo.region_id, photo.shop_id), result, photo.photo_id)
