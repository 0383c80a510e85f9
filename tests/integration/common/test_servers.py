"""The servers that everything else is tested against."""

import asyncpg
import pytest
from facetally.v1.photo_pb2 import PhotoStored

from services.common.errors import PermanentError, TransientError
from services.common.messaging import MessageBus
from services.common.storage import PhotoStorage
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.s3 import S3Server


async def test_each_user_of_nats_may_publish_only_its_own_subjects(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("ingest"), "test") as bus:
        await bus.publish("photos.north.shop", PhotoStored(), "1")
        with pytest.raises(TransientError):
            await bus.publish("results.north.shop", PhotoStored(), "2")


async def test_ingest_may_only_write_photos_and_detect_may_only_read_them(s3_server: S3Server) -> None:
    async with (
        PhotoStorage.connect(s3_server.settings("ingest")) as ingest,
        PhotoStorage.connect(s3_server.settings("detect")) as detect,
    ):
        await ingest.put("photos/a.jpg", b"photo")
        assert await detect.get("photos/a.jpg") == b"photo"
        with pytest.raises(TransientError, match="403"):
            await ingest.get("photos/a.jpg")
        with pytest.raises(TransientError, match="403"):
            await detect.put("photos/b.jpg", b"photo")
        with pytest.raises(PermanentError):
            await detect.get("photos/never.jpg")


async def test_report_may_read_tallies_and_neither_write_nor_see_faces(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("report"))
    try:
        assert await connection.fetch("select * from tally_hour") == []
        for forbidden in ("select * from face", "select secret_sha256 from login", "delete from tally_hour"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()
