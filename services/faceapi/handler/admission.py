"""Who may come in: those with a key, not too often, and not more at once than there is room for."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from services.faceapi.domain.keys import ApiKey, RateLimiter
from services.faceapi.domain.problems import access_denied, busy, too_many_requests, wrong_argument


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
        self.inside = 0

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
    def enter(self, key: ApiKey) -> Iterator[None]:
        """Let a request in, for one photo; its room is free again when the block ends.

        Raises:
            ProblemError: the key has had its share, or there is no room.
        """
        if self.inside >= self._room:  # which costs the key nothing
            raise busy()
        self._take(key, 1)
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    def count_more(self, key: ApiKey, photos: int) -> None:
        """Count the photos of a request that was let in for one, and has more: all of them, or none.

        Raises:
            ProblemError: the key has had its share, or never has as much at once.
        """
        if photos > key.burst - 1:
            raise wrong_argument(f"{photos + 1} photos are more than this key may ask about at once.")
        if photos:
            self._take(key, photos)

    def _take(self, key: ApiKey, photos: int) -> None:
        wait_s = self._limiter.take(key, self._clock(), photos)
        if wait_s > 0:
            raise too_many_requests(math.ceil(wait_s))
