"""What cameras were told, and when."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Self

from bench.cell import ROOT
from bench.chaos.cameras import KEPT, LEFT, Try, Work

_LINE_BYTES = 1 << 20


class Chronicle:
    """Cameras that run, and every try of theirs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._listening = asyncio.create_task(self._listen())
        self.tries: list[Try] = []
        # When each photo was acknowledged first; seconds since the epoch.
        self.acknowledged: dict[str, float] = {}

    @classmethod
    @asynccontextmanager
    async def of(cls, work: Work, path: Path) -> AsyncIterator[Self]:
        """Start cameras, and listen to them while the block runs; those that still run at its end are ended.

        Args:
            path: of a file that tells them what to do.
        """
        _write_private(path, json.dumps(asdict(work)))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.chaos.cameras", str(path), cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE_BYTES,
        )  # fmt: skip
        chronicle = cls(process)
        try:
            yield chronicle
        finally:
            chronicle._listening.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def end(self, within_s: float) -> None:
        """Let no more photos be taken, and wait until those that were are kept.

        Raises:
            TimeoutError: they are not.
            RuntimeError: the cameras have failed.
        """
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(within_s):
            await self._listening
            status = await self._process.wait()
        if status:
            raise RuntimeError(f"the cameras ended with status {status}")

    def answers(self, began: float, ended: float) -> Counter[str]:
        """How often cameras were told what between two times; seconds since the epoch."""
        return Counter(one.answer for one in self.tries if began <= one.ended_at <= ended)

    def refused(self, began: float, ended: float) -> int:
        """How many uploads failed between two times, by no will of the camera's."""
        answers = self.answers(began, ended)
        return answers.total() - answers[KEPT] - answers[LEFT]

    def longest_silence(self, began: float, ended: float) -> float:
        """The longest time without a photo that was kept; seconds."""
        kept = sorted(one.ended_at for one in self.tries if one.answer == KEPT and began <= one.ended_at <= ended)
        return max(b - a for a, b in zip([began, *kept], [*kept, ended], strict=True))

    def oldest_after(self, count: int) -> float:
        """For how long the first photo has waited that is not among the first so many; seconds."""
        times = sorted(self.acknowledged.values())
        return time.time() - times[count] if count < len(times) else 0.0

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            one = Try(*json.loads(line))
            self.tries.append(one)
            if one.answer == KEPT:
                self.acknowledged.setdefault(one.photo_id, one.ended_at)


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
