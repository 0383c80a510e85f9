"""API keys: who may ask, and how often. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import inf
from typing import Final, Self

from facetally.v1 import api_key_pb2
from google.protobuf.message import DecodeError

# How many random bytes a key is made of.
KEY_BYTES: Final = 32
MIN_REQUESTS_PER_SECOND: Final = 0.001
MAX_REQUESTS_PER_SECOND: Final = 10_000
MAX_BURST: Final = 10_000
# detect takes no other question.
SMALLEST_FACES_PX: Final = range(36, 1001)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Seconds do not add up exactly; what is missing then is no whole token.
_ROUNDING_TOKENS = 1e-6


class ApiKeyError(Exception):
    """What was asked for cannot be. The message is a sentence without a full stop."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key, which is not the key itself.

    Args:
        name: what people call it.
        sha256: digest of the key.
        requests_per_second: how many requests it may make in the long run; one with several photos counts as so many.
        burst: how many it may make at once.
        min_face_px: width of the smallest face that is looked for, in pixels of a photo of up to 1920 x 1080.

    Raises:
        ApiKeyError: one of these is out of its range.
    """

    name: str
    sha256: bytes
    requests_per_second: float
    burst: int
    min_face_px: int
    created_at: datetime

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.sha256) != sha256().digest_size:
            raise ApiKeyError("the digest is not a SHA-256")
        if not MIN_REQUESTS_PER_SECOND <= self.requests_per_second <= MAX_REQUESTS_PER_SECOND:
            raise ApiKeyError(f"the rate is between {MIN_REQUESTS_PER_SECOND} and {MAX_REQUESTS_PER_SECOND}")
        if not 1 <= self.burst <= MAX_BURST:
            raise ApiKeyError(f"the burst is between 1 and {MAX_BURST}")
        if self.min_face_px not in SMALLEST_FACES_PX:
            raise ApiKeyError(
                f"the smallest face is between {SMALLEST_FACES_PX[0]} and {SMALLEST_FACES_PX[-1]} pixels wide"
            )

    @classmethod
    def from_bytes(cls, message: bytes) -> Self:
        """The key that an ApiKey tells of.

        Raises:
            ApiKeyError: it tells of none.
        """
        try:
            told = api_key_pb2.ApiKey.FromString(message)
            created_at = told.created_at.ToDatetime(UTC)
        except (DecodeError, ValueError) as error:
            raise ApiKeyError("the message is damaged") from error
        return cls(told.name, told.sha256, told.requests_per_second, told.burst, told.min_face_px, created_at)

    def to_bytes(self) -> bytes:
        """The key as an ApiKey."""
        return api_key_pb2.ApiKey(
            name=self.name,
            sha256=self.sha256,
            requests_per_second=self.requests_per_second,
            burst=self.burst,
            min_face_px=self.min_face_px,
            created_at=self.created_at,
        ).SerializeToString()


def check_name(name: str) -> None:
    """See that a key can be called so.

    Raises:
        ApiKeyError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise ApiKeyError("a name is made of 1 to 64 letters, digits, hyphens and underscores")


def digest(key: str) -> bytes:
    """What is kept of a key: its SHA-256.

    Slow hashes and salts protect secrets that can be guessed. A key is 256 random bits: whoever tries a billion a second needs
    longer than there is time. And it is looked up with every request, by its digest.
    """
    return sha256(key.encode(errors="surrogatepass")).digest()


class RateLimiter:
    """A token bucket for each key that has asked: it fills up again at the key's rate, and a photo takes one token out."""

    def __init__(self) -> None:
        # The generic cell rate algorithm: when a bucket is full again is all that there is to know of it.
        self._full_at_s: dict[bytes, float] = {}

    def take(self, key: ApiKey, now_s: float, tokens: int = 1) -> float:
        """Take tokens out of a key's bucket: all of them, or none.

        Args:
            key: whose bucket it is.
            now_s: on a clock that never goes back.
            tokens: how many, at least 1.

        Returns:
            0 where they were there. Otherwise seconds until they are; infinity where the bucket never holds so many.
        """
        if tokens > key.burst:
            return inf
        full_at_s = max(self._full_at_s.get(key.sha256, now_s), now_s)
        taken = (full_at_s - now_s) * key.requests_per_second
        missing = taken + tokens - key.burst
        if missing > _ROUNDING_TOKENS:
            return missing / key.requests_per_second
        self._full_at_s[key.sha256] = full_at_s + tokens / key.requests_per_second
        return 0.0
