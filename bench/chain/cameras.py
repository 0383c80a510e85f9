"""Cameras that upload, in a process of their own: each photo over a connection of its own, at the times it should.

Its argument is a file that says what to do. In a closed loop every line of standard input is a number: so many photos may be
sent in all; its end is theirs. At the end it writes which photos were acknowledged, and when.
"""

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import uvloop

from loadtest.photos import Photo, PhotoPool
from services.common.ids import CameraId, photo_id
from tests.servers.ftp_client import FtpClient, RefusedError

# Cameras have a line of 50 Mbps; more at once than this means that the chain does not keep up.
_AT_ONCE: Final = 64
_TRIES: Final = 20
_AGAIN_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be sent.

    Args:
        port: of FTP on loopback.
        secrets: by login, which is the camera's name too.
        pool: folder of photos.
        count: at most so many.
        per_second: how many are due each second; 0: as many as may be sent.
    """

    port: int
    secrets: dict[str, str]
    pool: str
    count: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Sent:
    """A photo that was acknowledged; seconds since the epoch.

    Args:
        tries: uploads that it took.
    """

    photo_id: str
    due_at: float
    acknowledged_at: float
    tries: int


async def upload(port: int, login: str, secret: str, name: str, photo: Photo) -> bool:
    """Upload a photo as a camera does, over a connection of its own; whether it was acknowledged."""
    try:
        client = await FtpClient.connect(port)
        try:
            await client.log_in(login, secret)
            data = await client.begin_upload(name)
            try:
                data.write(photo.head)
                data.write(photo.tail)
                await data.drain()
            finally:
                data.close()
            await client.say("", "226")
            client.writer.write(b"QUIT\r\n")
        finally:
            client.writer.close()
    except (OSError, RefusedError):
        return False
    return True


class Cameras:
    """All of them."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._logins = list(work.secrets)
        self._pool = PhotoPool.load(Path(work.pool), lambda _: None)
        self._allowed = asyncio.Semaphore(0)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.sent: list[tuple[int, float, float, int]] = []

    async def run(self) -> None:
        """Send all photos; those that are refused again and again, as cameras do."""
        began = time.time()
        allowing = asyncio.create_task(self._allow())
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._work.count):
                if self._work.per_second:
                    due = began + number / self._work.per_second
                    await asyncio.sleep(max(0.0, due - time.time()))
                else:
                    if not await self._may_send(allowing):
                        break
                    due = time.time()
                await self._slots.acquire()
                tasks.create_task(self._send(number, due))
        allowing.cancel()

    async def _may_send(self, allowing: "asyncio.Task[None]") -> bool:
        """Wait until another photo may be sent; False when no more may be."""
        waiting = asyncio.ensure_future(self._allowed.acquire())
        await asyncio.wait({waiting, allowing}, return_when=asyncio.FIRST_COMPLETED)
        return waiting.done()

    async def _allow(self) -> None:
        if self._work.per_second:
            await asyncio.Event().wait()
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        allowed = 0
        while line := await reader.readline():
            for _ in range(allowed, int(line)):
                self._allowed.release()
            allowed = max(allowed, int(line))

    async def _send(self, number: int, due: float) -> None:
        login = self._logins[number % len(self._logins)]
        photo = self._pool.photo(number)
        try:
            for tried in range(1, _TRIES + 1):
                name = f"{login}_00_{time.strftime('%Y%m%d%H%M%S')}.jpg"
                if await upload(self._work.port, login, self._work.secrets[login], name, photo):
                    self.sent.append((number, due, time.time(), tried))
                    return
                await asyncio.sleep(_AGAIN_S)
        finally:
            self._slots.release()

    def named(self) -> list[Sent]:
        """What was acknowledged, by the photos' ids."""
        return [
            Sent(
                photo_id(CameraId(self._logins[number % len(self._logins)]), bytes(self._pool.photo(number))),
                due,
                acknowledged,
                tries,
            )
            for number, due, acknowledged, tries in self.sent
        ]


def main() -> None:
    """Do what the file says."""
    # They are elsewhere in truth: here they take turns as standalone's programs do.
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    cameras = Cameras(Work(**json.loads(Path(sys.argv[1]).read_text())))
    uvloop.run(cameras.run())
    print(json.dumps([asdict(sent) for sent in cameras.named()]))


if __name__ == "__main__":
    main()
