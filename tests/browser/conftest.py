"""A real report service over a small, known estate, and a real browser in front of it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from services.common.vocabulary import AgeBand, Gender
from tests.estates import LINES, register
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.running import finish, free_ports, running
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service

# What chromium says of pages that are meant to be refused.
EXPECTED = ("404 (Not Found)", "422 (Unprocessable")


@dataclass(frozen=True)
class Site:
    """Address of the report, and what it must show."""

    url: str
    visitors: dict[str, int]


# A day in a shop: visitors by hour, then the weights of bands (women, men) and moods.
HOURS = {9: 6, 10: 11, 11: 17, 12: 25, 13: 22, 14: 18, 15: 19, 16: 24, 17: 33, 18: 30, 19: 16}
BANDS = dict(zip(AgeBand, [(1, 1), (2, 2), (9, 7), (14, 12), (12, 11), (10, 9), (7, 6), (4, 4)], strict=True))
MOODS = (41, 31, 8, 9, 5, 3, 3, 6)


async def _fill(database: Database) -> dict[str, int]:
    """Tallies of the last ten days; visitors by shop."""
    await register(database)
    connection = await asyncpg.connect(database.dsn("owner"))
    totals = {}
    try:
        for number, line in enumerate(LINES, 1):
            today = datetime.now(UTC).astimezone(ZoneInfo(line.time_zone)).date()
            shop_id = await connection.fetchval("select shop_id from shop where slug = $1", line.shop)
            camera_id = await connection.fetchval("select camera_id from camera where slug = $1", line.camera)
            rows = []
            for days_ago in range(10):
                for hour, weight in HOURS.items():
                    for band, (women, men) in BANDS.items():
                        for gender, part in ((Gender.FEMALE, women), (Gender.MALE, men), (Gender.UNKNOWN, 1)):
                            crowd = weight * part * (number + days_ago % 3)
                            moods = [crowd * mood // 2000 for mood in MOODS]
                            rows.append((shop_id, today - timedelta(days=days_ago), hour, gender, band, *moods))
            await connection.copy_records_to_table("tally_hour", records=rows)
            uploads = [("faces", 900), ("no_face", 80), ("face_too_small", 15), ("truncated", 5)]
            records = [(camera_id, today, 12, outcome, number * count) for outcome, count in uploads]
            await connection.copy_records_to_table("tally_upload", records=records)
            totals[line.shop] = sum(sum(row[5:]) for row in rows)
    finally:
        await connection.close()
    return totals


@pytest.fixture
def detect(nats_server: NatsServer, s3_server: S3Server, tmp_path: Path) -> Iterator[None]:
    """The detect service, to be asked about photos."""
    values = {"nats": connection(nats_server.settings("detect")), "s3": connection(s3_server.settings("detect"))}
    with running(service("detect", values), tmp_path):
        yield


@pytest.fixture
def site(database: Database, nats_server: NatsServer, tmp_path: Path) -> Iterator[Site]:
    """The report service over a filled database."""
    visitors = finish(_fill(database))
    (port,) = free_ports(1)
    nats = connection(nats_server.settings("report"))
    program = service("report", {"nats": nats, "postgres_dsn": database.dsn("report"), "http_port": port})
    with running(program, tmp_path):
        yield Site(f"http://127.0.0.1:{port}", visitors)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. Playwright keeps an event loop running until it is closed, so no other module may meet it."""
    executable = shutil.which("chromium")
    assert executable, "chromium is not installed: `make test-programs`"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser window on a desk."""
    fresh = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light", locale="en-GB")
    fresh.set_default_timeout(15_000)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Iterator[Page]:
    """A page that must not complain: no error in its console, no request to anywhere else."""
    opened = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(status in message.text for status in EXPECTED):
            complaints.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith((site.url, "data:")):
            complaints.append(request.url)

    opened.on("console", hear)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", watch)
    yield opened
    assert complaints == []
