"""What counts as a photo, and who may send one."""

import io
import struct
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.common.errors import BadInputError
from services.common.ids import CameraId, RegionId, ShopId
from services.ingest.domain import REPLIES, Camera, Outcome, check_photo, may_log_in

MAX_PIXELS = 100_000_000


def jpeg(progressive: bool = False, thumbnail: bool = False) -> bytes:
    buffer = io.BytesIO()
    options = {"exif": b"Exif\0\0" + jpeg()} if thumbnail else {}
    Image.effect_noise((64, 48), 60).save(buffer, "JPEG", progressive=progressive, **options)
    return buffer.getvalue()


WHOLE = [jpeg(), jpeg(progressive=True), jpeg(thumbnail=True)]


def outcome_of(content: bytes) -> str | None:
    try:
        check_photo(content, MAX_PIXELS)
    except BadInputError as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("photo", WHOLE, ids=["baseline", "progressive", "with thumbnail"])
@pytest.mark.parametrize("appended", [b"", b"\0" * 100, b"camera data \xff\xd8 more"])
def test_a_whole_jpeg_is_a_photo_whatever_the_camera_appends(photo: bytes, appended: bytes) -> None:
    assert outcome_of(photo + appended) is None


@pytest.mark.parametrize("photo", WHOLE, ids=["baseline", "progressive", "with thumbnail"])
def test_a_jpeg_cut_anywhere_is_none(photo: bytes) -> None:
    for end in range(2, len(photo) - 1):
        assert outcome_of(photo[:end]) == Outcome.TRUNCATED, f"cut after {end} bytes"
    assert outcome_of(photo[:1]) == Outcome.NOT_JPEG


def test_real_photos_are_photos(demo_photos: Path) -> None:
    photos = list(demo_photos.glob("*.jpg"))
    assert photos
    for photo in photos:
        assert outcome_of(photo.read_bytes()) is None


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + bytes(50), b"GIF89a", b"hello", bytes(100), b"\xff"])
def test_other_files_are_no_photos(content: bytes) -> None:
    assert outcome_of(content) == Outcome.NOT_JPEG


def test_an_empty_file_is_empty() -> None:
    assert outcome_of(b"") == Outcome.EMPTY


def test_a_photo_of_too_many_pixels_is_refused_by_its_header() -> None:
    bomb = bytearray(jpeg())
    at = bomb.index(b"\xff\xc0") + 5
    bomb[at : at + 4] = struct.pack(">HH", 10_001, 10_000)
    assert outcome_of(bytes(bomb)) == Outcome.TOO_MANY_PIXELS
    bomb[at : at + 4] = struct.pack(">HH", 10_000, 10_000)
    assert outcome_of(bytes(bomb)) is None
    bomb[at : at + 4] = struct.pack(">HH", 0, 10_000)
    assert outcome_of(bytes(bomb)) == Outcome.NOT_JPEG


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_get_a_verdict(content: bytes) -> None:
    assert outcome_of(b"\xff\xd8" + content) in {None, *Outcome}


def test_every_outcome_has_a_reply_that_says_what_happened() -> None:
    assert set(REPLIES) == set(Outcome)
    for outcome, reply in REPLIES.items():
        assert reply.text.endswith(".")
        sends_again = outcome in (Outcome.AWAY, Outcome.TRUNCATED)
        assert (400 <= reply.code < 500) == sends_again


def camera(disabled: bool = False) -> Camera:
    digest = sha256(b"salt" + b"secret").digest()
    return Camera(CameraId("c"), ShopId("s"), RegionId("r"), b"salt", digest, disabled)


def test_only_the_right_secret_of_a_camera_in_service_logs_in() -> None:
    assert may_log_in(camera(), "secret")
    assert not may_log_in(camera(), "Secret")
    assert not may_log_in(camera(), "")
    assert not may_log_in(camera(disabled=True), "secret")
    assert not may_log_in(None, "secret")
    assert not may_log_in(None, "")
