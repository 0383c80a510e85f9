"""The models, in batches across photos: on a GPU a pass over many faces costs hardly more than one over a single face."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Counter, Histogram

from services.classify.domain import Estimates, FaceEstimate, estimates_by_face
from services.common.batches import Batches

BATCH_FACES = Histogram(
    "facetally_classify_batch_faces", "Faces in one pass of the models", buckets=(1, 2, 4, 8, 16, 32, 64)
)
BATCH_SECONDS = Histogram(
    "facetally_classify_batch_seconds",
    "Time of one pass of the models",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
)
QUEUE_SECONDS = Histogram(
    "facetally_classify_queue_seconds",
    "Time that a photo's faces waited for their pass",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
FACES = Counter("facetally_classify_faces_total", "Faces classified")


class Model(Protocol):
    """What computes: `models.predict.classifier.FaceClassifier`."""

    version: str

    def predict(self, chips: NDArray[np.uint8]) -> Estimates:
        """Estimate n faces."""
        ...


class BatchedClassifier:
    """Gathers faces into batches, and runs the models on them.

    Args:
        model: what computes.
        max_batch_faces: most faces in one pass.
        max_batch_delay_s: how long the first face of a batch waits for others.
    """

    def __init__(self, model: Model, max_batch_faces: int, max_batch_delay_s: float) -> None:
        self._model = model
        self._max_batch_faces = max_batch_faces
        self._batches: Batches[NDArray[np.uint8], list[FaceEstimate]] = Batches(
            self._pass, max_batch_faces, max_batch_delay_s, weight=len, waited=QUEUE_SECONDS.observe
        )

    @classmethod
    @asynccontextmanager
    async def running(cls, model: Model, max_batch_faces: int, max_batch_delay_s: float) -> AsyncIterator[Self]:
        """A classifier that works for as long as the block runs."""
        classifier = cls(model, max_batch_faces, max_batch_delay_s)
        async with classifier._batches.running("models"):
            yield classifier

    @property
    def version(self) -> str:
        """Names the models in service."""
        return self._model.version

    async def estimate(self, chips: NDArray[np.uint8], *, urgent: bool = False) -> list[FaceEstimate]:
        """Estimates in the order of the chips; more than fit into one pass take several.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB.
            urgent: somebody waits for the answer.
        """
        estimates: list[FaceEstimate] = []
        for start in range(0, len(chips), self._max_batch_faces):
            estimates += await self._batches.submit(chips[start : start + self._max_batch_faces], urgent=urgent)
        return estimates

    def _pass(self, batch: list[NDArray[np.uint8]]) -> list[list[FaceEstimate]]:
        began = perf_counter()
        chips = np.concatenate(batch)
        estimates = iter(estimates_by_face(self._model.predict(chips)))
        BATCH_FACES.observe(len(chips))
        BATCH_SECONDS.observe(perf_counter() - began)
        FACES.inc(len(chips))
        return [[next(estimates) for _ in photo] for photo in batch]
