"""What is seen beside a run: the processes' CPU, the queues, and afterwards the rows in Postgres."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import aiohttp
import asyncpg
import psutil

from loadtest.figures import Rows, Sample
from loadtest.this_machine import name_of
from services.common.streams import CONSUMERS

EVERY_S: Final = 1.0
_TIMEOUT_S: Final = 5.0
_CONSUMERS: Final = frozenset(consumer.name for consumer in CONSUMERS)
_LOOK_AGAIN_S: Final = 2.0
_AT_ONCE: Final = 2000
_FIND: Final = """
    select photo_id, recorded_at from photo
    where photo_id = any($1::uuid[]) and local_day between current_date - 2 and current_date + 2
"""


class Cpu:
    """CPU that processes take, those of one name together.

    Args:
        processes: who to look at; asked again each time, because programs are started again.
    """

    def __init__(self, processes: Callable[[], Iterable[psutil.Process]]) -> None:
        self._processes = processes
        self._names: dict[int, str] = {}
        self._before: dict[int, float] = {}
        self._looked_at: float | None = None

    def look(self, now: float) -> list[Sample]:
        """Cores that each name has taken since it was last looked; nothing the first time."""
        taken: dict[int, float] = {}
        for process in self._processes():
            with suppress(psutil.Error):
                self._names.setdefault(process.pid, name_of(process.cmdline()))
                times = process.cpu_times()
                taken[process.pid] = times.user + times.system
        cores: dict[str, float] = {}
        if self._looked_at is not None and now > self._looked_at:
            for pid, seconds in taken.items():
                name = self._names[pid]
                more = max(0.0, seconds - self._before.get(pid, seconds))
                cores[name] = cores.get(name, 0.0) + more / (now - self._looked_at)
        self._before, self._looked_at = taken, now
        return [Sample(now, "cpu", name, value) for name, value in cores.items()]


def queue_depths(jsz: Mapping[str, Any]) -> dict[str, int]:
    """Messages that wait for each service or are being worked on, from NATS's /jsz?streams=true&consumers=true."""
    depths: dict[str, int] = {}
    for account in jsz.get("account_details") or ():
        for stream in account.get("stream_detail") or ():
            for consumer in stream.get("consumer_detail") or ():
                if consumer["name"] in _CONSUMERS:
                    depths[consumer["name"]] = consumer["num_pending"] + consumer["num_ack_pending"]
    return depths


async def watch(cpu: Cpu, monitor_url: str, samples: list[Sample]) -> None:
    """Look every second, until this is cancelled.

    Args:
        monitor_url: of NATS; empty where there is none to reach.
        samples: what was seen is added.
    """
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as client:
        while True:
            samples += await asyncio.to_thread(cpu.look, time.time())
            if monitor_url:
                # A second without an answer is a gap in the chart.
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with client.get(f"{monitor_url}/jsz?streams=true&consumers=true") as answer:
                        answer.raise_for_status()
                        depths = queue_depths(await answer.json())
                    samples += [Sample(time.time(), "queue", name, depth) for name, depth in depths.items()]
            await asyncio.sleep(EVERY_S)


async def find_rows(
    dsn: str, photo_ids: Sequence[str], within_s: float, stops: Callable[[], bool], progress: Callable[[int], None]
) -> Rows:
    """When each photo's result came, once all have or it takes too long.

    Args:
        dsn: of a role that may read photos.
        within_s: the longest that it may take.
        stops: whether to wait no longer.
        progress: told how many are there.
    """
    at: dict[str, float] = {}
    missing = list(photo_ids)
    deadline = time.monotonic() + within_s
    connection = await asyncpg.connect(dsn, timeout=_TIMEOUT_S)
    try:
        while True:
            looked_at = time.time()
            for first in range(0, len(missing), _AT_ONCE):
                for row in await connection.fetch(_FIND, missing[first : first + _AT_ONCE], timeout=60):
                    at[row["photo_id"].hex] = row["recorded_at"].timestamp()
            missing = [one for one in missing if one not in at]
            progress(len(at))
            if not missing or stops() or time.monotonic() > deadline:
                return Rows(at, looked_at)
            await asyncio.sleep(_LOOK_AGAIN_S)
    finally:
        await connection.close()
