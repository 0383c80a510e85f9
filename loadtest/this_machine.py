"""What runs on this machine: the standalone of `make up`, as the load test needs to know it."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import psutil

from bench.year.estate import REGION_NAMES, make_shops
from loadtest.logins import Login, LoginsError
from services.common.settings import NatsSettings
from services.demo.adapters.logins_file import LoginsFile
from services.estate.__main__ import import_lines
from services.estate.domain import CameraLine
from services.estate.settings import EstateSettings
from services.standalone.adapters.postgres_server import DATABASE
from services.standalone.adapters.state_folder import StateFolder
from services.standalone.domain import Ports, plan_ports
from services.standalone.settings import StandaloneSettings

LOOPBACK: Final = "127.0.0.1"
SHOPS: Final = 1000
_SEED: Final = 6


class NotRunningError(Exception):
    """There is no standalone here."""


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """The standalone that runs here.

    Args:
        state: its folder.
    """

    state: Path
    ports: Ports
    secrets: dict[str, str]

    def dsn(self, role: str) -> str:
        """Connection to Postgres."""
        return f"postgresql://{role}:{self.secrets[f'postgres-{role}']}@{LOOPBACK}:{self.ports.postgres}/{DATABASE}"

    @property
    def report_url(self) -> str:
        """Address of the report pages."""
        return f"http://{LOOPBACK}:{self.ports.report}"

    @property
    def monitor_url(self) -> str:
        """Address of NATS monitoring."""
        return f"http://{LOOPBACK}:{self.ports.nats_monitor}"

    async def logins(self) -> list[Login]:
        """Logins of the load test's cameras, which are registered now if they are not yet.

        Raises:
            LoginsError: they are registered, and the state folder does not have their secrets.
        """
        lines = estate()
        kept = LoginsFile(self.state / "load-logins.csv")
        nats = {
            "url": f"nats://{LOOPBACK}:{self.ports.nats}",
            "user": "estate",
            "password": self.secrets["nats-estate"],
        }
        settings = EstateSettings.model_validate(
            {"nats": NatsSettings.model_validate(nats), "postgres_dsn": self.dsn("estate")}
        )
        await import_lines(settings, lines, lambda imported: kept.add(imported.new))
        secrets = kept.read()
        if missing := [line.camera for line in lines if line.camera not in secrets]:
            raise LoginsError(f"the secrets of {len(missing)} of the load test's cameras are not in {self.state}")
        return [Login(line.camera, line.camera, secrets[line.camera], ZoneInfo(line.time_zone)) for line in lines]


def this_machine() -> ThisMachine:
    """The standalone that runs here, with the settings of the environment.

    Raises:
        NotRunningError: nothing answers on its FTP port.
    """
    settings = StandaloneSettings()
    ports = plan_ports(
        settings.ftp_port,
        settings.report_port,
        settings.face_api_port,
        settings.internal_port_first,
        settings.detect_workers,
        separate=settings.separate_classify,
    )
    try:
        with socket.create_connection((LOOPBACK, ports.ftp), timeout=5):
            pass
    except OSError as error:
        raise NotRunningError(f"nothing answers on {LOOPBACK}, port {ports.ftp}: start it with `make up`") from error
    if not (settings.state_dir / "secrets.json").exists():
        raise NotRunningError(f"the state folder {settings.state_dir.resolve()} is not that of a standalone")
    state = StateFolder(settings.state_dir)
    return ThisMachine(state.path, ports, state.secrets([]))


def estate(shops: int = SHOPS) -> list[CameraLine]:
    """Shops around the world with a camera each, always open, in regions of their own."""
    return [
        CameraLine(
            region=f"load-{shop.city.region}",
            region_name=f"Load test, {REGION_NAMES[shop.city.region]}",
            city=f"load-{shop.city.slug}",
            city_name=f"Load test, {shop.city.name}",
            shop=f"load-{shop.slug}",
            shop_name=shop.name,
            time_zone=shop.city.time_zone,
            camera=f"load-{shop.slug}-exit",
        )
        for shop in make_shops(shops, range(0), _SEED)
    ]


def processes_behind(port: int) -> list[psutil.Process]:
    """The processes of the standalone that listens on a port; none where nobody may see them."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listens and connection.pid:
                parent = psutil.Process(connection.pid).parent()
                return parent.children(recursive=True) if parent else []
    return []


def name_of(command: Iterable[str]) -> str:
    """What a process is called in a report: its service, or its program."""
    words = list(command)
    if "locust" in words:
        return "load generator"
    for word in words:
        if word.startswith("services."):
            return word.removeprefix("services.")
    program = Path(words[0].split(":")[0]).name if words else ""
    return program.split(" ")[0] or "?"
