"""What hangs, fails or has a bug says so, and hides nothing else."""

import asyncio
from collections.abc import Sequence

from services.operate.domain.findings import Finding, NotWorkingError, State
from services.operate.handler.diagnose import Check, diagnose

LIMIT_S = 0.2
FINE = Finding("fine", State.OK, "It works.")


async def fine() -> Sequence[Finding]:
    return [FINE]


async def deaf() -> Sequence[Finding]:
    """Hangs, and does not heed that it is cancelled."""
    end = asyncio.get_running_loop().time() + 1.5
    while (left := end - asyncio.get_running_loop().time()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            continue
    return []


async def fail() -> Sequence[Finding]:
    raise NotWorkingError("It is away.", "Start it.")


async def bug() -> Sequence[Finding]:
    raise KeyError("a secret")


async def test_one_that_hangs_one_that_fails_and_one_with_a_bug_hide_nothing_else() -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    found = await diagnose([Check("deaf", deaf), Check("away", fail), Check("bug", bug), Check("fine", fine)], LIMIT_S)
    assert clock() - began < 1.0
    hung, away, broken, last = found
    assert (hung.subject, hung.state, hung.says) == ("deaf", State.BROKEN, "It did not answer within 0.2 s.")
    assert away == Finding("away", State.BROKEN, "It is away.", "Start it.")
    assert broken.state is State.BROKEN
    assert broken.says.startswith("It could not be looked at: KeyError in test_diagnose.py, line ")
    assert "secret" not in f"{broken.says} {broken.next_step}"
    assert last == FINE


async def test_what_stands_on_something_broken_is_not_looked_at_and_says_so() -> None:
    found = await diagnose([Check("base", fail, (Check("one", bug), Check("two", bug))), Check("fine", fine)], LIMIT_S)
    assert [(one.subject, one.state) for one in found] == [
        ("base", State.BROKEN),
        ("one, two", State.WARNING),
        ("fine", State.OK),
    ]
    assert found[1].says == "Not looked at, because base is broken."


async def test_checks_run_at_the_same_time() -> None:
    met = asyncio.Barrier(3)

    async def meet() -> Sequence[Finding]:
        await met.wait()
        return [FINE]

    found = await diagnose([Check("base", fine, (Check("a", meet), Check("b", meet), Check("c", meet)))], 5.0)
    assert found == [FINE] * 4
