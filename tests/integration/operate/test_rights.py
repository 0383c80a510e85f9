"""What an operator's credentials can do, and what they cannot."""

import asyncio

import asyncpg
import nats.errors
import nats.js.errors
import pytest
from facetally.v1.photo_pb2 import PhotoStored

from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.storage import PhotoStorage
from services.operate.adapters.nats_desk import NatsDesk
from services.operate.domain.findings import NotWorkingError
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.s3 import S3Server


async def test_operator_reads_and_deletes_dead_letters_and_nobody_elses_messages(
    clean_streams: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.common.messaging._PUBLISH_TIMEOUT_S", 0.5)
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        for subject in ("photos.n.s", "results.n.s", "held.n.s", "dead.detect", "$KV.SHOPS.n.s"):
            await bus.publish(subject, PhotoStored(), subject)
    async with MessageBus.connect(clean_streams.settings("operator"), "test") as bus:
        for subject in ("photos.n.s", "faces.n.s", "results.n.s", "rejections.n.s"):
            await bus.publish(subject, PhotoStored(), f"again-{subject}")
        for subject in ("held.n.s", "dead.detect", "$KV.SHOPS.n.s"):
            with pytest.raises(TransientError):
                await bus.publish(subject, PhotoStored(), f"again-{subject}")
        streams = ("PHOTOS", "RESULTS", "HELD", "KV_SHOPS")
        refused = await asyncio.gather(
            *(bus.jetstream.get_msg(stream, 1) for stream in streams),
            *(bus.jetstream.delete_msg(stream, 1) for stream in streams),
            bus.jetstream.purge_stream("DEAD"),
            bus.jetstream.delete_stream("DEAD"),
            bus.jetstream.delete_consumer("PHOTOS", "detect"),
            return_exceptions=True,
        )
        assert [type(one) for one in refused] == [nats.errors.TimeoutError] * 11
        assert (await bus.jetstream.get_msg("DEAD", 1)).subject == "dead.detect"
        await bus.jetstream.delete_msg("DEAD", 1)
        with pytest.raises(nats.js.errors.NotFoundError):
            await bus.jetstream.get_msg("DEAD", 1)


async def test_nobody_else_reads_or_deletes_dead_letters(
    clean_streams: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with MessageBus.connect(clean_streams.settings("detect"), "test") as bus:
        await bus.publish("dead.detect", PhotoStored(), "1")
    monkeypatch.setattr("services.common.messaging._PUBLISH_TIMEOUT_S", 0.5)

    async def try_to(user: str) -> None:
        async with NatsDesk.connect(clean_streams.settings(user)) as desk:
            with pytest.raises(NotWorkingError):
                await desk.letter(1)
            with pytest.raises(NotWorkingError):
                await desk.remove(1)

    await asyncio.gather(*(try_to(user) for user in ("ingest", "detect", "classify", "record", "report", "estate")))


async def test_operator_sees_that_photos_are_there_and_no_photo(s3_server: S3Server) -> None:
    async with (
        PhotoStorage.connect(s3_server.settings("ingest")) as ingest,
        PhotoStorage.connect(s3_server.settings("operator")) as operator,
    ):
        await ingest.put("photos/of-operate.jpg", b"photo")
        with pytest.raises(TransientError, match="403"):
            await operator.get("photos/of-operate.jpg")
        with pytest.raises(TransientError, match="403"):
            await operator.put("photos/of-operate.jpg", b"other")


async def test_operator_reads_which_migrations_there_are_and_no_result(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("operator"))
    try:
        assert await connection.fetchval("select count(*) from schema_migration") > 0
        for table in ("photo", "face", "tally_hour", "shop", "camera", "login", "person", "audit_entry"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"select 1 from {table}")
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("delete from schema_migration")
    finally:
        await connection.close()
