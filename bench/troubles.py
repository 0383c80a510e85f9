"""Clients that make trouble, as many as some: each leaves its connections open when it stops."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bench.cell import CAMERAS, Cell, camera, photos
from tests.servers.ftp_client import FtpClient, RefusedError

TROUBLE_S, GUESSING_S = 12.0, 15.0
_WRONG_LOGINS_PER_S = 100
_ADDRESSES = 200
_TRICKS = (
    b"../../../../etc/passwd", b"/../" * 200 + b"x.jpg", b"a\0b.jpg", b"x" * 4000 + b".jpg", b"\xff\xfe\x80.jpg",
    b"\xff\xf4\xff\xf2.jpg", b"%s%n%x.jpg", b"a\rb.jpg", b"~root/.ssh/authorized_keys", b"C:\\windows\\win.ini",
)  # fmt: skip
_TRICK_COMMANDS = (b"CWD ", b"MKD ", b"SIZE ", b"MDTM ", b"RNFR ", b"RNTO ", b"DELE ", b"RETR ", b"STAT ")


class Crowd:
    """Connections that make trouble, open until all is over."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.answers: Counter[str] = Counter()
        self._open: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def connect(self, source: str | None = None) -> FtpClient:
        """A connection that nobody closes."""
        client = await FtpClient.connect(self.cell.port, source=source)
        self._open.append(client.writer)
        return client

    async def begin_upload(self, login: str, name: str) -> tuple[FtpClient, asyncio.StreamWriter]:
        """A camera that has logged in, and its data connection, which nobody closes either."""
        client = await self.connect()
        await client.log_in(login, self.cell.secrets[login])
        data = await client.begin_upload(name)
        self._open.append(data)
        return client, data

    def spawn(self, work: Awaitable[None]) -> None:
        """Let somebody make trouble until ingest has had enough of it."""

        async def bear() -> None:
            with suppress(OSError, RefusedError):
                await work

        task = asyncio.ensure_future(bear())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def go(self) -> None:
        """Close everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._open:
            writer.close()


Trouble = Callable[[Crowd, float], Awaitable[None]]


async def quiet(_: Crowd, until: float) -> None:
    """None."""
    await asyncio.sleep(until - time.monotonic())


async def never_a_line(crowd: Crowd, until: float) -> None:
    """200 connections that send a byte of a command every second; who is disconnected comes back."""

    async def drip() -> None:
        while time.monotonic() < until:
            client = await crowd.connect()
            await client.say("", "220")
            for byte in itertools.cycle(b"NOOP"):
                if time.monotonic() >= until or client.writer.is_closing():
                    break
                client.writer.write(bytes([byte]))
                await asyncio.sleep(1)

    for _ in range(200):
        crowd.spawn(drip())
    await asyncio.sleep(until - time.monotonic())


async def slow_senders(crowd: Crowd, until: float) -> None:
    """20 that have logged in and send their photos at 100 bytes a second."""

    async def send(login: str, name: str, photo: bytes) -> None:
        client, data = await crowd.begin_upload(login, name)
        for start in range(0, len(photo), 10):
            if data.is_closing():
                break
            data.write(photo[start : start + 10])
            await asyncio.sleep(0.1)
        crowd.answers[(await client.say(""))[:3]] += 1
        await client.quit()

    for number, (name, photo) in enumerate(photos(20)):
        crowd.spawn(send(camera(100 + number), name, photo))
    await asyncio.sleep(until - time.monotonic())


async def never_closed(crowd: Crowd, until: float) -> None:
    """20 that send whole photos and never close their data connections; answered, they leave."""

    async def send(login: str, name: str, photo: bytes) -> None:
        client, data = await crowd.begin_upload(login, name)
        data.write(photo)
        await client.say("", "226")
        crowd.answers["226"] += 1
        await client.quit()

    for number, (name, photo) in enumerate(photos(20)):
        crowd.spawn(send(camera(200 + number), name, photo))
    await asyncio.sleep(until - time.monotonic())


async def idle_strangers(crowd: Crowd, until: float) -> None:
    """500 connections that never say a word; who is disconnected comes back."""

    async def wait() -> None:
        while time.monotonic() < until:
            client = await crowd.connect()
            with suppress(RefusedError, ConnectionError):
                while await client.say(""):
                    pass

    for _ in range(500):
        crowd.spawn(wait())
    await asyncio.sleep(until - time.monotonic())


def bad_passwords(addresses: int) -> Trouble:
    """100 wrong logins a second, from one address or from many."""

    async def trouble(crowd: Crowd, until: float) -> None:
        async def guess(number: int, source: str) -> None:
            client = await crowd.connect(source)
            await client.say("", "220")
            await client.say(f"USER {camera(number % CAMERAS)}", "331")
            crowd.answers[(await client.say("PASS wrong"))[:3]] += 1

        def one(number: int) -> None:
            # The honest camera comes from 127.0.0.1, and so do these where they have one address.
            crowd.spawn(guess(number, f"127.0.0.{1 + number % addresses}"))

        await _at_rate(_WRONG_LOGINS_PER_S, until, one)

    return trouble


async def path_tricks(crowd: Crowd, until: float) -> None:
    """20 logins a second, each with ten odd names for nine commands and an upload."""
    tricks = itertools.cycle(_TRICKS)

    async def try_all(login: str, trick: bytes) -> None:
        client = await crowd.connect()
        await client.log_in(login, crowd.cell.secrets[login])
        for command in _TRICK_COMMANDS:
            crowd.answers[(await client.say(command + trick))[:1]] += 1
        data = await client.begin_upload(trick)
        data.write(b"no photo" * 100)
        data.close()
        crowd.answers[(await client.say(""))[:1]] += 1
        await client.quit()

    await _at_rate(20, until, lambda number: crowd.spawn(try_all(camera(300 + number), next(tricks))))


TROUBLES: dict[str, tuple[Trouble, float]] = {
    "quiet": (quiet, TROUBLE_S),
    "200 that never finish a line": (never_a_line, TROUBLE_S),
    "20 senders at 100 bytes/s": (slow_senders, TROUBLE_S),
    "500 idle strangers": (idle_strangers, TROUBLE_S),
    "100 wrong logins/s, the same address": (bad_passwords(1), GUESSING_S),
    "100 wrong logins/s, 200 addresses": (bad_passwords(_ADDRESSES), GUESSING_S),
    "200 path tricks/s": (path_tricks, TROUBLE_S),
    "20 data connections never closed": (never_closed, TROUBLE_S),
}


async def _at_rate(per_s: float, until: float, act: Callable[[int], None]) -> None:
    """Do something so many times a second."""
    began = time.monotonic()
    for number in itertools.count():
        due = began + number / per_s
        if due >= until:
            return
        await asyncio.sleep(due - time.monotonic())
        act(number)
