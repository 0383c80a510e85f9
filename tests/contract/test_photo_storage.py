"""What every photo store does, the fake and the real one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest

from services.common.errors import PermanentError, TransientError
from services.common.settings import S3Settings
from services.common.storage import PhotoStorage
from tests.fakes.photo_storage import FakePhotoStorage
from tests.servers.s3 import S3Server


class Storage(Protocol):
    async def put(self, key: str, photo: bytes | bytearray | memoryview) -> None: ...
    async def get(self, key: str) -> bytes: ...


@pytest.fixture(params=["fake", "s3", "past_s3"])
async def storage(request: pytest.FixtureRequest, s3_server: S3Server) -> AsyncIterator[Storage]:
    if request.param == "fake":
        yield FakePhotoStorage()
        return
    settings = s3_server.past_s3("admin") if request.param == "past_s3" else s3_server.settings("admin")
    async with PhotoStorage.connect(settings) as opened:
        yield opened


async def test_a_photo_comes_back_byte_for_byte(storage: Storage, demo_photos: Path) -> None:
    photo = (demo_photos / "photo-01.jpg").read_bytes()
    for kind in (bytes, bytearray, memoryview):
        await storage.put("photos/a b/ü+%20&?.jpg", kind(photo))
        assert await storage.get("photos/a b/ü+%20&?.jpg") == photo


async def test_putting_it_again_is_harmless(storage: Storage) -> None:
    await storage.put("photos/again.jpg", b"first")
    await storage.put("photos/again.jpg", b"second")
    assert await storage.get("photos/again.jpg") == b"second"


async def test_what_was_never_put_is_not_there(storage: Storage) -> None:
    with pytest.raises(PermanentError):
        await storage.get("photos/never.jpg")


async def test_a_store_that_is_away_is_worth_another_try() -> None:
    settings = S3Settings.model_validate({"url": "http://127.0.0.1:1", "access_key": "a", "secret_key": "s"})
    past = settings.model_copy(update={"seaweedfs_filer": "127.0.0.1:1"})
    fake = FakePhotoStorage(failures=2)
    async with PhotoStorage.connect(settings) as real, PhotoStorage.connect(past) as past_s3:
        for storage in (fake, real, past_s3):
            with pytest.raises(TransientError):
                await storage.put("photos/a.jpg", b"x")
            with pytest.raises(TransientError):
                await storage.get("photos/a.jpg")
        assert not await real.is_ready()


@pytest.mark.parametrize("past", [False, True])
async def test_a_missing_bucket_is_worth_another_try_and_not_a_missing_photo(s3_server: S3Server, past: bool) -> None:
    given = s3_server.past_s3("admin") if past else s3_server.settings("admin")
    async with PhotoStorage.connect(given.model_copy(update={"bucket": "nowhere"})) as storage:
        with pytest.raises(TransientError):
            await storage.get("photos/a.jpg")
        with pytest.raises(TransientError):
            await storage.put("photos/a.jpg", b"x")
