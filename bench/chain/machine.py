"""One machine with an estate, and what its processes take."""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from bench.cell import ROOT, cpu_ms, family_cpu_ms, family_of
from bench.chain.cameras import Sent, Work
from services.common.settings import NatsSettings
from services.estate.__main__ import import_lines
from services.estate.domain import CameraLine
from services.estate.settings import EstateSettings
from services.standalone.domain import INTERNAL_PORTS
from services.standalone.machine import Machine, running_machine
from services.standalone.settings import StandaloneSettings
from tests.servers.running import free_ports

SHOPS: Final = 200
_PASSIVE_PORTS: Final = 200
_SAMPLE_EVERY_S: Final = 1.0
_FAMILIES_EVERY: Final = 15
_LOOK_EVERY_S: Final = 0.2
_ROWS_WITHIN_S: Final = 300.0
_ROWS = "select replace(photo_id::text, '-', '') as photo_id, pg_xact_commit_timestamp(xmin) as committed_at from photo"


@dataclass(slots=True)
class Usage:
    """What processes took while something ran.

    Args:
        cpu_ms: by program.
        peak_rss: most bytes at a time, by program.
    """

    cpu_ms: dict[str, float] = field(default_factory=dict)
    peak_rss: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some photos; latencies in seconds from 226 to the row's commit.

    Args:
        photos_per_s: rows in a second, from the first upload's due time to the last row.
        answered_s: from when a photo was due to its 226.
    """

    sent: int
    acknowledged: int
    rows: int
    doubled: int
    tallied_s: list[float]
    answered_s: list[float]
    photos_per_s: float
    usage: Usage


class Chain:
    """The running machine, and cameras for it."""

    def __init__(self, machine: Machine, secrets: dict[str, str], pool: Path, database: Any) -> None:
        self._machine = machine
        self._secrets = secrets
        self._pool = pool
        self._database = database

    async def carry(self, count: int, per_second: float) -> Outcome:
        """Have photos sent at a steady rate, whether they are kept up with or not, and wait for their rows."""
        return await self._run(count, per_second, window=0, seconds=0.0)

    async def saturate(self, seconds: float, window: int) -> Outcome:
        """Have photos sent so that there are always some in the chain, which is then as fast as it can be.

        Args:
            window: how many are on their way at a time.
        """
        return await self._run(1_000_000, 0.0, window=window, seconds=seconds)

    async def _run(self, count: int, per_second: float, window: int, seconds: float) -> Outcome:
        await self._database.execute("delete from photo")
        work = Work(self._machine.settings.ftp_port, self._secrets, str(self._pool), count, per_second)
        path = self._machine.settings.state_dir / "cameras.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(work)))
        cameras = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.chain.cameras", str(path), cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        usage = Usage()
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch(usage, cameras.pid))
            said = tasks.create_task(_said(cameras))
            if window:
                await self._keep_full(cameras, window, seconds)
            sent = [Sent(**one) for one in json.loads(await said)]
            rows = await self._rows(len(sent))
            watching.cancel()
        return outcome_of(sent, rows, count if per_second else len(sent), usage)

    async def _keep_full(self, cameras: asyncio.subprocess.Process, window: int, seconds: float) -> None:
        """Let cameras send as many as are missing in the chain, for a while."""
        assert cameras.stdin is not None
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            cameras.stdin.write(f"{await self._recorded() + window}\n".encode())
            await asyncio.sleep(_LOOK_EVERY_S)
        cameras.stdin.close()

    async def _recorded(self) -> int:
        return int(await self._database.fetchval("select count(*) from photo"))

    async def _rows(self, count: int) -> list[tuple[str, float]]:
        """Rows, once there are so many, or no more come."""
        deadline = time.monotonic() + _ROWS_WITHIN_S
        while await self._recorded() < count and time.monotonic() < deadline:  # noqa: ASYNC110 - rows set no event
            await asyncio.sleep(_LOOK_EVERY_S)
        return [(row["photo_id"], row["committed_at"].timestamp()) for row in await self._database.fetch(_ROWS)]

    async def _watch(self, usage: Usage, cameras: int) -> None:
        """Note what everything takes, until cancelled. Children are looked for now and then only: that takes CPU, too."""
        processes = {name: psutil.Process(pid) for name, pid in self._machine.supervisor.pids().items()}
        processes["cameras"] = psutil.Process(cameras)
        families: dict[str, list[psutil.Process]] = {}
        before = {name: cpu_ms(process) for name, process in processes.items()}
        before["cameras"] = 0.0
        for sample in itertools.count():
            for name, process in processes.items():
                with suppress(psutil.NoSuchProcess):
                    if sample % _FAMILIES_EVERY == 0:
                        families[name] = family_of(process)
                    usage.cpu_ms[name] = family_cpu_ms(families[name]) - before[name]
                    usage.peak_rss[name] = max(usage.peak_rss.get(name, 0), _rss(families[name]))
            await asyncio.sleep(_SAMPLE_EVERY_S)


async def _said(cameras: asyncio.subprocess.Process) -> bytes:
    """What the cameras have to say, when they have ended."""
    assert cameras.stdout is not None
    output = await cameras.stdout.read()
    if await cameras.wait():
        raise RuntimeError("the cameras could not send")
    return output


def _rss(family: list[psutil.Process]) -> int:
    """Memory of a process; of its children, what they do not share with it."""
    total = int(family[0].memory_info().rss)
    for child in family[1:]:
        with suppress(psutil.NoSuchProcess):
            total += child.memory_info().rss - child.memory_info().shared
    return total


def outcome_of(sent: list[Sent], rows: list[tuple[str, float]], count: int, usage: Usage) -> Outcome:
    """What became of photos.

    Args:
        sent: those that were acknowledged.
        rows: photo's id, and when it was committed.
        count: how many were to be sent.
        usage: of the processes meanwhile.
    """
    acknowledged = {one.photo_id: one for one in sent}
    committed = dict(rows)
    found = [(acknowledged[name], at) for name, at in committed.items() if name in acknowledged]
    first = min(one.due_at for one in sent)
    return Outcome(
        sent=count,
        acknowledged=len(acknowledged),
        rows=len(found),
        doubled=len(rows) - len(committed),
        tallied_s=[at - one.acknowledged_at for one, at in found],
        answered_s=[one.acknowledged_at - one.due_at for one in sent],
        photos_per_s=len(found) / (max(at for _, at in found) - first),
        usage=usage,
    )


def settings_of_its_own(
    folder: Path, detect_workers: int | None = None, *, separate: bool = False
) -> StandaloneSettings:
    """Settings of a machine in a folder, on ports that nobody listens on.

    Args:
        detect_workers: by default one per core.
        separate: classify is a process of its own, as on many machines.
    """
    ports = free_ports(INTERNAL_PORTS + _PASSIVE_PORTS + 3)
    return StandaloneSettings(
        state_dir=folder, ftp_port=ports[0], report_port=ports[1], face_api_port=ports[2],
        internal_port_first=ports[3], passive_port_first=ports[3 + INTERNAL_PORTS],
        passive_port_last=ports[2 + INTERNAL_PORTS + _PASSIVE_PORTS],
        detect_workers=detect_workers or os.cpu_count() or 1, separate_classify=separate,
    )  # fmt: skip


@asynccontextmanager
async def running_chain(
    folder: Path, pool: Path, detect_workers: int | None, *, separate: bool
) -> AsyncIterator[Chain]:
    """A machine in a folder, with cameras that it knows, and the state of nothing before."""
    settings = settings_of_its_own(folder, detect_workers, separate=separate)
    async with running_machine(settings, lambda _: None) as machine:
        secrets = await register_cameras(machine, SHOPS)
        database = await asyncpg.connect(machine.dsn("owner"))
        try:
            await asyncio.sleep(2)  # ingest hears of the cameras
            yield Chain(machine, secrets, pool, database)
        finally:
            await database.close()


async def register_cameras(machine: Machine, shops: int) -> dict[str, str]:
    """Make shops with a camera each; the cameras' secrets by login, which is the camera's name too."""
    nats = NatsSettings.model_validate(machine.nats("estate"))
    estate = EstateSettings.model_validate({"nats": nats, "postgres_dsn": machine.dsn("estate")})
    lines = [
        CameraLine("europe", "Europe", "berlin", "Berlin", f"shop-{n:03}", f"Shop {n}", "Europe/Berlin", f"cam-{n:03}")
        for n in range(shops)
    ]
    secrets: dict[str, str] = {}
    await import_lines(estate, lines, lambda done: secrets.update({new.login: new.secret for new in done.new}))
    return secrets
