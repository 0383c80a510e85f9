"""Headquarters and cells on one machine: each has servers and services of its own, and a line to headquarters that can be cut."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from bench.chaos.line import Line
from services.estate.__main__ import import_lines
from services.estate.domain import CameraLine
from services.estate.settings import EstateSettings
from services.provision.domain.schema import DATABASE_ROLES
from services.provision.domain.site import Site
from services.report.command import first_admin, make_token
from services.standalone.adapters.postgres_server import DATABASE
from services.standalone.adapters.state_folder import StateFolder
from services.standalone.domain import Program, service_environment
from tests.servers.cells import HEADQUARTERS, until_linked
from tests.servers.ingest import Camera
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database, PostgresServer
from tests.servers.running import RunningProgram, environment, free_ports
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service

_DATA_PORTS: Final = 40
_ADMIN: Final = "admin@localhost"


class ProvisionError(Exception):
    """The servers of a place could not be prepared."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with one shop and one camera.

    Args:
        name: its domain, and its shop's region.
        line: to headquarters.
        camera: registered at headquarters.
    """

    name: str
    nats: NatsServer
    s3: S3Server
    line: Line
    camera: Camera

    @property
    def shop(self) -> str:
        """Its shop."""
        return f"{self.name}-1"


@dataclass(frozen=True, slots=True)
class Places:
    """All of it, running.

    Args:
        token: to ask the reports with.
        report_url: where they are.
    """

    s3: S3Server
    database: Database
    report_url: str
    token: str
    cells: dict[str, Cell]


@asynccontextmanager
async def running_places(folder: Path, names: Sequence[str]) -> AsyncIterator[Places]:
    """Headquarters and cells of these names, for as long as the block runs.

    Args:
        folder: for states and logs; it is there.
        names: of the cells.
    """
    async with AsyncExitStack() as stack:
        start = _Starting(stack, folder)
        hq = NatsServer(start.folder(HEADQUARTERS, "nats"), Site(HEADQUARTERS, cells=tuple(names)))
        postgres = PostgresServer(start.folder(HEADQUARTERS, "postgres"))
        stores = {name: S3Server(start.folder(name, "s3")) for name in (HEADQUARTERS, *names)}
        lines = {name: await stack.enter_async_context(Line.before(hq.cells_port)) for name in names}
        cells = {
            name: NatsServer(start.folder(name, "nats"), Site(name, headquarters=HEADQUARTERS), lines[name].port)
            for name in names
        }
        running = [server.running for server in (hq, *cells.values())] + [store.running for store in stores.values()]
        await start.together(*running, postgres.running)
        database = Database(postgres.port, DATABASE)
        await until_linked(hq, len(names))
        # In the order of docs/cells.md: what one of them asks another for is there.
        await _provision(hq, Site(HEADQUARTERS), stores[HEADQUARTERS], database)
        await asyncio.gather(*(_provision(cells[name], cells[name].site, stores[name]) for name in names))
        await _provision(hq, hq.site, stores[HEADQUARTERS], database)
        report, ports = _report(hq, database)
        record = service("record", {**_nats(hq, "record"), "postgres_dsn": database.dsn("record"), "rollup_pause_s": 1})
        programs = {(HEADQUARTERS, program.name): program for program in (report, record)}
        ftp = {name: free_ports(1 + _DATA_PORTS) for name in names}
        with StateFolder(folder / "certificate") as state:
            certificate = state.certificate()
        for name in names:
            for program in _services(cells[name], stores[name], ftp[name], certificate):
                programs[name, program.name] = program
        await start.together(*(start.child(place, program) for (place, _), program in programs.items()))
        cameras = await _register(hq, database, names)
        await first_admin(database.dsn("account"), _ADMIN, "a password of the benchmark")
        token = await make_token(database.dsn("account"), _ADMIN, "cells", days=1)
        yield Places(
            stores[HEADQUARTERS],
            database,
            f"http://127.0.0.1:{ports}/api/v1",
            token,
            {
                name: Cell(name, cells[name], stores[name], lines[name], Camera(ftp[name][0], *cameras[name]))
                for name in names
            },
        )


class _Starting:
    """Starts programs, each place's in a folder of its own, and ends them with the stack."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    def folder(self, *names: str) -> Path:
        made = self._folder.joinpath(*names)
        made.mkdir(parents=True, exist_ok=True)
        return made

    def child(self, place: str, program: Program) -> RunningProgram:
        return RunningProgram(program, self.folder(place, "logs") / f"{program.name}.log")

    async def together(self, *children: RunningProgram) -> None:
        for child in children:
            child.spawn()
            # Nothing of it is needed afterwards.
            self._stack.callback(child.kill)
        await asyncio.gather(*(child.until_ready() for child in children))


def _nats(server: NatsServer, user: str) -> dict[str, object]:
    return {"nats": connection(server.settings(user))}


def _services(
    nats: NatsServer, s3: S3Server, ftp: Sequence[int], certificate: Path
) -> tuple[Program, Program, Program]:
    ingest = {
        **_nats(nats, "ingest"),
        "s3": connection(s3.settings("ingest")),
        "ftp_port": ftp[0],
        "passive_port_first": ftp[1],
        "passive_port_last": ftp[-1],
        "tls_certificate": certificate,
    }
    detect = {**_nats(nats, "detect"), "s3": connection(s3.settings("detect"))}
    return service("ingest", ingest), service("detect", detect), service("classify", _nats(nats, "classify"))


def _report(nats: NatsServer, database: Database) -> tuple[Program, int]:
    """The reports, and their port."""
    (port,) = free_ports(1)
    values = {
        **_nats(nats, "report"),
        "postgres_dsn": database.dsn("report"),
        "account_dsn": database.dsn("account"),
        "cookie_key": "a key of the benchmark, which nobody signs in to",
        "secure_cookies": False,
        "http_port": port,
        "min_cell": 0,  # few are counted
    }
    return service("report", values), port


async def _provision(nats: NatsServer, site: Site, s3: S3Server, database: Database | None = None) -> None:
    """Run the job as it is run on a cluster.

    Raises:
        ProvisionError: with its last words.
    """
    values: dict[str, object] = {
        **_nats(nats, "admin"),
        "s3": connection(s3.settings("admin")),
        "domain": site.domain,
        "cells": json.dumps(site.cells),
        "headquarters": site.headquarters or None,
    }
    if database:
        values["postgres_dsn"] = database.dsn("owner")
        values |= {f"{role}_password": f"password-of-{role}" for role in DATABASE_ROLES}
    await _run("services.provision", service_environment("provision", values))


async def _run(module: str, variables: Mapping[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=environment() | dict(variables),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    if process.returncode:
        raise ProvisionError(said.decode()[-2000:])


async def _register(hq: NatsServer, database: Database, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Register a shop for each cell, at headquarters alone; login and secret of its camera."""
    settings = EstateSettings.model_validate({**_nats(hq, "estate"), "postgres_dsn": database.dsn("estate")})
    lines = [CameraLine(name, name, name, name, f"{name}-1", name, "UTC", f"{name}-1-exit") for name in names]
    imported = await import_lines(settings, lines, lambda _: None)
    return {new.camera.removesuffix("-1-exit"): (new.login, new.secret) for new in imported.new}


async def recorded(database: Database) -> set[str]:
    """Ids of the photos that headquarters has recorded."""
    connected = await asyncpg.connect(database.dsn("owner"))
    try:
        rows = await connected.fetch("select replace(photo_id::text, '-', '') as photo_id from photo")
    finally:
        await connected.close()
    return {row["photo_id"] for row in rows}
