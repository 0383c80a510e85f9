"""The PyTorch models, in batches across photos.

Faces wait a few milliseconds for others: a pass over eight costs half as much per face as eight passes. The models run
in one worker thread, so that the event loop stays free; PyTorch lets go of the interpreter while it computes.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Counter, Histogram

from services.classify.domain import Estimates, FaceEstimate, estimates_by_face

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
    """What computes: `models.predict.FaceClassifier`."""

    version: str

    def predict(self, chips: NDArray[np.uint8]) -> Estimates:
        """Estimate n faces."""
        ...


@dataclass(eq=False, slots=True)
class _Waiting:
    chips: NDArray[np.uint8]
    since: float = field(default_factory=perf_counter)
    result: asyncio.Future[list[FaceEstimate]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class TorchClassifier:
    """Gathers faces into batches, and runs the models on them.

    Args:
        model: what computes.
        max_batch_faces: most faces in one pass.
        max_batch_delay_s: how long the first face of a batch waits for others.
    """

    def __init__(self, model: Model, max_batch_faces: int, max_batch_delay_s: float) -> None:
        self._model = model
        self._max_batch_faces = max_batch_faces
        self._max_batch_delay_s = max_batch_delay_s
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def running(cls, model: Model, max_batch_faces: int, max_batch_delay_s: float) -> AsyncIterator[Self]:
        """A classifier that works for as long as the block runs."""
        classifier = cls(model, max_batch_faces, max_batch_delay_s)
        with ThreadPoolExecutor(1, "models") as worker:
            batches = asyncio.create_task(classifier._run(worker))
            try:
                yield classifier
            finally:
                batches.cancel()
                await asyncio.gather(batches, return_exceptions=True)

    @property
    def version(self) -> str:
        """Names the models in service."""
        return self._model.version

    async def estimate(self, chips: NDArray[np.uint8]) -> list[FaceEstimate]:
        """Estimates in the order of the chips; more than fit into one pass take several."""
        estimates: list[FaceEstimate] = []
        for start in range(0, len(chips), self._max_batch_faces):
            waiting = _Waiting(chips[start : start + self._max_batch_faces])
            self._queue.put_nowait(waiting)
            estimates += await waiting.result
        return estimates

    async def _run(self, worker: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        left_over: _Waiting | None = None
        while True:
            first = left_over or await self._queue.get()
            batch, left_over = await self._gather(first)
            batch = [waiting for waiting in batch if not waiting.result.done()]  # the others gave up
            if batch:
                await self._pass(loop, worker, batch)

    async def _gather(self, first: _Waiting) -> tuple[list[_Waiting], _Waiting | None]:
        """A batch that begins with `first`, and what did not fit into it any more."""
        batch, faces = [first], len(first.chips)
        deadline = asyncio.get_running_loop().time() + self._max_batch_delay_s
        while faces < self._max_batch_faces:
            try:
                async with asyncio.timeout_at(deadline):
                    following = await self._queue.get()
            except TimeoutError:
                break
            if faces + len(following.chips) > self._max_batch_faces:
                return batch, following
            batch.append(following)
            faces += len(following.chips)
        return batch, None

    async def _pass(self, loop: asyncio.AbstractEventLoop, worker: ThreadPoolExecutor, batch: list[_Waiting]) -> None:
        began = perf_counter()
        for waiting in batch:
            QUEUE_SECONDS.observe(began - waiting.since)
        try:
            chips = np.concatenate([waiting.chips for waiting in batch])
            estimates = estimates_by_face(await loop.run_in_executor(worker, self._model.predict, chips))
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            for waiting in batch:
                if not waiting.result.done():
                    waiting.result.set_exception(error)
            return
        BATCH_FACES.observe(len(chips))
        BATCH_SECONDS.observe(perf_counter() - began)
        FACES.inc(len(chips))
        start = 0
        for waiting in batch:
            end = start + len(waiting.chips)
            if not waiting.result.done():
                waiting.result.set_result(estimates[start:end])
            start = end
