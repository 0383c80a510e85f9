"""Keep a batch of results, each exactly once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from facetally.v1.face_pb2 import FacesClassified
from facetally.v1.photo_pb2 import PhotoRejected

from services.common.errors import PermanentError
from services.record.domain.results import Recorded, Row, Rules, photo_row, rejection_row


class TallyStore(Protocol):
    """Where results and tallies are kept."""

    async def record(self, rows: Sequence[Row], oldest: datetime) -> Recorded:
        """Keep the rows that are new, and add them to the tallies, all or nothing.

        Args:
            rows: one for each id.
            oldest: what happened before it is kept nowhere. It only says how its camera's clock goes.

        Raises:
            PermanentError: a row names a shop or camera that is not registered; nothing was kept.
            TransientError: the store is away; nothing was kept.
        """
        ...


class RecordResults:
    """Messages in, rows and tallies out.

    Args:
        store: keeps them.
        rules: which faces count.
        oldest: the earliest time, UTC, of what is still kept; asked for every batch.
    """

    def __init__(self, store: TallyStore, rules: Rules, oldest: Callable[[], datetime]) -> None:
        self._store = store
        self._rules = rules
        self._oldest = oldest

    async def __call__(self, messages: Sequence[tuple[str, bytes]]) -> Recorded:
        """Return once all are durable.

        Args:
            messages: subject and body of each.

        Raises:
            PermanentError: a message can never be kept; none of them was.
            TransientError: the store is away; none of them was kept.
        """
        rows = {row.id: row for row in (self._row(subject, body) for subject, body in messages)}
        return await self._store.record(list(rows.values()), self._oldest())

    def _row(self, subject: str, body: bytes) -> Row:
        match subject.split(".", 1)[0]:
            case "results":
                return photo_row(FacesClassified.FromString(body), self._rules)
            case "rejections":
                return rejection_row(PhotoRejected.FromString(body))
        raise PermanentError("this is neither a result nor a rejection")
