"""What backfill's credentials can do in NATS and in the store, and what they cannot; models that come from the store."""

import asyncio
from dataclasses import replace
from pathlib import Path

import nats.errors
import pytest
from facetally.v1.photo_pb2 import PhotoStored

from models.preprocess import Crops
from models.release import RELEASE_FILE
from services.backfill.adapters.face_models import Looks, load
from services.backfill.adapters.nats_traffic import NatsTraffic
from services.backfill.domain import BackfillError
from services.backfill.settings import BACKFILL_FILE, BackfillSettings
from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.release_store import ReleaseStore
from services.common.storage import PhotoStorage
from services.standalone import machine
from services.standalone.domain import environment_file, plan_ports
from tests.models.releases import pair_release
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.s3 import S3Server

LOOKS = Looks(Crops.FAST, 200, 100_000_000, "cpu", None)


async def test_it_sees_how_much_waits_and_no_message(
    clean_streams: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.common.messaging._PUBLISH_TIMEOUT_S", 0.5)
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        for subject in ("photos.n.s", "photos.n.t", "faces.n.s", "results.n.s"):
            await bus.publish(subject, PhotoStored(), subject)
    async with MessageBus.connect(clean_streams.settings("backfill"), "test") as bus:
        assert await NatsTraffic(bus).waiting() == 3
        with pytest.raises(TransientError):
            await bus.publish("photos.n.s", PhotoStored(), "other")
        refused = await asyncio.gather(
            *(bus.jetstream.get_msg(stream, 1) for stream in ("PHOTOS", "FACES", "RESULTS")),
            bus.jetstream.delete_consumer("PHOTOS", "detect"),
            return_exceptions=True,
        )
        assert [type(one) for one in refused] == [nats.errors.TimeoutError] * 4


async def test_it_reads_photos_and_writes_none(s3_server: S3Server) -> None:
    async with (
        PhotoStorage.connect(s3_server.settings("ingest")) as ingest,
        PhotoStorage.connect(s3_server.settings("backfill")) as backfill,
    ):
        await ingest.put("backfill/of-rights.jpg", b"photo")
        assert await backfill.get("backfill/of-rights.jpg") == b"photo"
        with pytest.raises(TransientError, match="403"):
            await backfill.put("backfill/of-rights.jpg", b"other")


async def test_models_come_from_the_store_as_they_were_released_or_not_at_all(
    s3_server: S3Server, tmp_path: Path
) -> None:
    release = pair_release(tmp_path / "stored", "of-backfill")
    adding, store = (ReleaseStore(s3_server.models(user)) for user in ("models", "backfill"))
    for file in (RELEASE_FILE, *(file.path for file in release.files)):
        await adding.put(release.name, file, (tmp_path / "stored" / file).read_bytes())
    found = await load(release.name, store, LOOKS)
    assert found.version == (await load(str(tmp_path / "stored"), store, LOOKS)).version
    assert found.version.startswith("of-backfill-")
    assert (await load("built-in", store, LOOKS)).version.startswith("face-api-")

    weights = release.files[-1]
    await adding.put(release.name, weights.path, b"x" * weights.size_bytes)
    with pytest.raises(BackfillError, match="not the file that was released"):
        await load(release.name, store, LOOKS)


async def test_settings_come_from_the_file_that_one_machine_writes(
    clean_streams: NatsServer, s3_server: S3Server, database: Database, tmp_path: Path
) -> None:
    secrets = {name: f"password-of-{name.partition('-')[2]}" for name in machine._secret_names()}
    ports = replace(
        plan_ports(2121, 8080, 8081, clean_streams.port, 1),
        nats=clean_streams.port,
        s3=s3_server.port,
        postgres=database.port,
    )
    (tmp_path / BACKFILL_FILE).write_text(environment_file(machine._backfill(ports, secrets)))
    assert machine._BACKFILL_FILE == BACKFILL_FILE
    read = BackfillSettings(_env_file=tmp_path / BACKFILL_FILE)
    async with MessageBus.connect(read.nats, "test") as bus:
        assert await NatsTraffic(bus).waiting() == 0
    assert read.postgres_dsn.get_secret_value().startswith(
        f"postgresql://backfill:password-of-backfill@127.0.0.1:{database.port}/"
    )
    assert (read.s3.access_key, read.s3.bucket, read.models_bucket) == ("backfill", "photos", "models")
