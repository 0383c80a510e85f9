"""Clients that ask about photos, in a process of their own: each asks again as soon as it is answered, over one connection.

Every line of standard input is a round, what is to be asked and how often; when it is over, a line of standard output says what
was answered. Answers are read when the round is over, so that clients take little of what they measure.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final

import aiohttp
import uvloop

from services.common.http_body import PhotoBody

_WITHIN_S: Final = 60.0


class NotAnsweredError(Exception):
    """The answer to a photo is an error."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is to be asked.

    Args:
        url: that photos are posted to; it answers with a list of faces.
        headers: of each request.
        photos: files that each client asks about in turn, not all about the same at the same time.
        clients: that ask at the same time.
        seconds: for how long. What is asked by then is waited for, and every client asks once.
    """

    url: str
    headers: dict[str, str]
    photos: list[str]
    clients: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What a client was answered, or several; an entry in each list for each answer.

    Args:
        per_s: answers a second.
        took_ms: from the question's first byte to the answer's last.
        photo: which it was about.
        faces: that were found in it.
    """

    per_s: float
    took_ms: list[float]
    photo: list[int]
    faces: list[int]


def together(of_clients: Sequence[Answers]) -> Answers:
    """What all clients of a round were answered. Each has a rate of its own, because each ends with an answer of its own."""
    return Answers(
        sum(one.per_s for one in of_clients),
        [took for one in of_clients for took in one.took_ms],
        [photo for one in of_clients for photo in one.photo],
        [faces for one in of_clients for faces in one.faces],
    )


async def _ask(session: aiohttp.ClientSession, asked: Round, client: int) -> Answers:
    """Ask, and ask again, over the session's one connection.

    Raises:
        NotAnsweredError: the answer is an error.
    """
    took_ms: list[float] = []
    photo: list[int] = []
    bodies: list[bytes] = []
    began = now = time.perf_counter()
    while not bodies or now < began + asked.seconds:
        photo.append((client + len(photo)) % len(asked.photos))
        async with session.post(asked.url, data=PhotoBody(_content(asked.photos[photo[-1]]))) as answer:
            bodies.append(await answer.read())
            if answer.status != 200:
                raise NotAnsweredError(f"{asked.url} answers {answer.status}: {bodies[-1][:300]!r}")
        before, now = now, time.perf_counter()
        took_ms.append((now - before) * 1000)
    return Answers(len(bodies) / (now - began), took_ms, photo, [len(json.loads(body)) for body in bodies])


async def _ask_all(asked: Round) -> Answers:
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(_connected(asked)) for _ in range(asked.clients)]
        return together(await asyncio.gather(*(_ask(session, asked, i) for i, session in enumerate(sessions))))


@asynccontextmanager
async def _connected(asked: Round) -> AsyncIterator[aiohttp.ClientSession]:
    """A session whose connection is open. Who spreads connections over processes does so evenly while these have nothing to do."""
    timeout = aiohttp.ClientTimeout(total=_WITHIN_S)
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(headers=asked.headers, timeout=timeout, connector=connector) as session:
        async with session.get(asked.url) as refusal:
            await refusal.read()
        yield session


@cache
def _content(photo: str) -> bytes:
    return Path(photo).read_bytes()


def main() -> None:
    """Do what each line says."""
    for line in sys.stdin:
        print(json.dumps(asdict(uvloop.run(_ask_all(Round(**json.loads(line)))))), flush=True)


if __name__ == "__main__":
    main()
