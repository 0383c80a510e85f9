"""From a CSV file to a camera that can log in, with the real command, Postgres and NATS."""

import asyncio
import csv
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from services.common.messaging import MessageBus
from services.ingest.adapters.kv_login_registry import KvLoginRegistry
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
        KvLoginRegistry.watching(bus) as registry,
    ):

        async def known(login: str, shop: str) -> None:
            async with asyncio.timeout(20):
                while (known := registry.find(login)) is None or known.shop.shop_id != shop:
                    await asyncio.sleep(0.05)

        first = await asyncio.to_thread(command.import_, FIRST, "first.csv")
        assert first.returncode == 0, first.stderr
        assert "New logins: 1." in first.stderr
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
        rows = [tuple(row.values())[:8] for row in csv.DictReader(exported.stdout.splitlines())]
        assert rows == [tuple(line.strip().split(",")) for line in (FIRST, MOVED)]

        assert (await asyncio.to_thread(command.run, "camera", "disable", "cam-1")).returncode == 0
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
        KvLoginRegistry.watching(bus) as registry,
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


FULL_HEADER = HEADER.strip() + ",opening_hours,holidays,login,identifiers,pattern,burst_window_s\n"
SHARED = (
    "europe,Europe,berlin,Berlin,berlin-1,Mitte,Europe/Berlin,door,Mo-Sa 08:00-20:00,2026-12-25,berlin-1,"
    "00:40:8C:77:F8:26; Door,axis,5\n"
    "europe,Europe,berlin,Berlin,berlin-1,Mitte,Europe/Berlin,till,Mo-Sa 08:00-20:00,2026-12-25,berlin-1,10.0.0.7,any,0\n"
)


async def test_cameras_that_share_a_login_arrive_at_ingest_with_all_that_is_known_of_them(
    clean_streams: NatsServer, database: Database, tmp_path: Path
) -> None:
    command = Command(clean_streams, database, tmp_path)
    (tmp_path / "estate.csv").write_text(FULL_HEADER + SHARED)
    async with (
        MessageBus.connect(clean_streams.settings("ingest"), "test") as bus,
        KvLoginRegistry.watching(bus) as registry,
    ):
        done = await asyncio.to_thread(command.run, "import", "estate.csv", "--secrets", "logins.csv")
        assert done.returncode == 0, done.stderr
        first, second = csv.DictReader((tmp_path / "logins.csv").read_text().splitlines())
        assert (first["camera"], second["camera"]) == ("door", "till")
        assert first["login"] == second["login"] == "berlin-1"
        assert first["secret"] == second["secret"]
        async with asyncio.timeout(20):
            while (login := registry.find("berlin-1")) is None:
                await asyncio.sleep(0.05)
        assert may_log_in(login, first["secret"])
        assert login.camera.camera_id == "berlin-1"
        assert [camera.camera_id for camera in login.shared_by] == ["door", "till"]
        assert login.shared_by[0].identifiers == {"door", "00408c77f826"}
        assert (login.shared_by[0].pattern, login.shared_by[0].burst_window_s) == ("axis", 5)
        assert not login.shop.hours.is_open(datetime(2026, 12, 25, 12))
        assert login.shop.hours.is_open(datetime(2026, 12, 24, 12))

        exported = await asyncio.to_thread(command.run, "export")
        (tmp_path / "again.csv").write_text(exported.stdout)
        again = await asyncio.to_thread(command.run, "import", "again.csv", "--secrets", "x.csv")
        assert "Nothing had changed" in again.stderr


async def test_single_cameras_are_added_switched_off_and_given_new_secrets(
    clean_streams: NatsServer, database: Database, tmp_path: Path
) -> None:
    command = Command(clean_streams, database, tmp_path)

    async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(command.run, *arguments)

    def secret_of(done: subprocess.CompletedProcess[str]) -> str:
        assert done.returncode == 0, done.stderr
        (row,) = csv.DictReader(done.stdout.splitlines())
        return row["secret"]

    async with (
        MessageBus.connect(clean_streams.settings("ingest"), "test") as bus,
        KvLoginRegistry.watching(bus) as registry,
    ):

        async def until(login: str, secret: str, *, may: bool) -> None:
            async with asyncio.timeout(20):
                while may_log_in(registry.find(login), secret) is not may:
                    await asyncio.sleep(0.05)

        await asyncio.to_thread(command.import_, FIRST, "first.csv")
        secret = secret_of(await run("camera", "add", "cam-2", "--shop", "berlin-1", "--pattern", "dahua"))
        await until("cam-2", secret, may=True)
        rotated = secret_of(await run("camera", "rotate-secret", "cam-2"))
        await until("cam-2", rotated, may=True)
        assert not may_log_in(registry.find("cam-2"), secret)
        assert (await run("camera", "disable", "cam-2")).returncode == 0
        await until("cam-2", rotated, may=False)
        assert (await run("camera", "enable", "cam-2")).returncode == 0
        await until("cam-2", rotated, may=True)
        for arguments, said in (
            (("add", "cam-2", "--shop", "berlin-1"), "registered already"),
            (("add", "cam-3", "--shop", "nowhere"), "not registered"),
            (("add", "cam-3", "--shop", "berlin-1", "--pattern", "nikon"), "nikon"),
            (("add", "cam-3", "--shop", "berlin-1", "--login", "cam-1"), "name of a login and of a camera"),
            (("rotate-secret", "nobody"), "no login nobody"),
            (("disable", "nobody"), "no camera nobody"),
        ):
            failed = await run("camera", *arguments)
            assert failed.returncode == 1
            assert said in failed.stderr
            assert "Traceback" not in failed.stderr


async def test_what_would_leave_cameras_in_the_dark_is_refused(
    clean_streams: NatsServer, database: Database, tmp_path: Path
) -> None:
    command = Command(clean_streams, database, tmp_path)

    async def import_(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "estate.csv").write_text(FULL_HEADER + text)
        (tmp_path / "logins.csv").unlink(missing_ok=True)
        return await asyncio.to_thread(command.run, "import", "estate.csv", "--secrets", "logins.csv")

    assert (await import_(SHARED)).returncode == 0
    elsewhere = SHARED.splitlines()[0].replace("berlin-1,Mitte", "berlin-2,Ost").replace("door", "gate")
    for text, said in (
        (elsewhere + "\n", "more than one shop"),
        (SHARED.replace(",till,", ",till-2,"), "would mean both"),
        (SHARED.replace("door", "do\0or"), "control characters"),
        (SHARED.splitlines()[0] + ",more\n", "more cells than columns"),
    ):
        refused = await import_(text)
        assert refused.returncode == 1, text
        assert said in refused.stderr.replace("\n", " ")
        assert "Traceback" not in refused.stderr
        assert not (tmp_path / "logins.csv").exists()
    (tmp_path / "estate.csv").write_text(FULL_HEADER.replace(",", ";"))
    assert "semicolons" in (await asyncio.to_thread(command.run, "import", "estate.csv")).stderr


async def test_a_login_that_no_camera_uses_any_more_keeps_its_secret(
    clean_streams: NatsServer, database: Database, tmp_path: Path
) -> None:
    command = Command(clean_streams, database, tmp_path)
    await asyncio.to_thread(command.run, "publish")
    shared = await asyncio.to_thread(command.import_, FIRST, "first.csv")
    assert shared.returncode == 0
    added = await asyncio.to_thread(command.run, "camera", "add", "cam-2", "--shop", "berlin-1", "--login", "both")
    assert "\r" not in added.stdout
    assert (await asyncio.to_thread(command.import_, FIRST + SECOND, "second.csv")).returncode == 0
    refused = await asyncio.to_thread(command.run, "camera", "rotate-secret", "both")
    assert (refused.returncode, "no login both" in refused.stderr) == (1, True)
    assert (
        await asyncio.to_thread(command.run, "camera", "add", "cam-3", "--shop", "berlin-1", "--login", "both")
    ).returncode == 0
