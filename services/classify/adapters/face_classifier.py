"""The models, in batches across photos: on a GPU a pass over many faces costs hardly more than one over a single face."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import accumulate, pairwise
from time import perf_counter
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Counter, Histogram

from models.predict.landmarker import poses
from services.classify.domain import TALLIED, Estimates, FaceEstimate, Wanted, estimates_by_face
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
FACES = Counter("facetally_classify_faces_total", "Faces classified; those that somebody asks about are not counted")

Columns = tuple[NDArray[np.float32], ...]


class Model(Protocol):
    """What estimates: `models.predict.classifier.FaceClassifier`. Its columns are those of Estimates."""

    version: str

    def ages_and_genders(self, chips: NDArray[np.uint8]) -> Columns:
        """Estimate n faces: age, its interval's ends, gender."""
        ...

    def emotions(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Estimate n faces."""
        ...


class Landmarker(Protocol):
    """What finds landmarks: `models.predict.landmarker.FaceLandmarker`."""

    def landmarks(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The points of n faces."""
        ...


class _Faces(NamedTuple):
    chips: NDArray[np.uint8]
    wanted: Wanted


class BatchedClassifier:
    """Gathers faces into batches, and runs the models on them, each on those of a batch for which it is wanted.

    Args:
        model: what estimates.
        landmarker: what finds landmarks.
        max_batch_faces: most faces in one pass.
        max_batch_delay_s: how long the first face of a batch waits for others.
    """

    def __init__(self, model: Model, landmarker: Landmarker, max_batch_faces: int, max_batch_delay_s: float) -> None:
        self._model = model
        self._landmarker = landmarker
        self._max_batch_faces = max_batch_faces
        self._batches: Batches[_Faces, Estimates] = Batches(
            self._pass,
            max_batch_faces,
            max_batch_delay_s,
            weight=lambda faces: len(faces.chips),
            waited=QUEUE_SECONDS.observe,
        )

    @classmethod
    @asynccontextmanager
    async def running(
        cls, model: Model, landmarker: Landmarker, max_batch_faces: int, max_batch_delay_s: float
    ) -> AsyncIterator[Self]:
        """A classifier that works for as long as the block runs."""
        classifier = cls(model, landmarker, max_batch_faces, max_batch_delay_s)
        async with classifier._batches.running("models"):
            yield classifier

    @property
    def version(self) -> str:
        """Names the models in service."""
        return self._model.version

    async def estimate(self, chips: NDArray[np.uint8]) -> list[FaceEstimate]:
        """What is tallied, in the order of the chips; more than fit into one pass take several.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB.
        """
        estimates: list[FaceEstimate] = []
        for part in self._parts(chips):
            estimates += estimates_by_face(await self._batches.submit(_Faces(part, TALLIED)))
        FACES.inc(len(chips))
        return estimates

    async def estimate_only(self, chips: NDArray[np.uint8], wanted: Wanted) -> Estimates:
        """What is wanted and no more, for somebody who waits: before all that is tallied.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB, n > 0.
            wanted: what is to be estimated.
        """
        parts = [await self._batches.submit(_Faces(part, wanted), urgent=True) for part in self._parts(chips)]
        return Estimates(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _parts(self, chips: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        return [chips[start : start + self._max_batch_faces] for start in range(0, len(chips), self._max_batch_faces)]

    def _pass(self, batch: list[_Faces]) -> list[Estimates]:
        began = perf_counter()
        chips = np.concatenate([faces.chips for faces in batch])
        columns = (
            self._run(self._model.ages_and_genders, Wanted.AGE_AND_GENDER, batch, chips),
            self._run(lambda of: (self._model.emotions(of),), Wanted.EMOTION, batch, chips),
            self._run(self._landmarks, Wanted.LANDMARKS, batch, chips),
        )
        estimates = [
            Estimates(*ages, *emotions, *landmarks) for ages, emotions, landmarks in zip(*columns, strict=True)
        ]
        BATCH_FACES.observe(len(chips))
        BATCH_SECONDS.observe(perf_counter() - began)
        return estimates

    def _landmarks(self, chips: NDArray[np.uint8]) -> Columns:
        points = self._landmarker.landmarks(chips)
        return points, poses(points)

    @staticmethod
    def _run(
        net: Callable[[NDArray[np.uint8]], Columns], estimate: Wanted, batch: list[_Faces], chips: NDArray[np.uint8]
    ) -> list[Columns]:
        """A net's columns, part by part of a batch; it sees those faces alone for which it is wanted.

        Args:
            net: gives no rows for no chips, without computing anything.
            estimate: what it estimates.
            batch: the parts.
            chips: all of theirs.
        """
        wanted = [estimate in faces.wanted for faces in batch]
        if not any(wanted):
            return [net(chips[:0])] * len(batch)
        sizes = [len(faces.chips) for faces in batch]
        columns = net(chips if all(wanted) else chips[np.repeat(wanted, sizes)])
        ends = accumulate((size * is_wanted for size, is_wanted in zip(sizes, wanted, strict=True)), initial=0)
        return [tuple(column[start:end] for column in columns) for start, end in pairwise(ends)]
