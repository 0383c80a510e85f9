"""Names, keys and subjects."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import PermanentError
from services.common.ids import (
    CameraId,
    PhotoId,
    RegionId,
    ShopId,
    is_slug,
    object_key,
    photo_id,
    rejection_id,
    subject,
)


@given(st.binary(), st.binary())
def test_a_photo_is_named_by_its_bytes_and_its_camera(one: bytes, other: bytes) -> None:
    camera = CameraId("cam-1")
    assert (photo_id(camera, one) == photo_id(camera, other)) == (one == other)
    assert photo_id(camera, one) == photo_id(camera, memoryview(bytearray(one)))
    assert photo_id(camera, one) != photo_id(CameraId("cam-2"), one)
    assert len(photo_id(camera, one)) == 32


def test_a_refused_upload_is_named_by_its_reason_too() -> None:
    camera = CameraId("cam-1")
    assert rejection_id(camera, "empty", b"") != rejection_id(camera, "not_jpeg", b"")
    assert rejection_id(camera, "empty", b"") != photo_id(camera, b"")


def test_a_key_is_in_universal_time() -> None:
    at = datetime(2026, 1, 1, 0, 30, 5, 123_456, tzinfo=timezone(timedelta(hours=9)))
    key = object_key(RegionId("asia"), ShopId("tokyo-1"), CameraId("cam-1"), PhotoId("ab"), at)
    assert key == "photos/asia/tokyo-1/2025/12/31/cam-1/153005123-ab.jpg"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        object_key(RegionId("r"), ShopId("s"), CameraId("c"), PhotoId("p"), datetime.now(UTC).replace(tzinfo=None))


@pytest.mark.parametrize("name", ["a", "a-1", "0", "x" * 63])
def test_slugs(name: str) -> None:
    assert is_slug(name)
    assert subject("photos", name, name) == f"photos.{name}.{name}"


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a*", ">", "a/b", "x" * 64, "a\n", "ü"])
def test_what_could_change_a_subject_or_a_key_is_no_slug(name: str) -> None:
    assert not is_slug(name)
    with pytest.raises(PermanentError):
        subject("photos", "region", name)
