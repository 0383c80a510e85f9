"""What needs nets, as programs: they need what only those who train have installed, and what they have loaded is gone with them."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from services.rollout.domain import RolloutError


async def verdict_of(*arguments: str) -> bytes:
    """What `python -m models.evaluation.candidate` says, JSON; what it says to people goes where ours does.

    Raises:
        RolloutError: it cannot compare.
    """
    status, output, _ = await _ended("models.evaluation.candidate", *arguments, stderr=None)
    if status:
        raise RolloutError("it could not be compared with what is in service: the lines above say why")
    return output


async def check_fit(folder: Path) -> None:
    """See that a release's nets load and pass its self-test here.

    Raises:
        RolloutError: they do not.
    """
    status, _, told = await _ended("models.evaluation.fit", str(folder), stderr=PIPE)
    if status:
        lines = told.decode(errors="replace").strip().splitlines()
        raise RolloutError(f"{folder} is no release that could serve: {lines[-1] if lines else 'it says nothing'}")


async def _ended(module: str, *arguments: str, stderr: int | None) -> tuple[int, bytes, bytes]:
    program = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments, stdout=PIPE, stderr=stderr)
    try:
        output, told = await program.communicate()
    except asyncio.CancelledError:
        program.kill()
        await program.wait()
        raise
    assert program.returncode is not None
    return program.returncode, output, told or b""
