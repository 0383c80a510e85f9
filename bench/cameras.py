"""Many cameras, and unfriendly ones: what ten thousand registered cameras cost, and what trouble does to an honest one.

Ingest is the real process, with real NATS, SeaweedFS and Postgres. An honest camera uploads a megabyte every half second
over new connections, as cameras do, while others make trouble. Those leave their connections open when they stop, so
that it is ingest that has to let go of them. All clients share one process and this machine with ingest and its servers,
so that times include theirs.

Two of ingest's limits are shorter than their defaults, which would take too long to wait for: login_timeout_s is 5
instead of 30, idle_timeout_s is 20 instead of 120. Nothing shortens the 30 s after which a transfer is looked at.
"""

import asyncio
import itertools
import json
import ssl
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import uvloop
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.cell import CAMERAS, CAMERAS_PER_SHOP, Cell, camera, cpu_ms, made, photos, running_cell
from bench.ftp_load import upload_all, upload_one
from bench.troubles import TROUBLES, Crowd, Trouble
from loadtest.ftp_session import believing_context
from services.estate.domain import CameraLine
from services.standalone.adapters.state_folder import StateFolder
from tests.servers.ftp_client import FtpClient, RefusedError

FEW_CAMERAS = 10
CONNECTED, CONNECTED_TLS = 1_000, 200
LOGINS_PER_S, TLS_LOGINS_PER_S = 100, 50
LIMITS = {"login_timeout_s": 5.0, "idle_timeout_s": 20.0}
HONEST, HONEST_EVERY_S, HONEST_WITHIN_S = "cam-0000-0", 0.5, 20.0
LET_GO_WITHIN_S = 75.0
_MIB = 1 << 20
console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, ms."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        """Of all samples."""
        ranked = sorted(seconds)
        return cls(*(1000 * s for s in (statistics.median(ranked), ranked[int(len(ranked) * 0.95)], ranked[-1])))

    def __str__(self) -> str:
        """As the table shows it."""
        return f"{self.p50:.0f} / {self.p95:.0f} / {self.max:.0f}"


@dataclass(frozen=True, slots=True)
class Observed:
    """What trouble did.

    Args:
        upload_ms: of the honest camera.
        cpu_share: of one core, the honest camera's uploads included.
        rss_mib: by how much ingest was larger at the end of the trouble than before.
        connections: the most that ingest had.
        let_go_s: from the trouble's end until ingest had no connection left.
        left: connections that it had then.
    """

    upload_ms: Times
    uploads: int
    failed: int
    cpu_share: float
    rss_mib: float
    connections: int
    let_go_s: float
    left: int


def lines(count: int) -> list[CameraLine]:
    """An estate of ten cameras a shop."""
    return [
        CameraLine("bench", "Bench", "bench", "Bench", f"shop-{number // CAMERAS_PER_SHOP:04}", "Bench", "UTC", camera(number))
        for number in range(count)
    ]  # fmt: skip


async def until_known(cell: Cell, login: str) -> None:
    """Wait until ingest lets a camera in. Each try comes from an address of its own: failures are answered late."""
    deadline = time.monotonic() + 60
    for number in itertools.count(1):
        client = await FtpClient.connect(cell.port, source=f"127.1.{number // 250}.{1 + number % 250}")
        try:
            async with asyncio.timeout(0.2):
                await client.log_in(login, cell.secrets[login])
                return
        except TimeoutError:
            if time.monotonic() > deadline:
                raise
        finally:
            client.writer.close()


async def log_in_all(cell: Cell, count: int, per_s: float, context: ssl.SSLContext | None) -> tuple[Times, float]:
    """Log different cameras in and keep them connected; times from connecting to 230, and ingest's RSS with all, MiB."""
    clients: list[FtpClient] = []
    took_s: list[float] = []

    async def log_in(login: str, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        began = time.monotonic()
        client = await FtpClient.connect(cell.port, context)
        await client.log_in(login, cell.secrets[login])
        took_s.append(time.monotonic() - began)
        clients.append(client)

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(log_in(camera(number), number / per_s))
    rss = rss_mib(cell)
    for client in clients:
        await client.quit()
    await until_let_go(cell)
    return Times.of(took_s), rss


def rss_mib(cell: Cell) -> float:
    """Memory that ingest has in use, MiB."""
    return float(psutil.Process(cell.ingest.pid).memory_info().rss) / _MIB


def connections(cell: Cell) -> int:
    """Cameras' connections that ingest has, as the kernel sees it: control and data."""
    ports = {cell.port, *cell.data_ports}
    return sum(
        bool(known.raddr) and known.laddr.port in ports
        for known in psutil.Process(cell.ingest.pid).net_connections("tcp")
    )


async def until_let_go(cell: Cell) -> tuple[float, int]:
    """Seconds until ingest has no connection left, and how many it has then."""
    began = time.monotonic()
    while True:
        took_s, left = time.monotonic() - began, connections(cell)
        if not left or took_s > LET_GO_WITHIN_S:
            return took_s, left
        await asyncio.sleep(0.1)


async def observe(cell: Cell, trouble: Trouble, lasts_s: float) -> tuple[Observed, Counter[str]]:
    """What an honest camera and ingest feel of some trouble."""
    process = psutil.Process(cell.ingest.pid)
    target = cell.target(HONEST)
    took_s: list[float] = []
    failed = most = 0
    crowd = Crowd(cell)

    async def honest(until: float) -> None:
        nonlocal failed, most
        while (began := time.monotonic()) < until:
            try:
                async with asyncio.timeout(HONEST_WITHIN_S):
                    await upload_one(target, *next(photos(1)))
            except (OSError, RefusedError):
                failed += 1
            took_s.append(time.monotonic() - began)
            most = max(most, connections(cell))
            await asyncio.sleep(max(0.0, began + HONEST_EVERY_S - time.monotonic()))

    rss, cpu, began = rss_mib(cell), cpu_ms(process), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(honest(began + lasts_s))
        await trouble(crowd, began + lasts_s)
    share = (cpu_ms(process) - cpu) / 1000 / (time.monotonic() - began)
    grown = rss_mib(cell) - rss
    let_go_s, left = await until_let_go(cell)
    await crowd.go()
    return Observed(Times.of(took_s), len(took_s), failed, share, grown, most, let_go_s, left), crowd.answers


@dataclass(frozen=True, slots=True)
class Registered:
    """What registered and connected cameras cost."""

    import_s: float
    known_s: float
    rss_few_mib: float
    rss_many_mib: float
    rss_connected_mib: float
    rss_connected_tls_mib: float
    login_ms: dict[str, Times]


async def many_cameras(cell: Cell, progress: Progress) -> Registered:
    """Register ten thousand, and log a thousand in."""
    task = progress.add_task("ten thousand cameras", total=5)
    await until_known(cell, camera(FEW_CAMERAS - 1))
    few = rss_mib(cell)
    began = time.monotonic()
    await asyncio.to_thread(cell.register, lines(CAMERAS))
    imported = time.monotonic()
    await until_known(cell, camera(CAMERAS - 1))
    known = time.monotonic()
    await until_let_go(cell)
    many = rss_mib(cell)
    progress.advance(task)
    login_ms: dict[str, Times] = {}
    at_once = float("inf")
    tls = believing_context()
    rss: dict[str, float] = {}
    for name, count, per_s, context in (
        ("plain, paced", CONNECTED, LOGINS_PER_S, None),
        ("plain, at once", CONNECTED, at_once, None),
        ("TLS, paced", CONNECTED_TLS, TLS_LOGINS_PER_S, tls),
        ("TLS, at once", CONNECTED_TLS, at_once, tls),
    ):
        login_ms[name], rss[name] = await log_in_all(cell, count, per_s, context)
        progress.advance(task)
    return Registered(imported - began, known - imported, few, many, rss["plain, paced"], rss["TLS, paced"], login_ms)


async def measure(cell: Cell, progress: Progress) -> tuple[Registered, dict[str, Observed]]:
    """Everything, one after the other."""
    registered = await many_cameras(cell, progress)
    await upload_all(cell.target(HONEST), photos(20), 2, tls=False)  # to warm up
    task = progress.add_task("trouble", total=len(TROUBLES))
    observed: dict[str, Observed] = {}
    for name, (trouble, lasts_s) in TROUBLES.items():
        progress.update(task, description=name)
        observed[name], answers = await observe(cell, trouble, lasts_s)
        if answers:
            progress.console.print(f"{name}: answered {dict(answers)}")
        progress.advance(task)
    return registered, observed


def show(registered: Registered, observed: dict[str, Observed]) -> None:
    """Tables, for people."""
    table = Table("registered and connected", "", title=f"{CAMERAS} cameras in {CAMERAS // CAMERAS_PER_SHOP} shops")
    table.add_row("imported, s", f"{registered.import_s:.1f}")
    table.add_row("known to ingest after that, s", f"{registered.known_s:.2f}")
    table.add_row(f"RSS with {FEW_CAMERAS} registered, MiB", f"{registered.rss_few_mib:.0f}")
    table.add_row(f"RSS with {CAMERAS} registered, MiB", f"{registered.rss_many_mib:.0f}")
    table.add_row(f"RSS with {CONNECTED} of them connected, MiB", f"{registered.rss_connected_mib:.0f}")
    table.add_row(f"RSS with {CONNECTED_TLS} connected by TLS, MiB", f"{registered.rss_connected_tls_mib:.0f}")
    for name, times in registered.login_ms.items():
        table.add_row(f"login, {name}: p50 / p95 / max, ms", str(times))
    console.print(table)
    table = Table(
        "trouble", "upload p50 / p95 / max, ms", "failed", "CPU of a core", "RSS, MiB", "connections", "let go, s", "left",
        title=f"one honest camera, {HONEST_EVERY_S} s apart",
    )  # fmt: skip
    for name, seen in observed.items():
        table.add_row(
            name, str(seen.upload_ms), f"{seen.failed} of {seen.uploads}", f"{seen.cpu_share:.1%}",
            f"{seen.rss_mib:+.1f}", str(seen.connections), f"{seen.let_go_s:.1f}", str(seen.left),
        )  # fmt: skip
    console.print(table)


def main() -> None:
    """Measure, and say so."""
    with (
        tempfile.TemporaryDirectory() as disk,
        StateFolder(made(Path(disk) / "state")) as state,
        Progress(console=console, transient=True) as progress,
    ):
        Path(disk).chmod(0o755)
        with running_cell(Path(disk), state.certificate(), lines(FEW_CAMERAS), **LIMITS) as cell:
            registered, observed = uvloop.run(measure(cell, progress))
    show(registered, observed)
    result = {**asdict(registered), "trouble": {name: asdict(seen) for name, seen in observed.items()}}
    print(json.dumps(_rounded(result)))


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {str(name).replace(", ", "_").replace(" ", "_"): _rounded(inner) for name, inner in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
