"""Fixtures that every kind of test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from services.standalone.adapters.state_folder import StateFolder
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database, PostgresServer
from tests.servers.running import finish
from tests.servers.s3 import S3Server

# Machines are shared and slow at times: how long an example takes says nothing of whether it is right.
hypothesis.settings.register_profile("facetally", deadline=None)
hypothesis.settings.load_profile("facetally")

# In pytest-xdist's workers readline has noted the size of a terminal that is none; a console that is made then keeps it.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything here runs on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A provisioned nats-server; `.settings(user)` for ingest, detect, classify, record, estate or admin."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.running.start()
    finish(server.provision())
    yield server
    server.running.stop()


@pytest.fixture
def clean_streams(nats_server: NatsServer) -> NatsServer:
    """The nats-server with its streams and buckets empty."""
    finish(nats_server.clean())
    return nats_server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A SeaweedFS with the photos' bucket; `.settings(user)` for ingest, detect or admin."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    server.running.start()
    finish(server.provision())
    yield server
    server.running.kill()  # after many large uploads it may hang when it is asked to end


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A Postgres with the roles, and a migrated template."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    server.running.start()
    finish(server.provision())
    yield server
    server.running.stop()


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[Database]:
    """A fresh database with the schema; `.dsn(role)` for owner, record, report or estate."""
    database = finish(postgres_server.fresh_database())
    yield database
    finish(postgres_server.drop(database))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PEM file with a certificate and its key."""
    with StateFolder(tmp_path_factory.mktemp("state")) as state:
        return state.certificate()


@pytest.fixture(scope="session")
def demo_photos() -> Path:
    """The folder of real photos that set-up has made."""
    return ROOT / "demo_photos"
