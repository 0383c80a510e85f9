"""The log of who saw, exported and changed what."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from prometheus_client import Counter

from services.common.errors import TransientError
from services.common.logging import get_logger
from services.report.domain.audit import AuditEntry, AuditQuestion

_log = get_logger(__name__)
_MOST_WAITING = 10_000
_BATCH = 500
_PAUSE_S = 1.0
_TRIES = 3

LOST = Counter("facetally_report_audit_lost_total", "Entries of the audit log that could not be written")


class AuditStore(Protocol):
    """Where the log is kept; it can be added to, and not be changed. Everything raises TransientError when it is away."""

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries. One without a time gets the present."""
        ...

    async def entries(self, question: AuditQuestion, limit: int) -> Sequence[tuple[int, AuditEntry]]:
        """Entries with their ids, the newest first."""
        ...

    async def actions(self) -> Sequence[str]:
        """Every kind of action that there is in the log."""
        ...

    async def forget(self, older_than: timedelta) -> int:
        """Delete what is older; how many entries."""
        ...


class AuditTrail:
    """Writes the log, without having a page wait for it.

    Args:
        store: where it is kept.
    """

    def __init__(self, store: AuditStore) -> None:
        self.store = store
        self._waiting: asyncio.Queue[AuditEntry] = asyncio.Queue(_MOST_WAITING)

    def note(self, entry: AuditEntry) -> None:
        """Write an entry soon. When the database stays away it is lost, and that is logged and counted."""
        try:
            self._waiting.put_nowait(entry)
        except asyncio.QueueFull:
            _lose([entry], "queue_full")

    async def note_now(self, entry: AuditEntry) -> None:
        """Write an entry before anything else is done.

        Raises:
            TransientError: it could not be written; what it is about must not happen then.
        """
        await self.store.write([entry])

    async def run(self) -> None:
        """Write what waits, in batches, until cancelled; then what is left, once."""
        try:
            while True:
                batch = [await self._waiting.get()]
                await self._write(self._take(batch), _TRIES)
        finally:
            while not self._waiting.empty():
                await self._write(self._take([]), 1)

    def _take(self, batch: list[AuditEntry]) -> list[AuditEntry]:
        while len(batch) < _BATCH and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch

    async def _write(self, batch: list[AuditEntry], tries: int) -> None:
        for left in reversed(range(tries)):
            try:
                await self.store.write(batch)
            except TransientError as error:
                if not left:
                    _lose(batch, str(error))
                    return
                await asyncio.sleep(_PAUSE_S)
            except asyncio.CancelledError:
                # It may have been written: twice in the log is better than not at all.
                await asyncio.shield(self._write(batch, 1))
                raise
            else:
                return


def _lose(entries: Sequence[AuditEntry], why: str) -> None:
    LOST.inc(len(entries))
    _log.error("audit_lost", entries=len(entries), why=why)
