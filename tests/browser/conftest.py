"""A real report service over a small, known estate, and a real browser in front of it."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.real_site import ADMIN, RealSite, running_site
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer
from tests.servers.running import finish, running
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service


@pytest.fixture(scope="module")
def detect(nats_server: NatsServer, s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The detect service, to be asked about photos."""
    values = {"nats": connection(nats_server.settings("detect")), "s3": connection(s3_server.settings("detect"))}
    with running(service("detect", values), tmp_path_factory.mktemp("detect")):
        yield


@pytest.fixture(scope="package")
def site(
    postgres_server: PostgresServer, nats_server: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealSite]:
    """The report service over the tiny world. What a test changes, it changes back."""
    database = finish(postgres_server.fresh_database())
    with running_site(database, nats_server, tmp_path_factory.mktemp("report")) as running:
        yield running
    finish(postgres_server.drop(database))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. Playwright keeps an event loop running until it is closed, so no other module may meet it."""
    executable = shutil.which("chromium")
    assert executable, "chromium is not installed: `make test-programs`"
    with sync_playwright() as playwright:
        # It starts a process for each page, and no other in advance.
        arguments = ["--disable-features=SpareRendererForSitePerProcess"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def page(site: RealSite, browser: Browser) -> Iterator[Page]:
    """A page of the admin's, who sees everything; it must not complain."""
    with site.page(browser, ADMIN) as opened:
        yield opened
