"""Ways to find out whether a program works yet."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from services.standalone.domain import ReadyProbe

_TIMEOUT_S = 3.0


def answers_http(url: str) -> ReadyProbe:
    """Whether a GET is answered with 200."""

    def get() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:  # noqa: S310 - our own http:// address
                return bool(response.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    async def probe() -> bool:
        return await asyncio.to_thread(get)

    return probe


def succeeds(*command: str | Path, environment: Mapping[str, str]) -> ReadyProbe:
    """Whether a command ends with status 0."""

    async def probe() -> bool:
        process = await asyncio.create_subprocess_exec(
            *(str(part) for part in command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(environment),
        )
        return await process.wait() == 0

    return probe
