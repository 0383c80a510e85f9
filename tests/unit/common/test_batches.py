"""Batches: in order, urgent ones first, never too heavy; and what goes wrong with one item is nobody else's trouble."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from services.common.batches import Batches

WITHIN_S = 10


class OutOfMemoryError(Exception):
    """What a worker may raise."""


@dataclass
class Worker:
    """Gives each number's double, notes what it was given together, and works when it is told to."""

    batches: list[list[int]] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)
    threads: set[str] = field(default_factory=set)
    broken: bool = False

    def __call__(self, items: list[int]) -> Sequence[int | Exception]:
        self.threads.add(threading.current_thread().name)
        self.batches.append(items)
        self.began.set()
        assert self.go.wait(WITHIN_S)
        if self.broken:
            raise OutOfMemoryError
        return [ValueError(f"{item} is odd") if item % 2 else item * 2 for item in items]


@asynccontextmanager
async def running(
    worker: Worker,
    max_weight: int = 4,
    max_delay_s: float = 0.02,
    weight: Callable[[int], int] = lambda _: 1,
    waited: Callable[[float], None] = lambda _: None,
) -> AsyncIterator[Batches[int, int]]:
    batches: Batches[int, int] = Batches(worker, max_weight, max_delay_s, weight=weight, waited=waited)
    try:
        async with asyncio.timeout(WITHIN_S), batches.running("test") as started:
            yield started
    finally:
        worker.go.set()


async def busy(worker: Worker, batches: Batches[int, int]) -> asyncio.Task[int]:
    """The worker has an item in its hands, so that all that comes now has to queue."""
    task = asyncio.create_task(batches.submit(1000))
    while not worker.began.is_set():
        await asyncio.sleep(0.001)
    return task


async def queued(batches: Batches[int, int], *items: int, urgent: bool = False) -> list[asyncio.Task[int]]:
    """Submitted one after the other."""
    tasks = [asyncio.create_task(batches.submit(item, urgent=urgent)) for item in items]
    await asyncio.sleep(0)
    return tasks


async def test_items_that_come_together_share_a_batch_and_each_gets_its_own_result() -> None:
    worker = Worker()
    worker.go.set()
    async with running(worker, max_weight=3, max_delay_s=WITHIN_S) as batches:
        assert list(await asyncio.gather(*(batches.submit(item) for item in (2, 4, 6)))) == [4, 8, 12]
    assert worker.batches == [[2, 4, 6]], "a full batch does not wait for its delay"


async def test_batches_are_in_the_order_in_which_items_came_and_no_larger_than_allowed() -> None:
    worker = Worker()
    async with running(worker, max_weight=3) as batches:
        first = await busy(worker, batches)
        tasks = await queued(batches, *range(2, 18, 2))
        worker.go.set()
        assert list(await asyncio.gather(first, *tasks)) == [2000, *range(4, 36, 4)]
    assert worker.batches == [[1000], [2, 4, 6], [8, 10, 12], [14, 16]]


async def test_a_lonely_item_waits_no_longer_than_the_delay() -> None:
    worker = Worker()
    worker.go.set()
    async with running(worker, max_weight=100, max_delay_s=0.01) as batches:
        assert await batches.submit(2) == 4
    assert worker.batches == [[2]]


async def test_an_item_that_comes_within_the_delay_is_taken_along() -> None:
    worker = Worker()
    worker.go.set()
    async with running(worker, max_weight=2, max_delay_s=WITHIN_S) as batches:
        early = asyncio.create_task(batches.submit(2))
        await asyncio.sleep(0.02)
        assert not early.done()
        assert list(await asyncio.gather(early, batches.submit(4))) == [4, 8]
    assert worker.batches == [[2, 4]]


async def test_without_a_delay_what_has_queued_meanwhile_still_goes_together() -> None:
    worker = Worker()
    async with running(worker, max_delay_s=0) as batches:
        first = await busy(worker, batches)
        tasks = await queued(batches, 2, 4, 6)
        worker.go.set()
        await asyncio.gather(first, *tasks)
    assert worker.batches == [[1000], [2, 4, 6]]


async def test_urgent_items_go_first_and_among_themselves_in_order() -> None:
    worker = Worker()
    async with running(worker, max_weight=2) as batches:
        first = await busy(worker, batches)
        patient = await queued(batches, 2, 4, 6)
        urgent = await queued(batches, 100, 102, 104, urgent=True)
        worker.go.set()
        assert list(await asyncio.gather(first, *patient, *urgent)) == [2000, 4, 8, 12, 200, 204, 208]
    assert worker.batches == [[1000], [100, 102], [104], [2, 4], [6]]


async def test_an_urgent_item_waits_for_nobody() -> None:
    worker = Worker()
    worker.go.set()
    async with running(worker, max_weight=100, max_delay_s=10 * WITHIN_S) as batches:
        assert await batches.submit(2, urgent=True) == 4
    assert worker.batches == [[2]]


async def test_an_urgent_item_goes_by_those_that_are_gathering_and_is_not_held_up_by_their_work() -> None:
    worker = Worker()
    worker.go.set()
    async with running(worker, max_weight=3, max_delay_s=10 * WITHIN_S) as batches:
        patient = await queued(batches, 2, 4)
        await asyncio.sleep(0.02)
        assert not worker.batches, "they wait for company"
        assert await batches.submit(100, urgent=True) == 200
        assert not any(task.done() for task in patient)
        assert list(await asyncio.gather(*patient, batches.submit(6))) == [4, 8, 12]
    assert worker.batches == [[100], [2, 4, 6]]


async def test_urgent_items_without_end_leave_every_fifth_batch_to_the_others() -> None:
    worker = Worker()
    async with running(worker, max_weight=1) as batches:
        first = await busy(worker, batches)
        patient = await queued(batches, 2, 4)
        urgent = await queued(batches, *range(100, 120, 2), urgent=True)
        worker.go.set()
        await asyncio.gather(first, *patient, *urgent)
    order = [1000, 100, 102, 104, 106, 2, 108, 110, 112, 114, 4, 116, 118]
    assert worker.batches == [[item] for item in order]


async def test_what_comes_after_an_urgent_item_waits_for_company_again() -> None:
    worker = Worker()
    worker.go.set()
    async with running(worker, max_weight=2, max_delay_s=10 * WITHIN_S) as batches:
        assert await batches.submit(100, urgent=True) == 200
        early = asyncio.create_task(batches.submit(2))
        await asyncio.sleep(0.02)
        assert not early.done()
        assert list(await asyncio.gather(early, batches.submit(4))) == [4, 8]
    assert worker.batches == [[100], [2, 4]]


async def test_a_batch_weighs_no_more_than_allowed_and_nobody_is_overtaken() -> None:
    worker = Worker()
    async with running(worker, max_weight=10, weight=lambda item: item) as batches:
        first = await busy(worker, batches)
        tasks = await queued(batches, 4, 4, 8, 2, 2)
        worker.go.set()
        await asyncio.gather(first, *tasks)
    assert worker.batches == [[1000], [4, 4], [8, 2], [2]]


async def test_an_item_that_weighs_more_than_a_batch_may_is_a_batch_of_its_own() -> None:
    worker = Worker()
    async with running(worker, max_weight=10, weight=lambda item: item) as batches:
        first = await busy(worker, batches)
        tasks = await queued(batches, 2, 50, 4, 60, 70)
        worker.go.set()
        assert list(await asyncio.gather(first, *tasks)) == [2000, 4, 100, 8, 120, 140]
    assert worker.batches == [[1000], [2], [50], [4], [60], [70]]


async def test_what_goes_wrong_with_one_item_is_raised_to_its_waiter_alone() -> None:
    worker = Worker()
    worker.go.set()
    async with running(worker, max_weight=3, max_delay_s=WITHIN_S) as batches:
        results = await asyncio.gather(*(batches.submit(item) for item in (2, 3, 4)), return_exceptions=True)
        assert worker.batches == [[2, 3, 4]]
    assert results[0] == 4
    assert results[2] == 8
    assert isinstance(results[1], ValueError)
    assert str(results[1]) == "3 is odd"


async def test_what_the_work_raises_reaches_all_of_its_batch_and_no_other() -> None:
    worker = Worker()
    async with running(worker, max_weight=2) as batches:
        first = await busy(worker, batches)
        worker.broken = True
        worker.go.set()
        with pytest.raises(OutOfMemoryError):
            await first
        failed = await asyncio.gather(batches.submit(2), batches.submit(4), return_exceptions=True)
        assert [type(result) for result in failed] == [OutOfMemoryError] * 2
        worker.broken = False
        assert list(await asyncio.gather(batches.submit(6), batches.submit(8))) == [12, 16]
    assert worker.batches == [[1000], [2, 4], [6, 8]]


async def test_who_gives_up_while_queueing_is_not_worked_for_and_costs_nobody_else() -> None:
    worker = Worker()
    async with running(worker, max_weight=3) as batches:
        first = await busy(worker, batches)
        kept, given_up, also_kept = await queued(batches, 2, 4, 6)
        given_up.cancel()
        worker.go.set()
        assert list(await asyncio.gather(first, kept, also_kept)) == [2000, 4, 12]
        with pytest.raises(asyncio.CancelledError):
            await given_up
    assert worker.batches == [[1000], [2, 6]]


async def test_when_all_of_a_batch_give_up_nothing_is_worked_on_and_the_next_one_is() -> None:
    worker = Worker()
    async with running(worker, max_weight=2) as batches:
        first = await busy(worker, batches)
        for task in await queued(batches, 2, 4):
            task.cancel()
        worker.go.set()
        assert list(await asyncio.gather(first, batches.submit(6))) == [2000, 12]
    assert worker.batches == [[1000], [6]]


async def test_who_gives_up_while_being_worked_for_costs_nobody_else() -> None:
    worker = Worker()
    async with running(worker, max_weight=2, max_delay_s=WITHIN_S) as batches:
        given_up, kept = await queued(batches, 3, 4)
        while not worker.began.is_set():
            await asyncio.sleep(0.001)
        given_up.cancel()
        worker.go.set()
        assert await kept == 8
        assert list(await asyncio.gather(batches.submit(6), batches.submit(8))) == [12, 16]
    assert worker.batches == [[3, 4], [6, 8]]


async def test_the_work_has_a_thread_of_its_own_and_the_loop_stays_free() -> None:
    worker = Worker()
    async with running(worker, max_delay_s=0) as batches:
        first = await busy(worker, batches)
        await asyncio.sleep(0.01)
        assert not first.done()
        worker.go.set()
        assert await first == 2000
        assert await batches.submit(2) == 4
    (thread,) = worker.threads
    assert thread.startswith("test")


async def test_everybodys_wait_is_told() -> None:
    worker = Worker()
    waits: list[float] = []
    async with running(worker, max_weight=2, waited=waits.append) as batches:
        first = await busy(worker, batches)
        tasks = await queued(batches, 2, 4)
        await asyncio.sleep(0.02)
        worker.go.set()
        await asyncio.gather(first, *tasks)
    assert len(waits) == 3
    assert min(waits) >= 0
    assert min(waits[1:]) >= 0.015


async def test_items_that_cannot_be_compared_queue_as_well() -> None:
    def work(items: list[dict[str, int]]) -> list[int | Exception]:
        return [item["n"] for item in items]

    batches: Batches[dict[str, int], int] = Batches(work, 4, 0.01)
    async with asyncio.timeout(WITHIN_S), batches.running("test"):
        assert list(await asyncio.gather(*(batches.submit({"n": n}) for n in range(6)))) == list(range(6))
