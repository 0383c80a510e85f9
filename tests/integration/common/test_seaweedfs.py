"""A photo that was written past the S3 gateway is one as any other, for whoever comes by S3."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import grpc.aio
import pytest
from facetally.seaweedfs.v1 import filer_pb2 as filer
from minio import Minio

from services.common.seaweedfs import SeaweedWriter
from services.common.storage import PhotoStorage
from services.provision.adapters.s3_bucket import S3Bucket
from tests.servers.running import finish
from tests.servers.s3 import S3Server

KEYS = {"by S3": "photos/europe/a/by-s3.jpg", "past it": "photos/europe/a/past-it.jpg"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A store of this module's own, whose photos are kept for a week."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    server.running.start()
    finish(server.provision())
    settings = server.settings("admin")
    secret = settings.secret_key.get_secret_value()
    bucket = S3Bucket(settings.url, settings.access_key, secret, settings.region, settings.bucket)
    finish(bucket.ensure_expiry(7))
    yield server
    server.running.kill()


@pytest.fixture
async def photo(server: S3Server, demo_photos: Path) -> bytes:
    """The same photo, written in both ways."""
    photo = (demo_photos / "photo-01.jpg").read_bytes()
    for key, settings in zip(KEYS.values(), (server.settings("admin"), server.past_s3("admin")), strict=True):
        async with PhotoStorage.connect(settings) as storage:
            await storage.put(key, photo)
    return photo


@pytest.fixture
def client(server: S3Server) -> Minio:
    return Minio(f"127.0.0.1:{server.port}", "admin", "secret-key-of-admin", secure=False)


async def _entry(server: S3Server, key: str) -> filer.Entry:
    directory, _, name = f"/buckets/photos/{key}".rpartition("/")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.ports['filer.grpc']}") as channel:
        look_up = channel.unary_unary(
            "/filer_pb.SeaweedFiler/LookupDirectoryEntry",
            request_serializer=filer.LookupDirectoryEntryRequest.SerializeToString,
            response_deserializer=filer.LookupDirectoryEntryResponse.FromString,
        )
        found: filer.LookupDirectoryEntryResponse = await look_up(
            filer.LookupDirectoryEntryRequest(directory=directory, name=name)
        )
        return found.entry


async def test_it_is_listed_read_and_described_alike(photo: bytes, client: Minio) -> None:
    listed = {found.object_name: found.size for found in client.list_objects("photos", recursive=True)}
    assert listed == dict.fromkeys(KEYS.values(), len(photo))
    described = [client.stat_object("photos", key) for key in KEYS.values()]
    assert {one.content_type for one in described} == {"image/jpeg"}
    first, second = (one.last_modified.timestamp() for one in described if one.last_modified)
    assert abs(first - second) < 60
    for key in KEYS.values():
        assert client.get_object("photos", key).read() == photo
        assert client.get_object("photos", key, offset=1000, length=10).read() == photo[1000:1010]


async def test_it_lives_as_long(photo: bytes, server: S3Server) -> None:
    by_s3, past_it = [(await _entry(server, key)).attributes for key in KEYS.values()]
    assert past_it.ttl_sec == by_s3.ttl_sec
    assert abs(past_it.crtime - by_s3.crtime) < 60
    assert (past_it.file_size, past_it.mime) == (by_s3.file_size, by_s3.mime) == (len(photo), "image/jpeg")


async def test_it_is_removed_by_s3(photo: bytes, client: Minio) -> None:
    await asyncio.to_thread(client.remove_object, "photos", KEYS["past it"])
    assert [found.object_name for found in client.list_objects("photos", recursive=True)] == [KEYS["by S3"]]


async def test_what_is_put_again_lies_on_a_volume_once(photo: bytes, server: S3Server) -> None:
    before = await _entry(server, KEYS["past it"])
    async with PhotoStorage.connect(server.past_s3("admin")) as storage:
        await storage.put(KEYS["past it"], photo + b"again")
        assert await storage.get(KEYS["past it"]) == photo + b"again"
    after = await _entry(server, KEYS["past it"])
    assert len(after.chunks) == 1
    assert after.chunks[0].file_id != before.chunks[0].file_id


async def test_photos_whose_places_were_asked_for_together_are_each_their_own(server: S3Server, client: Minio) -> None:
    photos = {f"photos/europe/a/{n}.jpg": bytes([n]) * (10_000 + n) for n in range(20)}
    async with PhotoStorage.connect(server.past_s3("admin")) as storage:
        await asyncio.gather(*(storage.put(key, photo) for key, photo in photos.items()))
    client.remove_object("photos", "photos/europe/a/3.jpg")
    del photos["photos/europe/a/3.jpg"]
    assert {key: client.get_object("photos", key).read() for key in photos} == photos
    places = [chunk.file_id for key in photos for chunk in (await _entry(server, key)).chunks]
    assert len(set(places)) == len(photos)


async def test_whoever_comes_just_when_places_are_given_out_gets_one_too() -> None:
    places: list[object] = []
    writer: SeaweedWriter

    async def take() -> None:
        places.append(await writer._place("/buckets/photos/a"))

    async def assign(*_: object, **__: object) -> filer.AssignVolumeResponse:
        await asyncio.sleep(0)
        if not late:
            # Ready to run before anybody is told of the answer.
            late.extend(asyncio.ensure_future(take()) for _ in range(20))
        return filer.AssignVolumeResponse(
            file_id=f"3,{len(places) + 1:x}01637037", count=2, location=filer.Location(url="127.0.0.1:1")
        )

    class Channel:
        def unary_unary(self, *_: object, **__: object) -> object:
            return assign

    late: list[asyncio.Future[None]] = []
    writer = SeaweedWriter(Channel(), None, "photos")  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        await asyncio.gather(*(take() for _ in range(20)))
        await asyncio.gather(*late)
    assert len(places) == 40


async def test_whoever_waits_for_a_place_hears_at_once_that_there_is_none() -> None:
    asked = 0

    async def assign(*_: object, **__: object) -> filer.AssignVolumeResponse:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.2)
        raise TimeoutError

    class Channel:
        def unary_unary(self, *_: object, **__: object) -> object:
            return assign

    writer = SeaweedWriter(Channel(), None, "photos")  # type: ignore[arg-type]
    said = await asyncio.gather(*(writer._place("/buckets/photos/a") for _ in range(20)), return_exceptions=True)
    assert [type(one) for one in said] == [TimeoutError] * 20
    assert asked == 1


async def test_photos_written_past_s3_survive_a_kill(photo: bytes, server: S3Server, client: Minio) -> None:
    server.running.kill()
    server.running.start()
    assert client.get_object("photos", KEYS["past it"]).read() == photo
