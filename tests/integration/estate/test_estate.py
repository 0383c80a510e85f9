"""From a CSV file to a camera that can log in, with the real command, Postgres and NATS."""

import asyncio
import csv
import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from services.common.messaging import MessageBus
from services.ingest.adapters.kv_camera_registry import KvCameraRegistry
from services.ingest.domain import may_log_in
from services.standalone.domain import service_environment
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.services import connection

HEADER = "region,region_name,city,city_name,shop,shop_name,time_zone,camera\n"
FIRST = "europe,Europe,berlin,Berlin,berlin-1,Mitte,Europe/Berlin,cam-1\n"
SECOND = "europe,Europe,berlin,Berlin,berlin-1,Mitte,Europe/Berlin,cam-2\n"
MOVED = "europe,Europe,berlin,Berlin,berlin-2,Ost,Europe/Berlin,cam-2\n"


class Command:
    """facetally estate, with its files in one folder."""

    def __init__(self, nats: NatsServer, database: Database, folder: Path) -> None:
        values = {"nats": connection(nats.settings("estate")), "postgres_dsn": database.dsn("estate")}
        self.environment = {**os.environ, **service_environment("estate", values)}
        self.folder = folder

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services.estate", *arguments],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def import_(self, text: str, secrets: str) -> subprocess.CompletedProcess[str]:
        (self.folder / "estate.csv").write_text(HEADER + text)
        return self.run("import", "estate.csv", "--secrets", secrets)


async def test_an_estate_is_imported_published_changed_and_exported(
    clean_streams: NatsServer, database: Database, tmp_path: Path
) -> None:
    command = Command(clean_streams, database, tmp_path)
    async with (
        MessageBus.connect(clean_streams.settings("ingest"), "test") as bus,
        KvCameraRegistry.watching(bus) as registry,
    ):

        async def known(login: str, shop: str) -> None:
            async with asyncio.timeout(20):
                while (camera := registry.find(login)) is None or camera.shop_id != shop:
                    await asyncio.sleep(0.05)

        first = await asyncio.to_thread(command.import_, FIRST, "first.csv")
        assert first.returncode == 0, first.stderr
        assert "New: 1." in first.stderr
        await known("cam-1", "berlin-1")
        secrets = tmp_path / "first.csv"
        assert secrets.stat().st_mode & 0o777 == 0o600
        ((_, login, secret),) = list(csv.reader(secrets.read_text().splitlines()))[1:]
        assert may_log_in(registry.find(login), secret)

        again = await asyncio.to_thread(command.import_, FIRST, "again.csv")
        assert "Nothing had changed" in again.stderr
        assert not (tmp_path / "again.csv").exists()
        assert may_log_in(registry.find(login), secret)

        await asyncio.to_thread(command.import_, FIRST + SECOND, "second.csv")
        await known("cam-2", "berlin-1")
        await asyncio.to_thread(command.import_, FIRST + MOVED, "moved.csv")
        await known("cam-2", "berlin-2")
        assert may_log_in(registry.find("cam-1"), secret)

        exported = await asyncio.to_thread(command.run, "export")
        assert exported.stdout.replace("\r", "") == HEADER + FIRST + MOVED

        connected = await asyncpg.connect(database.dsn("owner"))
        await connected.execute("update camera set disabled = true where slug = 'cam-1'")
        await connected.close()
        assert (await asyncio.to_thread(command.run, "publish")).returncode == 0
        async with asyncio.timeout(20):
            while may_log_in(registry.find("cam-1"), secret):
                await asyncio.sleep(0.05)


async def test_faults_and_servers_that_are_away_are_said_without_a_traceback(
    clean_streams: NatsServer, database: Database, tmp_path: Path
) -> None:
    command = Command(clean_streams, database, tmp_path)
    bad = await asyncio.to_thread(command.import_, FIRST.replace("Europe/Berlin", "Moon/Base"), "s.csv")
    assert bad.returncode == 1
    assert "line 2" in bad.stderr
    (tmp_path / "there.csv").write_text("precious")
    there = await asyncio.to_thread(command.import_, FIRST, "there.csv")
    assert there.returncode == 1
    assert (tmp_path / "there.csv").read_text() == "precious"
    command.environment["FACETALLY_ESTATE_POSTGRES_DSN"] = "postgresql://estate:x@127.0.0.1:1/x"
    away = await asyncio.to_thread(command.import_, FIRST, "away.csv")
    assert away.returncode == 1
    assert "Postgres is away" in away.stderr
    assert not (tmp_path / "away.csv").exists()
    for failed in (bad, there, away):
        assert "Traceback" not in failed.stderr


async def test_ingest_reads_the_logins_again_after_nats_was_restarted(
    clean_streams: NatsServer, database: Database, tmp_path: Path
) -> None:
    command = Command(clean_streams, database, tmp_path)
    async with (
        MessageBus.connect(clean_streams.settings("ingest"), "test") as bus,
        KvCameraRegistry.watching(bus) as registry,
    ):
        await asyncio.to_thread(command.import_, FIRST, "first.csv")
        async with asyncio.timeout(20):
            while registry.find("cam-1") is None:
                await asyncio.sleep(0.05)
        clean_streams.running.kill()
        clean_streams.running.spawn()
        await clean_streams.running.until_ready()
        assert registry.find("cam-1"), "logins work on while NATS is away"
        await asyncio.to_thread(command.import_, FIRST + SECOND, "second.csv")
        async with asyncio.timeout(20):
            while registry.find("cam-2") is None:
                await asyncio.sleep(0.05)
