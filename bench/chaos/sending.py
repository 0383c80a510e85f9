"""The cameras' process, and what it says."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Self

from bench.cell import ROOT
from bench.chaos.cameras import Try, Work
from bench.chaos.chronicle import Chronicle


class Sending:
    """Cameras that run."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.chronicle = Chronicle()
        self._process = process
        self._listening = asyncio.create_task(self._listen())

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
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        sending = cls(process)
        try:
            yield sending
        finally:
            sending._listening.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def end(self, within_s: float) -> bool:
        """Let no more photos be taken, and wait until those that were are kept; whether they are.

        Raises:
            RuntimeError: the cameras have failed.
        """
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(within_s):
                await self._listening
        except TimeoutError:
            return False
        if status := await self._process.wait():
            raise RuntimeError(f"the cameras ended with status {status}")
        return True

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.chronicle.add(Try(*json.loads(line)))


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
