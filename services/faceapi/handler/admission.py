"""Who may come in: those with a key, not too often, and not more at once than there is room for."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from services.faceapi.domain.keys import ApiKey, RateLimiter
from services.faceapi.domain.problems import access_denied, busy, too_many_at_once, too_many_requests, wrong_argument


class ApiKeys(Protocol):
    """The keys that there are."""

    def find(self, key: str) -> ApiKey | None:
        """What is known of a key; None where nobody knows it."""
        ...


class Admission:
    """Lets requests in.

    Nobody waits: who finds no room is told at once, before anything is read, so that memory is bounded whatever comes.

    Args:
        keys: that there are.
        room: requests that may be in the house at once.
        clock: seconds, never going back.
    """

    def __init__(self, keys: ApiKeys, room: int, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._limiter = RateLimiter()
        self._room = room
        self._clock = clock
        self._of_key: Counter[str] = Counter()

    @property
    def inside(self) -> int:
        """Requests in the house."""
        return self._of_key.total()

    def identify(self, key: str | None) -> ApiKey:
        """Whose key it is.

        Raises:
            ProblemError: there is none, or nobody knows it.
        """
        found = self._keys.find(key) if key else None
        if found is None:
            raise access_denied()
        return found

    @contextmanager
    def enter(self, key: ApiKey, photos: int) -> Iterator[None]:
        """Let a request in; its room is free again when the block ends.

        One key never has more than half of the room, however slowly it sends what it asks about.

        Args:
            key: whose request it is.
            photos: that it is known to have.

        Raises:
            ProblemError: the key has had its share, or there is no room.
        """
        # Whoever finds no room pays nothing for it.
        if self.inside >= self._room:
            raise busy()
        if self._of_key[key.name] >= max(1, self._room // 2):
            raise too_many_at_once()
        self.count(key, photos)
        self._of_key[key.name] += 1
        try:
            yield
        finally:
            self._of_key[key.name] -= 1
            if not self._of_key[key.name]:
                del self._of_key[key.name]

    def count(self, key: ApiKey, photos: int) -> None:
        """Count photos against their key's share: all of them, or none.

        Raises:
            ProblemError: the key has had its share, or never has as much at once.
        """
        if photos > key.burst:
            raise wrong_argument(f"{photos} photos are more than this key may ask about at once.")
        wait_s = self._limiter.take(key, self._clock(), photos) if photos else 0.0
        if wait_s > 0:
            raise too_many_requests(math.ceil(wait_s))
