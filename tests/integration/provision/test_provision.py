"""The job as it runs: twice, and with a server away."""

import os
import subprocess
import sys

from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule

from services.provision.domain import DATABASE_ROLES
from services.standalone.domain import service_environment
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.s3 import S3Server
from tests.servers.services import connection


def run(nats: NatsServer, s3: S3Server, dsn: str, days: int = 30) -> subprocess.CompletedProcess[str]:
    passwords = {f"{role}_password": f"password-of-{role}" for role in DATABASE_ROLES}
    values = {
        "nats": connection(nats.settings("admin")),
        "s3": connection(s3.settings("admin")),
        "postgres_dsn": dsn,
        "photos_kept_days": days,
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


NOTHING_NEW = "provision: everything is as the services expect it\n"


def store(s3: S3Server) -> Minio:
    settings = s3.settings("admin")
    secret = settings.secret_key.get_secret_value()
    return Minio(f"127.0.0.1:{s3.port}", settings.access_key, secret, region=settings.region, secure=False)


def expiry(s3: S3Server) -> dict[str | None, int | None]:
    """Days by rule."""
    found = store(s3).get_bucket_lifecycle("photos")
    return {rule.rule_id: rule.expiration.days if rule.expiration else None for rule in found.rules} if found else {}


def test_doing_it_again_changes_nothing(nats_server: NatsServer, s3_server: S3Server, database: Database) -> None:
    run(nats_server, s3_server, database.dsn("owner"))
    for _ in range(2):
        result = run(nats_server, s3_server, database.dsn("owner"))
        assert result.returncode == 0, result.stderr
        assert result.stdout == NOTHING_NEW


def test_photos_are_kept_as_long_as_is_said_and_other_rules_stay(
    nats_server: NatsServer, s3_server: S3Server, database: Database
) -> None:
    other = Rule(ENABLED, rule_filter=Filter(prefix="other/"), rule_id="other", expiration=Expiration(days=3))
    store(s3_server).set_bucket_lifecycle("photos", LifecycleConfig([other]))
    for days, expected in ((7, {"other": 3, "facetally-photos": 7}), (9, {"other": 3, "facetally-photos": 9})):
        result = run(nats_server, s3_server, database.dsn("owner"), days)
        assert f"provision: photos are kept for {days} days\n" in result.stdout, result.stderr
        assert expiry(s3_server) == expected
    result = run(nats_server, s3_server, database.dsn("owner"), 0)
    assert "provision: photos are kept for ever\n" in result.stdout
    assert expiry(s3_server) == {"other": 3}
    store(s3_server).delete_bucket_lifecycle("photos")
    assert run(nats_server, s3_server, database.dsn("owner"), 0).stdout == NOTHING_NEW


def test_a_server_that_is_away_is_said_in_a_sentence(nats_server: NatsServer, s3_server: S3Server) -> None:
    result = run(nats_server, s3_server, "postgresql://owner:x@127.0.0.1:1/x")
    assert result.returncode == 1
    assert "Postgres is away" in result.stderr
    assert "Traceback" not in result.stderr
