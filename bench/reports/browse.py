"""Managers who browse, in a process of their own: each reads a page, thinks, and asks for another.

Reads what to do from standard input as JSON and writes what happened to standard output.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import httpx
import numpy as np
import uvloop

from loadtest.browsing import Manager, address

_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has signed in.

    Args:
        token: what the session's cookie says.
    """

    token: str
    manager: Manager


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done.

    Args:
        url: of the report.
        cookie: name of the session's cookie.
        until: the last day that there is something of.
        think_s: least and most seconds between pages.
    """

    url: str
    cookie: str
    sessions: tuple[Session, ...]
    until: str
    seconds: float
    think_s: tuple[float, float]
    seed: int


async def browse(work: Work) -> dict[str, Any]:
    """Browse, and say how long each answer took."""
    took_ms: dict[str, list[float]] = {}
    failures: Counter[str] = Counter()
    sizes: list[int] = []
    until = date.fromisoformat(work.until)
    ends = time.monotonic() + work.seconds

    async def one(number: int, session: Session) -> None:
        random = np.random.default_rng([work.seed, number])
        headers = {"accept-encoding": "gzip", "accept": "text/html"}
        async with httpx.AsyncClient(
            base_url=work.url, cookies={work.cookie: session.token}, timeout=_TIMEOUT_S, headers=headers
        ) as client:
            await asyncio.sleep(random.uniform(0, work.think_s[1]))
            while time.monotonic() < ends:
                page, wanted = address(random, session.manager, until)
                began = time.perf_counter()
                try:
                    answer = await client.get(wanted)
                except httpx.HTTPError as error:
                    failures[f"{page}: {type(error).__name__}"] += 1
                else:
                    took_ms.setdefault(page, []).append((time.perf_counter() - began) * 1000)
                    sizes.append(len(answer.content))
                    if answer.status_code != 200:
                        failures[f"{answer.status_code} {wanted}"] += 1
                await asyncio.sleep(random.uniform(*work.think_s))

    async with asyncio.TaskGroup() as tasks:
        for number, session in enumerate(work.sessions):
            tasks.create_task(one(number, session))
    return {"took_ms": took_ms, "failures": dict(failures), "bytes": sizes}


def read_work(text: str) -> Work:
    """What `write_work` has written."""
    values = json.loads(text)
    sessions = tuple(
        Session(one["token"], Manager(one["manager"]["place"], tuple(one["manager"]["inside"])))
        for one in values["sessions"]
    )
    return Work(**{**values, "sessions": sessions, "think_s": tuple(values["think_s"])})


def write_work(work: Work) -> str:
    """As JSON."""
    return json.dumps(asdict(work))


if __name__ == "__main__":
    print(json.dumps(uvloop.run(browse(read_work(sys.stdin.read())))))
