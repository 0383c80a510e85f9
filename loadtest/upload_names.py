"""How cameras of each vendor name what they upload (docs/cameras.md). Pure."""

import zlib
from datetime import datetime
from typing import Final

# Fields in braces, times as in strftime; each the first form of its vendor in tests/vendors.py.
FORMS: Final = (
    "{ip}_01_%Y%m%d%H%M%S{ms:03}_FACE_DETECTION.jpg",
    "IPC-HFW5238M/{serial}/%Y-%m-%d/001/jpg/%H/%M/%S[M][0@0][0].jpg",
    "{serial}_00_%Y%m%d%H%M%S.jpg",
    "{mac}_%Y%m%d%H%M%S{cs:02}_{number:05}.jpg",
    "FI9805E_{mac}/snap/MDAlarm_%Y%m%d-%H%M%S.jpg",
    "{serial}_%Y%m%d%H%M%S_{number}_trg.jpg",
    "{mac}/VFD/%Y-%m-%d/%H/VFD_%Y-%m-%d-%H-%M-%S-{ms:03}_001.jpg",
)


def upload_name(camera: str, now: datetime, number: int) -> str:
    """Path of a photo that a camera takes now; a camera is of one vendor for ever.

    Args:
        now: by the camera's clock.
        number: of its uploads so far.
    """
    identity = zlib.crc32(camera.encode())
    form = FORMS[identity % len(FORMS)]
    fields = {
        "serial": f"SN{identity:010}",
        "mac": f"0040{identity:08X}",
        "ip": f"10.{identity >> 16 & 255}.{identity >> 8 & 255}.{identity & 255}",
        "ms": now.microsecond // 1000,
        "cs": now.microsecond // 10_000,
        "number": number,
    }
    return now.strftime(form).format(**fields)
