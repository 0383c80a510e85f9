"""Time in which nobody waits for the models, and a thread that works in it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Self, TypeVar

T = TypeVar("T")
_LEAST_PRIORITY: Final = 19


class SpareTime:
    """Begins work only while nobody waits. What has begun goes on beside who comes then: it is to be short.

    Args:
        worker: its thread. On Linux a thread has a priority of its own, and this one's is the least.
    """

    def __init__(self, worker: ThreadPoolExecutor) -> None:
        self._worker = worker
        self._waiting = 0
        self._is_spare = asyncio.Event()
        self._is_spare.set()

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """Spare time for as long as the block runs."""
        worker = ThreadPoolExecutor(1, "spare", initializer=os.nice, initargs=(_LEAST_PRIORITY,))
        try:
            yield cls(worker)
        finally:
            # Nothing can stop what the thread is doing; the event loop need not stand still for it.
            await asyncio.to_thread(worker.shutdown, cancel_futures=True)

    @contextmanager
    def waited_for(self) -> Iterator[None]:
        """Somebody waits for as long as the block runs."""
        self._waiting += 1
        self._is_spare.clear()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._is_spare.set()

    async def do(self, work: Callable[[], T]) -> T:
        """What the work gives, once there was time for it."""
        await self._is_spare.wait()
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)
