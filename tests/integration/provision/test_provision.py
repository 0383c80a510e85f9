"""The job as it runs: twice, and with a server away."""

import os
import subprocess
import sys
from dataclasses import replace

from facetally.v1.photo_pb2 import PhotoStored
from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, SequenceInfo

from services.common.messaging import MessageBus
from services.common.streams import DETECT, RECORD
from services.provision.adapters.nats_streams import NatsStreams
from services.provision.domain.schema import DATABASE_ROLES
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


async def test_what_was_answered_and_lies_there_still_is_removed(clean_streams: NatsServer) -> None:
    """A server that forgets a removal when it is killed is rare: here the consumer is made to have answered more than it was given."""
    async with MessageBus.connect(clean_streams.settings("ingest"), "test") as bus:
        for number in range(5):
            await bus.publish("photos.north.shop", PhotoStored(), f"{number}")
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        subscription = await bus.jetstream.pull_subscribe_bind(consumer="detect", stream="PHOTOS")
        for message in await subscription.fetch(2, timeout=5):
            await message.ack_sync()
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        streams = NatsStreams(bus.jetstream)
        assert not await streams.remove_answered(DETECT), "nothing that was answered is left"
        assert (await bus.jetstream.stream_info("PHOTOS")).state.messages == 3
        forgetful = ForgetfulServer(bus.jetstream, answered_to=4)
        assert await NatsStreams(forgetful).remove_answered(DETECT)  # type: ignore[arg-type]
        state = (await bus.jetstream.stream_info("PHOTOS")).state
        assert (state.messages, state.first_seq) == (1, 5), "what nobody has answered stays"
        assert not await NatsStreams(forgetful).remove_answered(RECORD)  # type: ignore[arg-type]


class ForgetfulServer:
    """A JetStream that remembers more answers than messages have gone for."""

    def __init__(self, jetstream: JetStreamContext, answered_to: int) -> None:
        self._jetstream = jetstream
        self._answered_to = answered_to

    def __getattr__(self, name: str) -> object:
        return getattr(self._jetstream, name)

    async def consumer_info(self, stream: str, consumer: str) -> ConsumerInfo:
        floor = SequenceInfo(consumer_seq=self._answered_to, stream_seq=self._answered_to)
        info: ConsumerInfo = replace(await self._jetstream.consumer_info(stream, consumer), ack_floor=floor)
        return info
