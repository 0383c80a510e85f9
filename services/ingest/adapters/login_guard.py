"""How logins that fail are slowed down, by address. One that is right is never kept waiting.

Secrets have 128 random bits, so that guessing is hopeless at any speed. What is to be had from slowing down is peace: a
camera with an old secret, or a scanner, shall not keep the service busy. Many cameras may share an address, so that
failures of one must not lock out the others.
"""

from collections import Counter, OrderedDict

from prometheus_client import Gauge

from services.common.logging import get_logger

_log = get_logger(__name__)
_MAX_ADDRESSES = 10_000
_FORGET_AFTER_S = 600.0
# Answers to failures that wait, from one address; the connections of further ones are closed at once.
_MAX_WAITING = 8
# Failures so far, and the wait for the answer to the next.
_WAITS_S = ((100, 30.0), (10, 10.0), (0, 3.0))
_SUSPICIOUS = 10

SUSPICIOUS_ADDRESSES = Gauge(
    "facetally_ingest_suspicious_addresses", "Addresses with ten refused logins or more, and no pause of ten minutes"
)


class LoginGuard:
    """Failures by address, as many addresses as fit."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._waiting: Counter[str] = Counter()

    def failed(self, address: str, now: float) -> float | None:
        """Count a failure.

        Args:
            address: where it came from.
            now: seconds of a steady clock.

        Returns:
            Seconds to wait with the answer, after which `answered` must be called; None: disconnect at once.
        """
        count, last = self._failures.pop(address, (0, now))
        count = 1 if now - last > _FORGET_AFTER_S else count + 1
        self._failures[address] = (count, now)
        if len(self._failures) > _MAX_ADDRESSES:
            self._failures.popitem(last=False)
        if count >= _SUSPICIOUS and str(count).strip("0") == "1":
            _log.warning("logins_refused", address=address, count=count)
        if self._waiting[address] >= _MAX_WAITING:
            return None
        self._waiting[address] += 1
        return next(wait_s for failures, wait_s in _WAITS_S if count > failures)

    def answered(self, address: str) -> None:
        """A failure has been answered, or its connection is gone."""
        self._waiting[address] -= 1
        if self._waiting[address] <= 0:
            del self._waiting[address]

    def tidy(self, now: float) -> None:
        """Forget addresses that have been quiet."""
        while self._failures:
            address, (_, last) = next(iter(self._failures.items()))
            if now - last <= _FORGET_AFTER_S:
                break
            del self._failures[address]
        SUSPICIOUS_ADDRESSES.set(sum(count >= _SUSPICIOUS for count, _ in self._failures.values()))
