"""What makes an upload a photo that is kept, and what the camera is told. Pure."""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from services.common.errors import BadInputError
from services.common.ids import CameraId, RegionId, ShopId

_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_SOS: Final = 0xDA
# Start-of-frame markers carry the size; C4, C8 and CC in their range mean something else.
_SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone, without a length: TEM and the restart markers.
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


class Outcome(StrEnum):
    """What became of an upload, for metrics."""

    KEPT = "kept"
    AWAY = "away"
    EMPTY = "empty"
    NOT_JPEG = "not_jpeg"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"


@dataclass(frozen=True, slots=True)
class Reply:
    """An FTP reply: 2xx done, 4xx send it again, 5xx do not."""

    code: int
    text: str

    def __str__(self) -> str:
        """As it goes over the wire."""
        return f"{self.code} {self.text}"


REPLIES: Final = {
    Outcome.KEPT: Reply(226, "Kept."),
    Outcome.AWAY: Reply(451, "Not kept, the store is away: send it again."),
    # Cameras test their settings with empty files, and would try for ever if these were refused.
    Outcome.EMPTY: Reply(226, "The file is empty; nothing was kept."),
    Outcome.NOT_JPEG: Reply(550, "Not kept: this is not a JPEG photo."),
    Outcome.TRUNCATED: Reply(451, "Not kept, the photo's end is missing: send it again."),
    Outcome.TOO_LARGE: Reply(552, "Not kept: the file is too large."),
    Outcome.TOO_MANY_PIXELS: Reply(550, "Not kept: the photo has too many pixels."),
}
NO_DATA_CONNECTION: Final = Reply(425, "There is no data connection: open one, and send it again.")
BUSY: Final = Reply(450, "Busy with other uploads: send it again in a moment.")


@dataclass(frozen=True, slots=True)
class Camera:
    """A registered camera, and how it proves that it is the one."""

    camera_id: CameraId
    shop_id: ShopId
    region_id: RegionId
    salt: bytes
    secret_sha256: bytes
    disabled: bool


def may_log_in(camera: Camera | None, secret: str) -> bool:
    """Whether the secret is the camera's. An unknown camera costs as much time as a known one.

    Secrets are 128 random bits, so that a fast hash is safe and ten thousand cameras can log in at once.
    """
    salt = camera.salt if camera else b""
    expected = camera.secret_sha256 if camera else bytes(32)
    matches = hmac.compare_digest(sha256(salt + secret.encode()).digest(), expected)
    return matches and camera is not None and not camera.disabled


def check_photo(content: bytes | bytearray, max_pixels: int) -> None:
    """See that an upload is one whole JPEG of a bearable size, without decoding it.

    Raises:
        BadInputError: with the outcome as its reason.
    """
    if not content:
        raise _refusal(Outcome.EMPTY)
    if not content.startswith(_SOI):
        raise _refusal(Outcome.NOT_JPEG)
    width, height, data_starts_at = _walk_to_data(content)
    # In entropy-coded data FF is always followed by 00 or a restart: FF D9 can only be the end. Cameras append things.
    if content.rfind(_EOI, data_starts_at) < 0:
        raise _refusal(Outcome.TRUNCATED)
    if width * height == 0:
        raise _refusal(Outcome.NOT_JPEG)
    if width * height > max_pixels:
        raise _refusal(Outcome.TOO_MANY_PIXELS)


def _walk_to_data(content: bytes | bytearray) -> tuple[int, int, int]:
    """Width, height, and where the entropy-coded data starts."""
    at = len(_SOI)
    width = height = 0
    while True:
        if at + 4 > len(content):
            raise _refusal(Outcome.TRUNCATED)
        if content[at] != 0xFF:
            raise _refusal(Outcome.NOT_JPEG)
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in _STANDALONE:
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2:
            raise _refusal(Outcome.NOT_JPEG)
        if at + 2 + length > len(content):
            raise _refusal(Outcome.TRUNCATED)
        if marker in _SOF and length >= 7:
            height = int.from_bytes(content[at + 5 : at + 7], "big")
            width = int.from_bytes(content[at + 7 : at + 9], "big")
        at += 2 + length
        if marker == _SOS:
            return width, height, at


def _refusal(outcome: Outcome) -> BadInputError:
    return BadInputError(outcome, REPLIES[outcome].text)
