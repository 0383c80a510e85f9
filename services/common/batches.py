"""Work that is cheaper together: what arrives at about the same time is done at once, in a worker thread.

The event loop stays free; dlib, OpenVINO and PyTorch let go of the interpreter while they compute.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Generic, Self, TypeVar

_URGENT_IN_A_ROW = 4
T = TypeVar("T")
R = TypeVar("R")


@dataclass(eq=False, slots=True)
class _Waiting(Generic[T, R]):
    item: T
    weight: int
    since: float = field(default_factory=perf_counter)
    result: asyncio.Future[R] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Batches(Generic[T, R]):
    """Gathers items into batches, and works on one batch at a time, urgent items first.

    An urgent item waits for the batch that is being worked on, and for nothing else: its own starts at once, with other urgent
    ones alone. Those that are not urgent are not kept waiting for ever: after every four urgent batches it is their turn.

    Args:
        work: gives a result, or what went wrong, for each item; runs in the worker thread. What it raises, every item gets.
        max_weight: the most that a batch may weigh; an item that weighs more is a batch of its own.
        max_delay_s: how long a batch without an urgent item waits to become full.
        weight: of an item.
        waited: is told how long each item waited for its batch, seconds.
    """

    def __init__(
        self,
        work: Callable[[list[T]], Sequence[R | Exception]],
        max_weight: int,
        max_delay_s: float,
        *,
        weight: Callable[[T], int] = lambda _: 1,
        waited: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._work = work
        self._max_weight = max_weight
        self._max_delay_s = max_delay_s
        self._weight = weight
        self._waited = waited
        self._ended = False
        self._waiting: set[_Waiting[T, R]] = set()
        self._urgent: deque[_Waiting[T, R]] = deque()
        self._patient: deque[_Waiting[T, R]] = deque()
        self._patient_weight = 0
        self._urgent_in_a_row = 0
        self._came = asyncio.Event()

    @asynccontextmanager
    async def running(self, thread: str) -> AsyncIterator[Self]:
        """Work for as long as the block runs. Whoever waits when it ends is told that it has."""
        worker = ThreadPoolExecutor(1, thread)
        batches = asyncio.create_task(self._run(worker))
        try:
            yield self
        finally:
            self._ended = True
            batches.cancel()
            await asyncio.gather(batches, return_exceptions=True)
            for waiting in self._waiting:
                waiting.result.cancel()
            # Nothing can stop what the thread is doing; the event loop need not stand still for it.
            await asyncio.to_thread(worker.shutdown, cancel_futures=True)

    async def submit(self, item: T, *, urgent: bool = False) -> R:
        """The item's result; what went wrong with it is raised.

        Args:
            item: to be worked on.
            urgent: somebody waits for the answer: it goes before all that is not urgent.

        Raises:
            RuntimeError: nobody works any more.
        """
        if self._ended:
            raise RuntimeError("the batches have ended")
        waiting: _Waiting[T, R] = _Waiting(item, self._weight(item))
        self._waiting.add(waiting)
        if urgent:
            self._urgent.append(waiting)
        else:
            self._patient.append(waiting)
            self._patient_weight += waiting.weight
        self._came.set()
        try:
            return await waiting.result
        finally:
            self._waiting.discard(waiting)

    async def _run(self, worker: ThreadPoolExecutor) -> None:
        while True:
            batch = [waiting for waiting in await self._gather() if not waiting.result.done()]  # the others gave up
            if batch:
                await self._do(worker, batch)

    async def _gather(self) -> list[_Waiting[T, R]]:
        await self._until(lambda: bool(self._urgent or self._patient))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._max_delay_s):
                await self._until(lambda: bool(self._urgent) or self._patient_weight >= self._max_weight)
        if self._urgent and not (self._patient and self._urgent_in_a_row >= _URGENT_IN_A_ROW):
            self._urgent_in_a_row += 1
            return self._taken(self._urgent)
        self._urgent_in_a_row = 0
        batch = self._taken(self._patient)
        self._patient_weight -= sum(waiting.weight for waiting in batch)
        return batch

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._came.clear()
            await self._came.wait()

    def _taken(self, queue: deque[_Waiting[T, R]]) -> list[_Waiting[T, R]]:
        """The first items, as many as a batch may hold, and one at least."""
        batch = [queue.popleft()]
        weight = batch[0].weight
        while queue and weight + queue[0].weight <= self._max_weight:
            batch.append(queue.popleft())
            weight += batch[-1].weight
        return batch

    async def _do(self, worker: ThreadPoolExecutor, batch: list[_Waiting[T, R]]) -> None:
        began = perf_counter()
        results: Sequence[R | Exception]
        try:
            for waiting in batch:
                self._waited(began - waiting.since)
            items = [waiting.item for waiting in batch]
            results = await asyncio.get_running_loop().run_in_executor(worker, self._checked, items)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            results = [error] * len(batch)
        for waiting, result in zip(batch, results, strict=True):
            if waiting.result.done():
                continue
            if isinstance(result, Exception):
                waiting.result.set_exception(result)
            else:
                waiting.result.set_result(result)

    def _checked(self, items: list[T]) -> Sequence[R | Exception]:
        try:
            results = self._work(items)
        except StopIteration as error:  # which no future can hold
            raise RuntimeError("the work ended before its results did") from error
        if len(results) != len(items):
            raise RuntimeError(f"{len(results)} results for {len(items)} items")
        return results
