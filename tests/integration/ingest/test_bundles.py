"""Between rounds, nothing happens on a busy machine's event loop; on one that is not busy, all happens at once."""

import asyncio
from itertools import count, pairwise
from time import monotonic

from services.ingest.adapters.bundles import BUNDLES, Cpu, measured, take_bundles


def taking() -> float:
    (metric,) = BUNDLES.collect()
    return metric.samples[0].value


async def gaps(idle_share: float) -> list[float]:
    """Times between two turns of the loop, after the machine has been looked at twice."""
    looks = count()

    def measure() -> Cpu:
        look = next(looks)
        return Cpu(100 * look, round(100 * idle_share * look), 0.2 * look, float(look))

    bundles = asyncio.create_task(take_bundles(measure))
    await asyncio.sleep(1.2)
    turns = [monotonic()]
    while turns[-1] < turns[0] + 0.6:
        await asyncio.sleep(0)
        turns.append(monotonic())
    bundles.cancel()
    return [after - before for before, after in pairwise(turns)]


async def test_a_busy_machine_has_rests_and_others_have_none() -> None:
    resting = await gaps(idle_share=0.02)
    assert taking() == 1
    assert sum(gap for gap in resting if gap > 0.029) > 0.3
    others = await gaps(idle_share=0.5)
    assert taking() == 0
    assert sum(gap for gap in others if gap > 0.029) < 0.3


def test_what_the_kernel_says_grows() -> None:
    before = measured()
    while measured().own_s < before.own_s + 0.05:
        pass
    now = measured()
    assert now.all_ticks > before.all_ticks
    assert now.idle_ticks >= before.idle_ticks
    assert now.wall_s > before.wall_s


async def test_what_cannot_be_measured_is_not_busy_and_is_tried_again() -> None:
    looks = count()

    def measure() -> Cpu:
        if next(looks) == 1:
            raise OSError(24, "Too many open files")
        return Cpu(0, 0, 0.2 * next(looks), float(next(looks)))  # and no ticks at all

    bundles = asyncio.create_task(take_bundles(measure))
    await asyncio.sleep(2.3)
    assert not bundles.done()
    assert next(looks) > 4
    assert taking() == 0
    bundles.cancel()
