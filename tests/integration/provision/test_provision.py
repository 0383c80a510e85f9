"""The job as it runs: twice, and with a server away."""

import os
import subprocess
import sys

from services.standalone.domain import service_environment
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.s3 import S3Server
from tests.servers.services import connection


def run(nats: NatsServer, s3: S3Server, dsn: str) -> subprocess.CompletedProcess[str]:
    passwords = {f"{role}_password": f"password-of-{role}" for role in ("record", "report", "estate")}
    values = {
        "nats": connection(nats.settings("admin")),
        "s3": connection(s3.settings("admin")),
        "postgres_dsn": dsn,
        "wait_s": 1,
        **passwords,
    }
    environment = {**os.environ, **service_environment("provision", values)}
    return subprocess.run(
        [sys.executable, "-m", "services.provision"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_doing_it_again_changes_nothing(nats_server: NatsServer, s3_server: S3Server, database: Database) -> None:
    for _ in range(2):
        result = run(nats_server, s3_server, database.dsn("owner"))
        assert result.returncode == 0, result.stderr
        assert result.stdout == "provision: everything is as the services expect it\n"


def test_a_server_that_is_away_is_said_in_a_sentence(nats_server: NatsServer, s3_server: S3Server) -> None:
    result = run(nats_server, s3_server, "postgresql://owner:x@127.0.0.1:1/x")
    assert result.returncode == 1
    assert "Postgres is away" in result.stderr
    assert "Traceback" not in result.stderr
