import io
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.common.cameras.exif import ExifFacts, read_exif
from services.common.cameras.jpeg import read_structure


def block(**changes: object) -> bytes:
    """The EXIF block of a photo, as Pillow writes it."""
    exif = Image.Exif()
    details = exif.get_ifd(0x8769)
    details |= {0x9003: "2026:11:24 10:15:01", 0xA431: "SN-4711"} | {int(k[1:], 16): v for k, v in changes.items()}
    gps = exif.get_ifd(0x8825)
    gps |= {1: "N", 2: (52.0, 31.0, 12.0), 3: "W", 4: (13.0, 24.0, 18.0)}
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=exif)
    return read_structure(file.getvalue()).exif


def test_serial_time_and_place() -> None:
    facts = read_exif(block())
    assert facts.serial == "SN-4711"
    assert facts.taken_at == datetime(2026, 11, 24, 10, 15, 1)
    assert facts.position is not None
    assert round(facts.position[0], 6) == 52.52
    assert round(facts.position[1], 3) == -13.405


def test_fraction_and_offset_are_heeded() -> None:
    taken_at = read_exif(block(x9291="25", x9011="-03:30")).taken_at
    assert taken_at == datetime(2026, 11, 24, 10, 15, 1, 250_000, timezone(-timedelta(hours=3, minutes=30)))
    assert taken_at.astimezone(UTC).hour == 13


def test_nonsense_is_nothing() -> None:
    assert read_exif(b"") == ExifFacts()
    assert read_exif(block(x9003="0000:00:00 00:00:00")).taken_at is None
    assert read_exif(block(x9003="9999:12:31 23:59:59")).taken_at is None


def test_an_offset_that_says_nothing_leaves_the_cameras_clock() -> None:
    assert read_exif(block(x9011="later")).taken_at == datetime(2026, 11, 24, 10, 15, 1)
    for offset, hours in (("+01", 1), ("+0100", 1), ("-05:00", -5), ("Z", 0)):
        taken_at = read_exif(block(x9011=offset)).taken_at
        assert taken_at
        assert taken_at.utcoffset() == timedelta(hours=hours)
    assert read_exif(block(x9003="2000:01:01 00:00:09")).taken_at is None


@given(st.binary(max_size=300), st.integers(0, 250))
def test_no_block_is_too_broken(noise: bytes, at: int) -> None:
    whole = block()
    read_exif(whole[:at] + noise + whole[at + len(noise) :])
    read_exif(b"Exif\0\0" + noise)
