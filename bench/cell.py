"""Ingest as the process that it is, with the real servers that it needs and cameras registered; and what it takes."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.ftp_load import FtpTarget
from services.estate.__main__ import import_lines
from services.estate.domain import CameraLine, Imported
from services.estate.settings import EstateSettings
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer
from tests.servers.running import RunningProgram, finish, free_ports
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service

PHOTO_BYTES = 1_000_000
DATA_PORTS = 200
CAMERAS, CAMERAS_PER_SHOP = 10_000, 10
ROOT = Path(__file__).parents[1]
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Cell:
    """Ingest, where it listens, and who may log in.

    Args:
        secrets: by login.
    """

    ingest: RunningProgram
    port: int
    data_ports: range
    estate: EstateSettings
    secrets: dict[str, str]

    def register(self, lines: list[CameraLine]) -> None:
        """Import cameras, and remember the secrets of those that are new."""

        def remember(imported: Imported) -> None:
            self.secrets.update((new.login, new.secret) for new in imported.new)

        finish(import_lines(self.estate, lines, remember))

    def target(self, login: str) -> FtpTarget:
        """The server, for one login."""
        return FtpTarget(self.port, login, self.secrets[login])


@contextmanager
def running_cell(folder: Path, certificate: Path, lines: list[CameraLine], **settings: object) -> Iterator[Cell]:
    """A cell that knows some cameras from its start.

    Args:
        settings: of ingest, where they are not to be the defaults.
    """
    nats, s3, postgres = servers = (
        NatsServer(made(folder / "nats")),
        S3Server(made(folder / "s3")),
        PostgresServer(made(folder / "pg")),
    )
    ports = free_ports(1 + DATA_PORTS)
    values = {
        "nats": connection(nats.settings("ingest")),
        "s3": connection(s3.settings("ingest")),
        "ftp_port": ports[0],
        "passive_port_first": ports[1],
        "passive_port_last": ports[-1],
        "tls_certificate": certificate,
        **settings,
    }
    ingest = RunningProgram(service("ingest", values), folder / "ingest.log")
    try:
        for server in servers:
            server.running.start()
            finish(server.provision())
        database = finish(postgres.fresh_database())
        estate = EstateSettings.model_validate(
            {"nats": connection(nats.settings("estate")), "postgres_dsn": database.dsn("estate")}
        )
        cell = Cell(ingest, ports[0], range(ports[1], ports[-1] + 1), estate, {})
        cell.register(lines)
        ingest.start()
        yield cell
    finally:
        for stop in (ingest.stop, postgres.running.stop, s3.running.kill, nats.running.stop):
            with suppress(AssertionError):
                stop()


def camera(number: int) -> str:
    """Name of a camera, which is its login."""
    return f"cam-{number // CAMERAS_PER_SHOP:04}-{number % CAMERAS_PER_SHOP}"


def made(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir()
    return folder


def photos(count: int) -> Iterator[tuple[str, bytes]]:
    """Photos of a megabyte that are all different, named as a Reolink names them."""
    photo = (ROOT / "demo_photos" / "photo-01.jpg").read_bytes()
    for _ in range(count):
        number = next(_numbers)
        content = photo[:PHOTO_BYTES].ljust(PHOTO_BYTES - 8, b"\0") + f"{number:08}".encode()
        if len(photo) > PHOTO_BYTES - 8:
            raise ValueError("the photo is larger than a megabyte")
        yield f"cam{number}_00_{20260101000000 + number % 60}.jpg", content


def cpu_ms(process: psutil.Process) -> float:
    """CPU that a process has taken so far, its ended and its running children included."""
    return family_cpu_ms(family_of(process))


def family_of(process: psutil.Process) -> list[psutil.Process]:
    """A process, and all that it has started. To look for them takes CPU, too."""
    return [process, *process.children(recursive=True)]


def family_cpu_ms(family: list[psutil.Process]) -> float:
    """As `cpu_ms`, of a family that is known already."""
    times = family[0].cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in family[1:]:
        with suppress(psutil.NoSuchProcess):
            own = child.cpu_times()
            total += own.user + own.system
    return float(total * 1000)
