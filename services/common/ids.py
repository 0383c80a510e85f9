"""Identifiers, and the keys and subjects built from them. Pure."""

import re
from datetime import UTC, datetime
from typing import NewType

from blake3 import blake3

from services.common.errors import PermanentError

PhotoId = NewType("PhotoId", str)
RegionId = NewType("RegionId", str)
ShopId = NewType("ShopId", str)
CameraId = NewType("CameraId", str)

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_DIGEST_BYTES = 16


def is_slug(text: str) -> bool:
    """Whether a text can name a region, city, shop or camera: 1 to 63 of a-z, 0-9 and inner hyphens.

    Such a name is safe as a NATS subject token, as a part of an object key and in a URL.
    """
    return _SLUG.match(text) is not None


def photo_id(camera_id: CameraId, photo: bytes | bytearray | memoryview) -> PhotoId:
    """Name a photo by its content: the same bytes from the same camera are the same photo.

    Returns:
        32 hex digits, the first 16 bytes of BLAKE3(camera_id, NUL, photo).
    """
    return PhotoId(_digest(camera_id.encode(), photo))


def rejection_id(camera_id: CameraId, reason: str, received: bytes | bytearray | memoryview) -> str:
    """Name a refused upload, so that its repetition is counted once.

    Returns:
        32 hex digits, the first 16 bytes of BLAKE3(camera_id, NUL, reason, NUL, received).
    """
    return _digest(camera_id.encode() + b"\0" + reason.encode(), received)


def _digest(prefix: bytes, body: bytes | bytearray | memoryview) -> str:
    return blake3(prefix + b"\0").update(body).hexdigest(_DIGEST_BYTES)


def object_key(region_id: RegionId, shop_id: ShopId, camera_id: CameraId, photo: PhotoId, captured_at: datetime) -> str:
    """Key of a photo in the photos bucket; times are UTC.

    Raises:
        ValueError: `captured_at` has no time zone.
    """
    if captured_at.tzinfo is None:
        raise ValueError("captured_at needs a time zone")
    at = captured_at.astimezone(UTC)
    stamp = f"{at:%H%M%S}{at.microsecond // 1000:03d}"
    return f"photos/{region_id}/{shop_id}/{at:%Y/%m/%d}/{camera_id}/{stamp}-{photo}.jpg"


def subject(stage: str, region_id: str, shop_id: str) -> str:
    """Subject of a message of one stage: photos, faces, results or rejections.

    Raises:
        PermanentError: a name is empty or not a slug; whatever message says so can never be passed on.
    """
    if not (is_slug(region_id) and is_slug(shop_id)):
        raise PermanentError("the message does not name a region and a shop")
    return f"{stage}.{region_id}.{shop_id}"
