"""Photos from FTP to the report, each service inside the root file system of its image: no root, nothing to write to but /tmp.

The servers run as in the tests. Prints one line of JSON: photos, faces, seconds from the first upload to the last face on the report, sizes in MB.
"""

import asyncio
import csv
import ftplib
import io
import json
import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from bench.images.roots import Root, hand_over, mounted_roots
from scripts.images.buildah import BuildError, require
from scripts.images.catalogue import ROOT
from scripts.images.rootfs import SHARED
from services.demo.domain import PHOTOS
from services.provision.domain.schema import DATABASE_ROLES
from services.standalone.adapters.postgres_server import DATABASE
from services.standalone.adapters.state_folder import StateFolder
from services.standalone.domain import service_environment
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database, PostgresServer
from tests.servers.running import free_ports, running
from tests.servers.s3 import S3Server
from tests.servers.services import connection

IMAGES: Final = ["provision", "operator", "ingest", "detect", "classify", "record", "report", "faceapi"]
_ESTATE: Final = "region,region_name,city,city_name,shop,shop_name,time_zone,camera\neurope,Europe,berlin,Berlin,berlin-1,Mitte,Europe/Berlin,cam-1\n"
_PERSON: Final = "analyst@example.com"
_PDF: Final = "import sys, weasyprint; sys.stdout.write(weasyprint.HTML(string='<h1>Mitte').write_pdf()[:5].decode())"
_WITHIN_S: Final = 180.0
console = Console(stderr=True, highlight=False)


class Servers:
    """NATS, S3 and Postgres on this machine, with nothing in them yet."""

    def __init__(self, folder: Path) -> None:
        self.nats = NatsServer(_made(folder / "nats"))
        self.s3 = S3Server(_made(folder / "s3"))
        self.postgres = PostgresServer(_made(folder / "postgres"))

    def of_nats(self, user: str) -> dict[str, str]:
        """Connection of a user."""
        return connection(self.nats.settings(user))

    def of_s3(self, user: str) -> dict[str, str]:
        """Connection of a user."""
        return connection(self.s3.settings(user))

    def dsn(self, role: str) -> str:
        """Connection of a role."""
        return Database(self.postgres.port, DATABASE).dsn(role)

    @contextmanager
    def up(self) -> Iterator[None]:
        """Start them, and stop them when the block ends."""
        with ExitStack() as stack:
            for server, stop in (
                (self.nats, self.nats.running.stop),
                (self.s3, self.s3.running.kill),
                (self.postgres, self.postgres.running.stop),
            ):
                server.running.start()
                stack.callback(stop)
            yield


def main() -> None:
    """Run it, and fail unless every face is on the report exactly once."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    try:
        require("buildah", "unshare", "setpriv")
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            folder.chmod(0o711)
            shared = _made(folder / "shared")
            with mounted_roots(IMAGES, version, shared) as roots:
                for root in roots.values():
                    root.check_confined()
                console.print(
                    "In every image a program is nobody, without capabilities, in a root that it cannot write to"
                )
                result = _run(roots, folder, shared)
    except BuildError as error:
        sys.exit(f"images-e2e: {error}")
    print(json.dumps(result))
    if result["faces"] != result["faces_expected"]:
        sys.exit("The report does not show what was uploaded.")


def _run(roots: dict[str, Root], folder: Path, shared: Path) -> dict[str, object]:
    servers = Servers(folder)
    ftp_port, report_port, face_api_port, *passive = free_ports(53)
    with servers.up(), ExitStack() as stack:
        console.print(
            roots["provision"].run(*roots["provision"].config.command[1:], settings=_provision(servers)).rstrip()
        )
        secret = _register(roots["operator"], servers, shared)
        token = _people(roots["operator"], servers)
        key = _key(roots["operator"], servers)
        with StateFolder(_made(folder / "state")) as state:
            hand_over(state.certificate().read_bytes(), shared / "ftps.pem", roots["ingest"].config.user)
        services: dict[str, dict[str, object]] = {
            "ingest": {
                "nats": servers.of_nats("ingest"), "s3": servers.of_s3("ingest"), "tls_certificate": SHARED / "ftps.pem",
                "ftp_port": ftp_port, "passive_port_first": passive[0], "passive_port_last": passive[-1], "require_tls": True,
            },
            "detect": {"nats": servers.of_nats("detect"), "s3": servers.of_s3("detect")},
            "classify": {"nats": servers.of_nats("classify")},
            "record": {"nats": servers.of_nats("record"), "postgres_dsn": servers.dsn("record")},
            "report": {
                "nats": servers.of_nats("report"), "postgres_dsn": servers.dsn("report"), "account_dsn": servers.dsn("account"),
                "cookie_key": "a key that is long enough, of a run that is over soon", "http_port": report_port, "min_cell": 0,
            },
            "faceapi": {"nats": servers.of_nats("faceapi"), "http_port": face_api_port},
        }  # fmt: skip
        for (name, settings), port in zip(services.items(), free_ports(len(services)), strict=True):
            stack.enter_context(running(roots[name].service(settings, port), folder))
            console.print(f"{name} is ready")
        began = time.monotonic()
        for photo in PHOTOS:
            _upload(ftp_port, secret, (ROOT / "demo_photos" / photo.name).read_bytes())
        expected = sum(photo.faces for photo in PHOTOS)
        faces = asyncio.run(_shown(report_port, token, expected))
        seconds = time.monotonic() - began
        _ask(face_api_port, key)
        _draws_pdf(roots["report"])
    return {
        "photos": len(PHOTOS), "faces": faces, "faces_expected": expected, "seconds": round(seconds, 1),
        "image_mb": {name: root.size_mb() for name, root in roots.items()},
    }  # fmt: skip


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o711)
    return folder


def _provision(servers: Servers) -> dict[str, str]:
    values: dict[str, object] = {
        "nats": servers.of_nats("admin"),
        "s3": servers.of_s3("admin"),
        "postgres_dsn": servers.dsn("owner"),
    }
    return service_environment(
        "provision", values | {f"{role}_password": f"password-of-{role}" for role in DATABASE_ROLES}
    )


def _register(operator: Root, servers: Servers, shared: Path) -> str:
    """A shop with a camera; the camera's secret."""
    hand_over(_ESTATE.encode(), shared / "estate.csv", operator.config.user)
    settings = service_environment("estate", {"nats": servers.of_nats("estate"), "postgres_dsn": servers.dsn("estate")})
    files = str(SHARED / "estate.csv"), "--secrets", str(SHARED / "logins.csv")
    operator.run("estate", "import", *files, settings=settings)
    (line,) = csv.DictReader((shared / "logins.csv").read_text().splitlines())
    return line["secret"]


def _people(operator: Root, servers: Servers) -> str:
    """Somebody who may see everything; their token."""
    settings = service_environment("report", {"account_dsn": servers.dsn("account")})
    operator.run("people", "add", _PERSON, "--place", "world", "--role", "analyst", settings=settings)
    return operator.run("people", "token", _PERSON, settings=settings).strip()


def _key(operator: Root, servers: Servers) -> str:
    """A key of the face API."""
    return operator.run(
        "keys", "add", "e2e", settings=service_environment("faceapi", {"keys_nats": servers.of_nats("keys")})
    ).strip()


def _upload(port: int, secret: str, photo: bytes) -> None:
    """As a camera does, by FTPS."""
    with ftplib.FTP_TLS(timeout=30) as session:  # noqa: S321 - cameras speak FTP
        session.connect("127.0.0.1", port)
        session.login("cam-1", secret)
        session.prot_p()
        if not (answer := session.storbinary("STOR photo.jpg", io.BytesIO(photo))).startswith("226"):
            raise BuildError(f"ingest answers {answer}")


async def _shown(port: int, token: str, expected: int) -> int:
    """Visitors of the shop, once they are as many as expected, or too much time has passed."""
    today = datetime.now(UTC).date()
    days = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1)), "compare": "none"}
    deadline, visitors = time.monotonic() + _WITHIN_S, 0
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=10) as client:
        while visitors < expected and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
            answer = await client.get("/overview", params={"place": "shop:berlin-1", **days})
            visitors = int(answer.raise_for_status().json()["now"]["visitors"])
    return visitors


def _ask(port: int, key: str) -> None:
    """A question to the face API, whose photo shows two people."""
    answer = httpx.post(
        f"http://127.0.0.1:{port}/face/v1.0/detect",
        params={"returnFaceAttributes": "age,gender,emotion"},
        content=(ROOT / "demo_photos" / "photo-01.jpg").read_bytes(),
        headers={"Ocp-Apim-Subscription-Key": key, "Content-Type": "application/octet-stream"},
        timeout=20,
    ).raise_for_status()
    if len(answer.json()) != 2:
        raise BuildError(f"faceapi sees {len(answer.json())} faces where there are two")


def _draws_pdf(report: Root) -> None:
    """Pango and fonts are in report's image."""
    if (drawn := report.run("-c", _PDF, command=("python",))) != "%PDF-":
        raise BuildError(f"report draws {drawn!r} where a PDF was asked for")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("images-e2e: only root may enter the root file systems")
    main()
