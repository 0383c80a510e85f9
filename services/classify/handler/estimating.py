"""Classify the faces of one photo, and pass the photo on; answer who asks about faces."""

from typing import Protocol

import numpy as np
from facetally.v1.face_pb2 import FacesClassified, FacesDetected
from facetally.v1.question_pb2 import EstimatedFace, EstimateRequest, FacesEstimated
from google.protobuf.message import Message
from numpy.typing import NDArray

from services.classify.domain import (
    Estimates,
    FaceEstimate,
    Versioned,
    Wanted,
    asked_chips,
    chips_of,
    classified,
    estimated,
    wanted_by,
)
from services.common.ids import subject


class FaceClassifier(Protocol):
    """What estimates age, gender and emotion, and finds landmarks."""

    @property
    def version(self) -> str:
        """Names the models in service now."""
        ...

    async def estimate(self, chips: NDArray[np.uint8], camera_id: str) -> Versioned[list[FaceEstimate]]:
        """What is tallied of a camera's photo, in the order of the chips, (n, 144, 144, 3) uint8 RGB; there may be none."""
        ...

    async def estimate_only(self, chips: NDArray[np.uint8], wanted: Wanted) -> Versioned[Estimates]:
        """What is wanted and no more, before all that is tallied: somebody waits. There is a chip at least."""
        ...


class Publisher(Protocol):
    """Where results go."""

    async def publish(self, subject: str, message: Message, message_id: str) -> None:
        """Return once the message is durable."""
        ...


class Shadow(Protocol):
    """Who may look once more."""

    def offer(self, chips: NDArray[np.uint8], result: FacesClassified) -> None:
        """Take a photo that is done, or leave it; at once."""
        ...


class ClassifyFaces:
    """FacesDetected in, FacesClassified out: one for each, also when a photo has no face."""

    def __init__(self, classifier: FaceClassifier, publisher: Publisher, shadow: Shadow) -> None:
        self._classifier = classifier
        self._publisher = publisher
        self._shadow = shadow

    async def __call__(self, detected: FacesDetected) -> None:
        """Return once the result is durable.

        Raises:
            PermanentError: the message makes no sense.
            TransientError: the result could not be published.
        """
        photo, chips = detected.photo, chips_of(detected)
        result = classified(detected, *await self._classifier.estimate(chips, photo.camera_id))
        await self._publisher.publish(subject("results", photo.region_id, photo.shop_id), result, photo.photo_id)
        self._shadow.offer(chips, result)


class EstimateFaces:
    """EstimateRequest in, FacesEstimated out: a face for each chip, with what was asked for. Nothing is kept."""

    def __init__(self, classifier: FaceClassifier) -> None:
        self._classifier = classifier

    async def __call__(self, request: EstimateRequest) -> FacesEstimated:
        """Return what was asked for.

        Raises:
            BadInputError: a chip has the wrong size, or there are too many.
        """
        chips, wanted = asked_chips(request), wanted_by(request)
        if not len(chips) or not wanted:
            return FacesEstimated(faces=[EstimatedFace()] * len(chips), classifier_version=self._classifier.version)
        return estimated(len(chips), *await self._classifier.estimate_only(chips, wanted))
