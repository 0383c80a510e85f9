"""Locust's cameras, readers and Face API clients against real servers."""

import asyncio
import csv
import json
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import asyncpg
import psutil
import pytest

from loadtest.figures import Request
from loadtest.logins import Login, write_logins
from loadtest.recording import read_requests
from loadtest.watching import find_rows
from services.common.storage import PhotoStorage
from services.report.command import first_admin
from services.standalone.machine import ADMIN
from tests.servers.ingest import announced, running_ingest
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.report import report_server
from tests.servers.running import environment
from tests.servers.s3 import S3Server
from tests.servers.services import connection

pytestmark = pytest.mark.timeout(180)
PASSWORD = "correct horse battery"
WITHIN_S = 120.0
MEGABYTE = 1_000_000


@dataclass
class FaceApi:
    """An HTTP server that answers as Azure's did."""

    url: str = ""
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def face_api(answer: object) -> Iterator[FaceApi]:
    api = FaceApi()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            api.asked.append((self.path, self.headers["Content-Type"], body))
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Target:
    """An ingest with two cameras, and where runs are kept."""

    folder: Path
    port: int
    nats: NatsServer
    s3: S3Server
    database: Database

    async def start(self, *options: str, secret: str = PASSWORD) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "loadtest", *options, "--host", "127.0.0.1", "--port", str(self.port),
            "--logins", str(self.folder / "logins.csv"), "--folder", str(self.folder / "runs"),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env=environment() | {"FACETALLY_LOADTEST_REPORT_PASSWORD": secret},
        )  # fmt: skip

    async def finished(self, process: asyncio.subprocess.Process) -> str:
        """What it said, once it has ended."""
        try:
            async with asyncio.timeout(WITHIN_S):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        return output.decode()

    def run(self) -> Path:
        """The only run's folder."""
        (run,) = (self.folder / "runs").iterdir()
        return run


@pytest.fixture
async def target(
    tmp_path: Path, certificate: Path, clean_streams: NatsServer, s3_server: S3Server, database: Database
) -> AsyncIterator[Target]:
    async with running_ingest(
        tmp_path, certificate, clean_streams, connection(s3_server.settings("ingest")), database, cameras=2
    ) as ingest:
        cameras = ingest.cameras
        logins = [Login(camera.name, camera.name, camera.secret, ZoneInfo("UTC")) for camera in cameras]
        write_logins(tmp_path / "logins.csv", logins)
        yield Target(tmp_path, cameras[0].port, clean_streams, s3_server, database)


@asynccontextmanager
async def readable_report(target: Target) -> AsyncIterator[str]:
    assert await first_admin(target.database.dsn("account"), ADMIN, PASSWORD)
    with report_server(target.database, target.folder) as report:
        yield report.url


def of(requests: list[Request], name: str) -> list[Request]:
    return [request for request in requests if request.name == name]


async def test_photos_of_every_kind_of_camera_are_in_the_store_while_others_read_and_ask(target: Target) -> None:
    async with readable_report(target) as report_url:
        with face_api([]) as api:
            output = await target.finished(
                await target.start(
                    # Who sends bursts begins within the first fifteen seconds.
                    "flat", "--rate", "2", "--minutes", "0.33", "--answer-p99-s", "20",
                    "--readers", "1", "--report-url", report_url, "--face-api-url", api.url, "--face-api-rate", "0.2",
                )
            )  # fmt: skip
    requests = read_requests(target.run())
    assert [request.failure for request in requests if request.failure] == [], output
    uploads = [request for request in requests if request.is_upload]
    assert {request.name for request in uploads} == {
        "KeepsSession", "KeepsTlsSession", "LogsInEachTime", "LogsInEachTimeByTls", "SendsBursts",
    }  # fmt: skip
    assert 20 <= len(uploads) <= 60, "twenty seconds at two a second"

    photos = await announced(target.nats)
    assert len({photo.photo_id for photo in photos}) == len(photos) == len(uploads)
    assert {photo.camera_id for photo in photos} == {"cam-0", "cam-1"}
    async with PhotoStorage.connect(target.s3.settings("detect")) as storage:
        for photo in photos:
            assert len(await storage.get(photo.object_key)) == MEGABYTE

    assert len(of(requests, "signing in")) == 1
    assert len(of(requests, "detect")) == len(api.asked) >= 1
    path, kind, body = api.asked[0]
    assert path.startswith("/face/v1.0/detect?")
    assert "returnFaceAttributes=" in path
    assert kind == "application/octet-stream"
    assert (body[:2], len(body)) == (b"\xff\xd8", MEGABYTE)

    assert (target.run() / "report.png").stat().st_size > 10_000
    assert "was not measured" in output


async def test_what_fails_is_counted_and_is_the_exit_status(target: Target) -> None:
    with (target.folder / "logins.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    # One of two cameras has forgotten its secret.
    rows[1][2] = "another"
    with (target.folder / "logins.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    process = await target.start("flat", "--rate", "1", "--minutes", "0.1", "--answer-p99-s", "20")
    output = await target.finished(process)
    assert process.returncode == 1, output
    failures = {request.failure for request in read_requests(target.run()) if request.failure}
    assert any(failure.startswith("530") for failure in failures), failures
    assert "broken  failed uploads" in output


async def test_ctrl_c_ends_it_with_a_report(target: Target) -> None:
    process = await target.start("flat", "--rate", "4", "--minutes", "30", "--answer-p99-s", "20")
    async with asyncio.timeout(WITHIN_S):
        while not ((target.folder / "runs").exists() and read_requests(target.run())):
            assert process.returncode is None
            await asyncio.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output = await target.finished(process)
    assert process.returncode == 0, output
    requests = read_requests(target.run())
    assert all(not request.failure for request in requests)
    assert len(await announced(target.nats)) == len(requests)
    assert (target.run() / "report.html").exists()


async def test_a_load_generator_that_is_killed_is_no_success_and_what_it_recorded_is_reported(target: Target) -> None:
    process = await target.start("flat", "--rate", "4", "--minutes", "30")
    async with asyncio.timeout(WITHIN_S):
        while not ((target.folder / "runs").exists() and read_requests(target.run())):
            await asyncio.sleep(0.1)
    (generator,) = psutil.Process(process.pid).children()
    generator.kill()
    output = await target.finished(process)
    assert process.returncode == 2, output
    assert "The load generator broke" in output
    assert (target.run() / "report.html").exists()


async def test_without_a_server_it_says_what_to_do(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtest", "--folder", str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        env=environment() | {"FACETALLY_STANDALONE_FTP_PORT": "1", "FACETALLY_STANDALONE_STATE_DIR": str(tmp_path)},
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 2
    assert b"make up" in output
    assert list(tmp_path.iterdir()) == []


async def test_rows_are_found_by_the_photos_that_were_sent(database: Database) -> None:
    known, missing = "0" * 31 + "1", "0" * 31 + "2"
    owner = await asyncpg.connect(database.dsn("owner"))
    try:
        await owner.execute("select ensure_month(current_date)")
        await owner.execute(
            """
            insert into photo values ($1, 1, now(), now(), now(), current_date, 1, 'no_face', 1920, 1080, 1000000, 0,
                                      'key', 'detector', 'classifier')
            """,
            known,
        )
        recorded_at = await owner.fetchval("select recorded_at from photo")
    finally:
        await owner.close()
    rows = await find_rows(database.dsn("record"), [known, missing], 0, lambda: False, lambda _: None)
    assert dict(rows.at) == {known: recorded_at.timestamp()}
    assert rows.read_until >= recorded_at.timestamp()


async def test_openvino_tells_nobody_of_the_load_generator() -> None:
    """It would do so from a fork, which goes on as a second load generator under gevent."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import loadtest.photos\nfrom openvino.tools.ovc import telemetry_utils\nprint(telemetry_utils.tm)",
        stdout=asyncio.subprocess.PIPE, env=environment(),
    )  # fmt: skip
    output, _ = await process.communicate()
    assert b"telemetry_stub" in output
