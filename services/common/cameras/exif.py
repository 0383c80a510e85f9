"""What a photo's EXIF block says of the camera, the time and the place. Pure.

Source: EXIF 2.32 (CIPA DC-008).
"""

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from PIL import ExifTags, Image

from services.common.cameras.path_patterns import YEARS

# What Pillow raises at damaged blocks, which are many.
_DAMAGED: Final = (SyntaxError, ValueError, KeyError, IndexError, TypeError, OverflowError, ZeroDivisionError, OSError,
                   struct.error)  # fmt: skip
_MAX_SERIAL_LETTERS: Final = 64
_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>[01]?\d):?(?P<minutes>[0-5]\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """What is known from EXIF.

    Args:
        serial: the camera's serial number.
        taken_at: without a time zone as the camera's clock shows it, or with one where EXIF has its offset.
        position: latitude and longitude in degrees, north and east positive.
    """

    serial: str | None = None
    taken_at: datetime | None = None
    position: tuple[float, float] | None = None


def read_exif(block: bytes) -> ExifFacts:
    """Read an EXIF block, from its `Exif` mark on. What is damaged counts as missing."""
    if not block:
        return ExifFacts()
    exif = Image.Exif()
    try:
        exif.load(block)
        details = exif.get_ifd(ExifTags.IFD.Exif)
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except _DAMAGED:
        return ExifFacts()
    return ExifFacts(_serial(details), _taken_at(exif, details), _position(gps))


def _serial(details: dict[int, Any]) -> str | None:
    serial = details.get(ExifTags.Base.BodySerialNumber)
    text = serial.split("\0")[0].strip() if isinstance(serial, str) else ""
    return text[:_MAX_SERIAL_LETTERS] if text.isprintable() and text else None


def _taken_at(exif: Image.Exif, details: dict[int, Any]) -> datetime | None:
    stamp = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    offset = details.get(ExifTags.Base.OffsetTimeOriginal)
    fraction = details.get(ExifTags.Base.SubsecTimeOriginal)
    try:
        taken_at = datetime.strptime(str(stamp).strip(" \0"), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the camera's clock
        if isinstance(fraction, str) and fraction.strip(" \0").isdigit():
            taken_at = taken_at.replace(microsecond=int(fraction.strip(" \0")[:6].ljust(6, "0")))
        if isinstance(offset, str) and (zone := _zone(offset.strip(" \0"))):
            taken_at = taken_at.replace(tzinfo=zone)
    except _DAMAGED:
        return None
    return taken_at if taken_at.year in YEARS else None


def _zone(offset: str) -> timezone | None:
    """+01:00, and the shorter forms that cameras write; None where it says nothing."""
    match = _OFFSET.fullmatch(offset)
    if match is None:
        return UTC if offset in ("Z", "z") else None
    sign = 1 if match["sign"] == "+" else -1
    return timezone(sign * timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0)))


def _position(gps: dict[int, Any]) -> tuple[float, float] | None:
    try:
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "S")
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "W")
    except _DAMAGED:
        return None
    within = abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if within else None  # not a number is not within either


def _degrees(parts: Any, reference: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if str(reference).strip(" \0").upper() == negative else value
