"""Look at everything at once. What hangs, fails or has a bug says so, and hides nothing else."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.operate.domain.findings import Finding, NotWorkingError, State

# For a check whose time is up, to close its connections.
_TO_CLOSE_S = 0.3
Looking = Callable[[], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at.

    Args:
        subject: what it is called where looking at it fails.
        look: what there is to say of it; raises NotWorkingError where that is all there is to say.
        then: what can only be looked at when this is not broken.
    """

    subject: str
    look: Looking
    then: tuple["Check", ...] = ()


async def diagnose(checks: Sequence[Check], limit_s: float) -> list[Finding]:
    """All findings, in the order of the checks.

    Args:
        limit_s: how long one check may take.
    """
    found = await asyncio.gather(*(_run(check, limit_s) for check in checks))
    return [finding for findings in found for finding in findings]


async def _run(check: Check, limit_s: float) -> list[Finding]:
    findings = await _look(check, limit_s)
    if not check.then:
        return findings
    if any(finding.state is State.BROKEN for finding in findings):
        subjects = ", ".join(behind.subject for behind in check.then)
        says = f"Not looked at, because {check.subject} is broken."
        return [*findings, Finding(subjects, State.WARNING, says, f"Mend {check.subject} first.")]
    return findings + await diagnose(check.then, limit_s)


async def _look(check: Check, limit_s: float) -> list[Finding]:
    async def looking() -> list[Finding]:
        return list(await check.look())

    task = asyncio.create_task(looking())
    # Not wait_for: it would also wait until the check has heeded its cancellation.
    await asyncio.wait({task}, timeout=limit_s)
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_TO_CLOSE_S)
        return [
            Finding(
                check.subject,
                State.BROKEN,
                f"It did not answer within {limit_s:g} s.",
                "See that it runs, that it is not overloaded, and that no firewall is in between.",
            )
        ]
    try:
        return task.result()
    except NotWorkingError as error:
        return [Finding(check.subject, State.BROKEN, str(error), error.next_step)]
    except Exception as error:  # noqa: BLE001 - the edge: a bug in one check must not hide the others
        where = traceback.extract_tb(error.__traceback__)[-1]
        says = f"It could not be looked at: {type(error).__name__} in {Path(where.filename).name}, line {where.lineno}."
        return [Finding(check.subject, State.BROKEN, says, "This is a bug of doctor's: report it with this line.")]
