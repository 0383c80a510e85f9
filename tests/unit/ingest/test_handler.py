"""226 means kept: in the store first, then announced, then said."""

import io
from datetime import UTC, datetime

import pytest
from facetally.v1.photo_pb2 import PhotoRejected, PhotoStored, RejectionReason
from PIL import Image

from services.common.ids import CameraId, RegionId, ShopId, photo_id
from services.ingest.domain import Camera, Outcome
from services.ingest.handler import KeepPhoto
from tests.fakes.photo_storage import FakePhotoStorage
from tests.fakes.publisher import FakePublisher

CAMERA = Camera(CameraId("cam-1"), ShopId("shop-1"), RegionId("north"), b"", b"", disabled=False)
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30)).save(buffer, "JPEG")
    return buffer.getvalue()


class Bench:
    """A handler on fakes."""

    def __init__(self) -> None:
        self.storage = FakePhotoStorage()
        self.publisher = FakePublisher()
        self.now = NOW
        self.keep = KeepPhoto(self.storage, self.publisher, lambda: self.now, max_pixels=2000)

    async def upload(self, content: bytes, too_large: bool = False) -> Outcome:
        return await self.keep(CAMERA, bytearray(content), too_large=too_large)


async def test_a_photo_is_stored_and_announced_under_one_name() -> None:
    bench = Bench()
    assert await bench.upload(photo()) == Outcome.KEPT
    name = photo_id(CAMERA.camera_id, photo())
    ((subject, message),) = bench.publisher.published.values()
    assert subject == "photos.north.shop-1"
    assert isinstance(message, PhotoStored)
    assert message.photo.photo_id == name
    assert bench.storage.photos == {message.photo.object_key: photo()}
    assert message.photo.captured_at.ToDatetime(UTC) == NOW
    assert message.photo.size_bytes == len(photo())


async def test_nothing_is_announced_that_is_not_stored() -> None:
    bench = Bench()
    bench.storage.failures = 1
    assert await bench.upload(photo()) == Outcome.AWAY
    assert bench.publisher.published == {}


async def test_a_photo_that_cannot_be_announced_is_not_said_to_be_kept_and_the_second_try_is_the_same_photo() -> None:
    bench = Bench()
    bench.publisher.failures = 1
    assert await bench.upload(photo()) == Outcome.AWAY
    assert await bench.upload(photo()) == Outcome.KEPT
    assert await bench.upload(photo()) == Outcome.KEPT
    assert len(bench.publisher.published) == 1


@pytest.mark.parametrize(
    ("content", "too_large", "outcome", "reason"),
    [
        (b"", False, Outcome.EMPTY, RejectionReason.REJECTION_REASON_EMPTY),
        (b"hello", False, Outcome.NOT_JPEG, RejectionReason.REJECTION_REASON_NOT_JPEG),
        (photo()[:-2], False, Outcome.TRUNCATED, RejectionReason.REJECTION_REASON_TRUNCATED),
        (photo(), True, Outcome.TOO_LARGE, RejectionReason.REJECTION_REASON_TOO_LARGE),
    ],
)
async def test_a_refused_upload_is_counted_and_nothing_of_it_is_kept(
    content: bytes, too_large: bool, outcome: Outcome, reason: RejectionReason
) -> None:
    bench = Bench()
    assert await bench.upload(content, too_large) == outcome
    assert bench.storage.photos == {}
    ((subject, message),) = bench.publisher.published.values()
    assert subject == "rejections.north.shop-1"
    assert isinstance(message, PhotoRejected)
    assert message.reason == reason
    assert message.camera_id == "cam-1"


async def test_a_refusal_that_cannot_be_counted_is_a_refusal_all_the_same() -> None:
    bench = Bench()
    bench.publisher.failures = 1
    assert await bench.upload(b"hello") == Outcome.NOT_JPEG


async def test_a_photo_of_too_many_pixels_is_refused() -> None:
    bench = Bench()
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40)).save(buffer, "JPEG")
    assert await bench.upload(buffer.getvalue()) == Outcome.TOO_MANY_PIXELS
