"""What counts as a photo, and who may send one."""

import io
import struct
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.common.cameras.exif import ExifFacts
from services.common.cameras.path_patterns import PathFacts, read_path
from services.common.errors import BadInputError
from services.ingest.domain import (
    REPLIES,
    Dating,
    Outcome,
    TimeSource,
    check_photo,
    date_photo,
    is_no_photo,
    is_temporary,
    may_log_in,
    needs_exif,
    recognise,
    takes_bundles,
)
from tests.fakes.logins import camera, login
from tests.vendors import EXAMPLES, Example

MAX_PIXELS = 100_000_000


def jpeg(progressive: bool = False, thumbnail: bool = False) -> bytes:
    buffer = io.BytesIO()
    options = {"exif": b"Exif\0\0" + jpeg()} if thumbnail else {}
    Image.effect_noise((64, 48), 60).save(buffer, "JPEG", progressive=progressive, **options)
    return buffer.getvalue()


WHOLE = [jpeg(), jpeg(progressive=True), jpeg(thumbnail=True)]


def outcome_of(content: bytes) -> str | None:
    try:
        check_photo("/photo.jpg", content, MAX_PIXELS)
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
        sends_again = outcome in (Outcome.AWAY, Outcome.TRUNCATED, Outcome.NO_ROOM)
        assert (400 <= reply.code < 500) == sends_again


def test_only_the_right_secret_of_a_camera_in_service_logs_in() -> None:
    good = login("cam", "secret", camera("cam"))
    assert may_log_in(good, "secret")
    assert not may_log_in(good, "Secret")
    assert not may_log_in(good, "")
    assert not may_log_in(good, "\udcff")
    assert not may_log_in(login("cam", "secret", camera("cam", disabled=True)), "secret")
    assert not may_log_in(None, "secret")
    assert not may_log_in(None, "")


@pytest.mark.parametrize(
    "path",
    [
        "DVRWorkDirectory",
        "/a/b/DVRWorkDirectory",
        "x/clip.dav",
        "x.IDX",
        "clip.mp4",
        "testftp.txt",
        "TESTFTP",
        "test-101501.jpg",
    ],
)
def test_what_cameras_upload_beside_photos_is_known_by_name(path: str) -> None:
    assert is_no_photo(path)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.path[-30:])
def test_no_vendors_photo_is_taken_for_something_else(example: Example) -> None:
    assert not is_no_photo(example.path)
    assert not is_temporary(example.path)


@pytest.mark.parametrize(
    "path",
    ["a/photo.jpg.tmp", "photo", "tmp0001.jpg", ".photo.jpg", "~photo.jpg", "Temp_1.jpg", "x.part", "tmpa4k2.jpg"],
)
def test_a_temporary_name_is_known(path: str) -> None:
    assert is_temporary(path)


@pytest.mark.parametrize("path", ["Temple_00_20260101000000.jpg", "temporal-1.jpg", "a/photo.JPEG"])
def test_a_final_name_is_known(path: str) -> None:
    assert not is_temporary(path)


def test_a_cameras_own_test_is_no_bad_photo() -> None:
    for path, outcome in (
        ("/test.jpg", Outcome.NOT_PHOTO),
        ("/in/Test1", Outcome.NOT_PHOTO),
        ("/a.jpg", Outcome.NOT_JPEG),
    ):
        with pytest.raises(BadInputError) as refused:
            check_photo(path, b"this is a test", MAX_PIXELS)
        assert refused.value.reason == outcome


SHARED = login(
    "shop-1", "s",
    camera("shop-1"),
    camera("door", "00:40:8C:77:F8:26", "3J07C6FPAU00272", pattern="axis"),
    camera("till", "192.168.43.74", "Till 1", "@52.5200,13.4050", pattern="hikvision"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("00-40-8c-77-f8-26_2026112410150142_00007.jpg", "door"),
        ("IPC/3j07c6fpau00272/2018-07-25/001/jpg/09/50/04[M][0@0][0].jpg", "door"),
        ("192.168.43.74_01_20210720173322698_FACE_DETECTION.jpg", "till"),
        ("till 1/2026/photo.jpg", "till"),
        ("till/photo.jpg", "till"),
        ("somebody/photo.jpg", "shop-1"),
    ],
)
def test_a_shared_logins_camera_is_found_by_what_its_path_says(path: str, expected: str) -> None:
    assert recognise(SHARED, read_path(path, SHARED.patterns), ExifFacts()).camera_id == expected


@pytest.mark.parametrize(
    ("exif", "expected"),
    [
        (ExifFacts(serial="3J07C6FPAU00272"), "door"),
        (ExifFacts(position=(52.5205, 13.4050)), "till"),
        (ExifFacts(position=(52.5300, 13.4050)), "shop-1"),
        (ExifFacts(serial="other"), "shop-1"),
    ],
)
def test_else_by_exif_and_else_the_photo_is_the_shops(exif: ExifFacts, expected: str) -> None:
    assert recognise(SHARED, PathFacts(()), exif).camera_id == expected


def test_a_path_beats_exif_and_a_login_of_ones_own_beats_both() -> None:
    path = read_path("till/photo.jpg", ["any"])
    assert recognise(SHARED, path, ExifFacts(serial="3J07C6FPAU00272")).camera_id == "till"
    own = login("door", "s", camera("door", "SN-1"))
    assert recognise(own, path, ExifFacts(serial="SN-2")).camera_id == "door"
    single = login("shop-1", "s", camera("shop-1"), camera("only"))
    assert recognise(single, PathFacts(()), ExifFacts()).camera_id == "only"


def test_exif_is_read_only_where_the_path_leaves_something_open() -> None:
    timed = read_path("K3TA_00_20220307125217.jpg", ["any"])
    assert not needs_exif(login("a", "s", camera("a")), timed)
    assert needs_exif(login("a", "s", camera("a")), read_path("photo.jpg", ["any"]))
    assert needs_exif(SHARED, timed)


BERLIN = ZoneInfo("Europe/Berlin")
ARRIVED = datetime(2026, 11, 24, 9, 15, 3, tzinfo=UTC)


def dated(shown: datetime | None, exif: datetime | None = None, arrived: datetime = ARRIVED) -> Dating:
    return date_photo(PathFacts((), shown), ExifFacts(taken_at=exif), BERLIN, arrived)


def test_a_photo_is_dated_by_its_path_then_exif_then_arrival_in_the_shops_zone() -> None:
    shown, utc = datetime(2026, 11, 24, 10, 15, 1), datetime(2026, 11, 24, 9, 15, 1, tzinfo=UTC)
    assert dated(shown) == Dating(utc, TimeSource.PATH, utc)
    assert dated(None, shown) == Dating(utc, TimeSource.EXIF, utc)
    assert dated(None, utc) == Dating(utc, TimeSource.EXIF, utc)
    assert dated(None) == Dating(ARRIVED, TimeSource.ARRIVAL, None)


def test_a_late_photo_is_believed_and_one_from_the_future_is_not() -> None:
    assert dated(datetime(2018, 7, 25, 9, 50, 4)).captured_at == datetime(2018, 7, 25, 7, 50, 4, tzinfo=UTC)
    ahead = datetime(2026, 11, 24, 10, 18)
    assert dated(ahead) == Dating(ARRIVED, TimeSource.ARRIVAL, datetime(2026, 11, 24, 9, 18, tzinfo=UTC))
    assert dated(datetime(2026, 11, 24, 10, 17)).source is TimeSource.PATH


@pytest.mark.parametrize("arrived_hour", [0, 1])
def test_in_the_hour_that_there_is_twice_arrival_decides(arrived_hour: int) -> None:
    arrived = datetime(2026, 10, 25, arrived_hour, 30, 5, tzinfo=UTC)
    assert dated(datetime(2026, 10, 25, 2, 30), arrived=arrived).captured_at.hour == arrived_hour


@pytest.mark.parametrize(
    ("idle_share", "own_cores", "taking", "expected"),
    [
        (0.05, 0.2, False, True),
        (0.15, 0.2, False, False),
        (0.15, 0.2, True, True),  # it is calmer because of the bundles
        (0.30, 0.2, True, False),
        (0.00, 0.03, False, False),  # what makes the machine busy is something else
        (0.00, 0.03, True, True),  # it does less because of the bundles
        (0.00, 0.01, True, False),
        (0.00, 0.55, False, False),  # there is no time to rest
        (0.00, 0.55, True, True),
        (0.00, 0.7, True, False),
    ],
)
def test_bundles_are_for_busy_machines(idle_share: float, own_cores: float, taking: bool, expected: bool) -> None:
    assert takes_bundles(idle_share, own_cores, taking=taking) is expected
