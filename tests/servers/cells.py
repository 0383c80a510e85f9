"""The nats-servers of headquarters and its cells, each cell behind a line that can be cut."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import nats.errors
import nats.js.errors
from facetally.v1.estate_pb2 import Shop
from facetally.v1.face_pb2 import FacesClassified

from bench.chaos.line import Line
from services.common.errors import TransientError
from services.common.kv_watch import KvWatch
from services.common.messaging import MessageBus
from services.estate.adapters.kv_shop_board import KvShopBoard
from services.provision.domain.site import Site
from tests.servers.nats import NatsServer

HEADQUARTERS = "hq"
# Connecting again, and asking for what is missing.
SOON_S = 15.0
# What nats-server asks for while the other one is away it gives up after 30 s, and asks for again 10 s later.
AFTER_ABSENCE_S = 60.0
_LINKED_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class LinkedServers:
    """They run, and are provisioned.

    Args:
        headquarters: what the cells' results come to.
        cells: by name.
        lines: between a cell and headquarters, by the cell's name.
    """

    headquarters: NatsServer
    cells: dict[str, NatsServer]
    lines: dict[str, Line]


@asynccontextmanager
async def linked_servers(folder: Path, *names: str) -> AsyncIterator[LinkedServers]:
    """Headquarters and these cells, for as long as the block runs."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.sleep, 0)  # connections that were ended are closed in the loop's next turn
        headquarters = NatsServer(folder / HEADQUARTERS, Site(HEADQUARTERS, cells=names))
        servers, lines = {HEADQUARTERS: headquarters}, dict[str, Line]()
        for name in names:
            lines[name] = await stack.enter_async_context(Line.before(headquarters.cells_port))
            servers[name] = NatsServer(folder / name, Site(name, headquarters=HEADQUARTERS), lines[name].port)
        for server in servers.values():
            server.running.spawn()
            stack.callback(server.running.kill)
        for server in servers.values():
            await server.running.until_ready()
        await until_linked(headquarters, len(names))
        # As it is done (docs/cells.md): headquarters, the cells, and then they are on its list. What one of them asks another for is there.
        await headquarters.provision(Site(HEADQUARTERS))
        for name in names:
            await servers[name].provision()
        await headquarters.provision()
        yield LinkedServers(headquarters, {name: servers[name] for name in names}, lines)


async def until_linked(headquarters: NatsServer, cells: int) -> None:
    """Wait until so many cells are connected."""
    url = f"http://127.0.0.1:{headquarters.monitor_port}/leafz"
    async with httpx.AsyncClient() as client, asyncio.timeout(_LINKED_WITHIN_S):
        while (await client.get(url)).json()["leafnodes"] < cells:
            await asyncio.sleep(0.05)


async def until_given_up(headquarters: NatsServer) -> None:
    """Wait until headquarters takes a cell's silence for its end."""
    async with asyncio.timeout(SOON_S):
        while "Stale" not in headquarters.running.log.read_text():
            await asyncio.sleep(0.2)


@asynccontextmanager
async def bus(server: NatsServer, user: str = "admin") -> AsyncIterator[MessageBus]:
    """A connection, as the administrator unless said otherwise."""
    async with MessageBus.connect(server.settings(user), "test") as connected:
        yield connected


async def classify(server: NatsServer, region: str, numbers: range) -> None:
    """Publish results as a cell's classify does: again and again, until they are taken."""
    async with bus(server, "classify") as cell, asyncio.timeout(SOON_S):
        for number in numbers:
            while True:
                try:
                    await cell.publish(f"results.{region}.shop", FacesClassified(), f"{region}-{number}")
                except TransientError:
                    await asyncio.sleep(0.2)
                else:
                    break


def ids(region: str, numbers: range) -> Counter[str]:
    """The ids of such results, each once."""
    return Counter(f"{region}-{number}" for number in numbers)


async def recorded(server: NatsServer, stream: str = "RESULTS") -> Counter[str]:
    """The id of each message that headquarters has, and how often."""
    found = Counter[str]()
    async with bus(server) as admin:
        state = (await admin.jetstream.stream_info(stream)).state
        for number in range(state.first_seq, state.first_seq + state.messages):
            message = await admin.jetstream.get_msg(stream, number)
            assert message.headers is not None
            found[message.headers["Nats-Msg-Id"]] += 1
    return found


async def until_recorded(server: NatsServer, expected: Counter[str], within_s: float = SOON_S) -> float:
    """Seconds until headquarters has all of it; each once."""
    began, found = time.monotonic(), Counter[str]()
    async with asyncio.timeout(within_s):
        while sum(found.values()) < sum(expected.values()):
            await asyncio.sleep(0.1)
            with suppress(nats.errors.Error, nats.js.errors.Error):  # a cluster that has lost a server elects another
                found = await recorded(server)
    assert found == expected
    return time.monotonic() - began


class Bucket:
    """What a service in a cell knows of a bucket."""

    def __init__(self, server: NatsServer, user: str, name: str) -> None:
        self.server, self.user, self.name = server, user, name
        self.entries: dict[str, bytes] = {}

    @asynccontextmanager
    async def following(self) -> AsyncIterator["Bucket"]:
        async with bus(self.server, self.user) as connected:
            watch = KvWatch[tuple[str, bytes]](
                connected, self.name, lambda key, value: (key, value), self._read_all, self._replace
            )
            async with watch.following():
                async with asyncio.timeout(SOON_S):
                    await watch.until_read()
                yield self

    def _read_all(self, entries: dict[str, tuple[str, bytes]]) -> None:
        self.entries = dict(entries.values())

    def _replace(self, before: tuple[str, bytes] | None, after: tuple[str, bytes] | None) -> None:
        if before:
            self.entries.pop(before[0], None)
        if after:
            self.entries[after[0]] = after[1]

    async def until(self, wanted: Callable[[dict[str, bytes]], bool], within_s: float = SOON_S) -> None:
        async with asyncio.timeout(within_s):
            while not wanted(self.entries):
                await asyncio.sleep(0.1)


async def post(server: NatsServer, *names: str) -> None:
    """Let the registry say that there are these shops, and no others."""
    async with bus(server, "estate") as estate:
        await KvShopBoard(estate).post([Shop(region_id="europe", shop_id=name) for name in names])


def known(*names: str) -> Callable[[dict[str, bytes]], bool]:
    """Whether a bucket knows these shops, and no others."""
    return lambda entries: entries.keys() == {f"europe.{name}" for name in names}
