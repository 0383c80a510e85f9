"""Cameras in a process of their own, which keep every photo until they are told 226, as a camera with a memory card does.

Its argument is a file that says what to do; photos are taken until standard input ends. A line is written for each try.
Some cameras lose the answer: they hang up before it, or are told 226 and do not hear it. They send the photo again.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import uvloop

from loadtest.photos import Photo, PhotoPool
from services.common.ids import CameraId, photo_id
from tests.servers.ftp_client import FtpClient, RefusedError

ZONE: Final = ZoneInfo("Europe/Berlin")
KEPT, LEFT, NOTHING = "226", "left", "none"
# Fewer than ingest takes: it may still be at work for some that have hung up.
_AT_ONCE: Final = 40
_PATIENCE_S: Final = 40.0
_AGAIN_S: Final = (1.0, 3.0)
# One photo in so many loses its answer, in one way and in the other.
_LOSES_ANSWER: Final = 25


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be sent.

    Args:
        port: of FTP on loopback.
        secrets: by login, which is the camera's name too.
        pool: folder of photos.
        per_second: photos taken.
    """

    port: int
    secrets: dict[str, str]
    pool: str
    per_second: float
    seed: int


@dataclass(frozen=True, slots=True)
class Try:
    """One upload; seconds since the epoch.

    Args:
        answer: three digits; `left`: the camera hung up before it; `none`: there was none.
    """

    photo_id: str
    began_at: float
    ended_at: float
    answer: str


class Cameras:
    """All of them."""

    def __init__(self, work: Work, tell: Callable[[Try], None]) -> None:
        self._work = work
        self._tell = tell
        self._logins = list(work.secrets)
        self._pool = PhotoPool.load(Path(work.pool), lambda _: None)
        self._chance = random.Random(work.seed)  # noqa: S311 - chance need not be cryptic
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def run(self, ending: asyncio.Event) -> None:
        """Take photos at a steady rate until it is time to end, and go on until all of them are kept."""
        began = time.time()
        number = 0
        async with asyncio.TaskGroup() as tasks:
            while not ending.is_set():
                tasks.create_task(self._keep(number))
                number += 1
                await asyncio.sleep(max(0.0, began + number / self._work.per_second - time.time()))

    async def _keep(self, number: int) -> None:
        login, photo = self._logins[number % len(self._logins)], self._pool.photo(number)
        name = f"{login}_00_{datetime.now(ZONE):%Y%m%d%H%M%S}.jpg"
        again = 2 if number % _LOSES_ANSWER == 1 else 1
        leaves = number % _LOSES_ANSWER == 2
        while again:
            async with self._slots:
                answer = await self._send(login, name, photo, leaves=leaves)
            leaves = False
            again -= answer == KEPT
            await asyncio.sleep(self._chance.uniform(*_AGAIN_S))

    async def _send(self, login: str, name: str, photo: Photo, *, leaves: bool) -> str:
        began = time.time()
        answer = await self._upload(login, name, photo, leaves=leaves)
        self._tell(Try(photo_id(CameraId(login), bytes(photo)), began, time.time(), answer))
        return answer

    async def _upload(self, login: str, name: str, photo: Photo, *, leaves: bool) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                client = await FtpClient.connect(self._work.port)
                try:
                    await client.log_in(login, self._work.secrets[login])
                    data = await client.begin_upload(name)
                    try:
                        data.write(photo.head)
                        data.write(photo.tail)
                        await data.drain()
                    finally:
                        data.close()
                    return LEFT if leaves else (await client.say(""))[:3]
                finally:
                    client.writer.close()
        except RefusedError as refused:
            return str(refused)[:3]
        except OSError:
            return NOTHING


async def _run(work: Work) -> None:
    def tell(one: Try) -> None:
        sys.stdout.write(json.dumps([one.photo_id, one.began_at, one.ended_at, one.answer]) + "\n")
        sys.stdout.flush()

    ending = asyncio.Event()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def listen() -> None:
        await reader.read()
        ending.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listen())
        tasks.create_task(Cameras(work, tell).run(ending))


def main() -> None:
    """Do what the file says."""
    uvloop.run(_run(Work(**json.loads(Path(sys.argv[1]).read_text()))))


if __name__ == "__main__":
    main()
