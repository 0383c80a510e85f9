"""One machine whose lines can be cut, whose store can be refused and whose clocks can be put wrong."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bench.chain.machine import register_cameras
from bench.chaos.line import Line
from services.common.settings import NatsSettings, S3Settings
from services.operate.settings import ENVIRONMENT_FILE, OperateSettings
from services.standalone.domain import INTERNAL_PORTS, Program, plan_ports
from services.standalone.machine import Machine, running_machine
from services.standalone.settings import StandaloneSettings
from tests.servers.running import free_ports
from tests.servers.store_proxy import Mood, StoreProxy

SHOPS: Final = 40
WORKERS: Final = 2
CLOCKS: Final = ("ingest", "detect-1", "record", "postgres")
# This one reads every photo from the store; the other finds most of them in memory.
_READS_THE_STORE: Final = "detect-2"
_PASSIVE_PORTS: Final = 100
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - where libfaketime leaves things, not we
_LOOK_EVERY_S: Final = 0.2


class NoFaketimeError(Exception):
    """The library that puts clocks wrong is not installed."""


@dataclass(slots=True)
class Rig:
    """The running machine, and what stands between its programs.

    Args:
        folder: of everything; the state is in it.
        programs: by name, as they are started.
        line: between record and NATS.
        proxies: before the store: its filer, where photos are written, and S3, where they are read.
    """

    folder: Path
    machine: Machine
    programs: dict[str, Program]
    line: Line
    proxies: tuple[StoreProxy, ...]
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def memory_folder(self) -> Path | None:
        """Where photos are passed on in memory."""
        found = self.programs["ingest"].environment.get("FACETALLY_INGEST_S3__RECENT_PHOTOS")
        return Path(found).parent if found else None

    def pid(self, name: str) -> int:
        """Process id of a program."""
        return self.machine.supervisor.pids()[name]

    async def started_again(self, name: str, pid: int, within_s: float = 30.0) -> int:
        """The process id of a program, once it is another one.

        Raises:
            TimeoutError: nobody has started it again.
        """
        async with asyncio.timeout(within_s):
            while (now := self.pid(name)) == pid:  # noqa: ASYNC110 - processes set no event
                await asyncio.sleep(_LOOK_EVERY_S)
        return now

    async def ready_again(self, name: str, within_s: float) -> float | None:
        """Seconds until a program works; None when it does not in time."""
        probe = self.programs[name].ready
        assert probe is not None
        began = time.monotonic()
        while not await probe():
            if time.monotonic() - began > within_s:
                return None
            await asyncio.sleep(_LOOK_EVERY_S)
        return time.monotonic() - began

    def set_clock(self, name: str, hours: int) -> None:
        """Let a program's clock be wrong by so many hours from its next start on."""
        _write_clock(self.folder, name, hours)

    def turn_store(self, mood: Mood) -> None:
        """Change what becomes of requests to the store."""
        for proxy in self.proxies:
            proxy.turn(mood)

    def nats(self, user: str) -> NatsSettings:
        """Connection to NATS."""
        return NatsSettings.model_validate(self.machine.nats(user))

    def s3(self) -> S3Settings:
        """The store itself, past the proxies."""
        return S3Settings.model_validate(
            {
                "url": f"http://127.0.0.1:{self.machine.ports.s3}",
                "access_key": "admin",
                "secret_key": self.machine.secrets["s3-admin"],
            }
        )

    def operator(self) -> OperateSettings:
        """What doctor looks at."""
        return OperateSettings(_env_file=self.machine.settings.state_dir / ENVIRONMENT_FILE, limit_s=4.0)


@asynccontextmanager
async def running_rig(folder: Path, say: Callable[[str], None]) -> AsyncIterator[Rig]:
    """A machine in a new folder, with cameras that it knows.

    Args:
        say: told what happens to programs, a line at a time.

    Raises:
        NoFaketimeError: libfaketime is not installed.
    """
    faketime = _faketime()
    ports = _ports_in_a_row(INTERNAL_PORTS + _PASSIVE_PORTS + 3)
    settings = StandaloneSettings(
        state_dir=folder / "state", ftp_port=ports[0], report_port=ports[1], face_api_port=ports[2],
        internal_port_first=ports[3], passive_port_first=ports[3 + INTERNAL_PORTS], passive_port_last=ports[-1], detect_workers=WORKERS, separate_classify=True,
    )  # fmt: skip
    planned = plan_ports(
        settings.ftp_port, settings.report_port, settings.face_api_port, settings.internal_port_first, WORKERS
    )
    (folder / "tmp").mkdir()
    (folder / "clocks").mkdir()
    for name in CLOCKS:
        _write_clock(folder, name, 0)
    programs: dict[str, Program] = {}
    async with (
        Line.before(planned.nats) as line,
        StoreProxy.before(planned.weed["filer.grpc"]) as filer,
        StoreProxy.before(planned.s3) as gateway,
    ):
        changes = {
            "ingest": {"FACETALLY_INGEST_S3__SEAWEEDFS_FILER": filer.url.removeprefix("http://")},
            "record": {"FACETALLY_RECORD_NATS__URL": f"nats://127.0.0.1:{line.port}"},
        }
        for name in ("detect-1", "detect-2"):
            changes[name] = {"FACETALLY_DETECT_S3__URL": gateway.url}

        def arrange(program: Program) -> Program:
            environment = {**program.environment, **changes.get(program.name, {}), "TMPDIR": str(folder / "tmp")}
            if program.name == _READS_THE_STORE:
                # There is none where the system has no such memory.
                environment.pop("FACETALLY_DETECT_S3__RECENT_PHOTOS", None)
            if program.name in CLOCKS:
                environment |= _wrong_clock(faketime, _clock(folder, program.name))
            programs[program.name] = replace(program, environment=environment)
            return programs[program.name]

        try:
            async with running_machine(settings, say, arrange) as machine:
                rig = Rig(folder, machine, programs, line, (filer, gateway))
                rig.secrets.update(await register_cameras(machine, SHOPS))
                yield rig
        finally:
            _tidy_up_after_faketime()


def _ports_in_a_row(count: int) -> list[int]:
    """Free ports; a single one that is taken, perhaps by a connection that has just ended, is stepped over with all before it."""
    while True:
        ports = free_ports(count)
        if ports[-1] - ports[0] == count - 1:
            return ports


def _faketime() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise NoFaketimeError("libfaketime is not installed: `make test-programs` says how")
    return found[0]


def _wrong_clock(library: Path, clock: Path) -> dict[str, str]:
    """What makes a program take its time from a file: time since start-up stays right, and so do files' times."""
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "100000",  # a clock is read once, at the start
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def _clock(folder: Path, name: str) -> Path:
    return folder / "clocks" / name


def _write_clock(folder: Path, name: str, hours: int) -> None:
    _clock(folder, name).write_text(f"{hours:+}h\n")


def _tidy_up_after_faketime() -> None:
    """A process that is killed with libfaketime in it leaves two small files in memory."""
    for path in _MEMORY.glob("*faketime_s[eh]m_*"):
        is_ours = path.stat().st_uid == os.getuid()
        if is_ours and not Path(f"/proc/{path.name.rpartition('_')[2]}").exists():
            path.unlink(missing_ok=True)
