"""Estimate photos that are done once more, with the models in shadow; what they say is compared, and counts nowhere."""

import asyncio
from typing import Final, NamedTuple, Protocol

import numpy as np
from facetally.v1.face_pb2 import FacesClassified
from numpy.typing import NDArray
from prometheus_client import Counter

from services.classify.domain import FaceEstimate, Versioned, estimable, in_shadow
from services.classify.handler.estimating import Publisher
from services.common.errors import PermanentError, TransientError
from services.common.logging import get_logger
from services.common.streams import SHADOW_SUBJECT

_log = get_logger(__name__)
SHADOW_PHOTOS = Counter(
    "facetally_classify_shadow_photos_total",
    "Photos for the models in shadow, by outcome: estimated; dropped, because others waited; ended, because the models have; "
    "lost, because nobody took what they said; bug",
    ["outcome"],
)
# A photo has 6 MB of chips at most.
_MOST_WAITING: Final = 4


class ShadowClassifier(Protocol):
    """What estimates in shadow."""

    def shadow_takes(self, photo_id: str) -> bool:
        """Whether there is a shadow, and the photo is for it."""
        ...

    async def estimate_in_shadow(self, chips: NDArray[np.uint8]) -> Versioned[list[FaceEstimate]] | None:
        """What it says of n > 0 faces, as soon as nobody waits for anything else; None where it has ended."""
        ...


class _Done(NamedTuple):
    chips: NDArray[np.uint8]
    indices: list[int]
    result: FacesClassified


class EstimateInShadow:
    """Photos that were answered in, ShadowFaces out, as far as there is time for it: nothing waits for it, and nothing is tried again.

    Args:
        classifier: estimates.
        publisher: where it goes.
    """

    def __init__(self, classifier: ShadowClassifier, publisher: Publisher) -> None:
        self._classifier = classifier
        self._publisher = publisher
        self._waiting: asyncio.Queue[_Done] = asyncio.Queue(_MOST_WAITING)

    def offer(self, chips: NDArray[np.uint8], result: FacesClassified) -> None:
        """Take a photo that is done, if it is for the shadow and there is room.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB.
            result: what is recorded of its n faces.
        """
        if not self._classifier.shadow_takes(result.photo.photo_id) or not (indices := estimable(result)):
            return
        if self._waiting.full():
            SHADOW_PHOTOS.labels("dropped").inc()
            return
        self._waiting.put_nowait(_Done(chips[indices], indices, result))

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            outcome = await self._estimate(await self._waiting.get())
            SHADOW_PHOTOS.labels(outcome).inc()

    async def _estimate(self, photo: _Done) -> str:
        try:
            said = await self._classifier.estimate_in_shadow(photo.chips)
            if said is None:
                return "ended"
            message = in_shadow(photo.result, photo.indices, *said)
            message_id = f"{message.photo.photo_id}-{message.shadow_version}"
            await self._publisher.publish(SHADOW_SUBJECT, message, message_id)
        except (TransientError, PermanentError) as error:
            _log.warning("shadow_lost", error=str(error))
            return "lost"
        except Exception:  # noqa: BLE001 - the edge: whatever it is, photos go on
            _log.exception("shadow_bug")
            return "bug"
        return "estimated"
