"""The audit log in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.common.errors import TransientError
from services.report.domain.audit import AuditEntry, AuditQuestion


@dataclass
class FakeAuditStore:
    """Refuses everything while `away`; `batches` are what was written at once."""

    now: datetime = datetime(2026, 11, 24, 9, tzinfo=UTC)
    log: list[tuple[int, AuditEntry]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    away: bool = False

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        """As PostgresAudit.write."""
        if self.away:
            raise TransientError("Postgres is away")
        self.batches.append(len(entries))
        for entry in entries:
            self.log.append((len(self.log) + 1, replace(entry, at=entry.at or self.now)))

    async def entries(self, question: AuditQuestion, limit: int) -> Sequence[tuple[int, AuditEntry]]:
        """As PostgresAudit.entries."""
        return [
            (number, entry)
            for number, entry in reversed(self.log)
            if question.person_id in (None, entry.person_id)
            and question.action in (None, entry.action)
            and (question.before is None or number < question.before)
        ][:limit]

    async def actions(self) -> Sequence[str]:
        """As PostgresAudit.actions."""
        return sorted({entry.action for _, entry in self.log})

    async def forget(self, older_than: timedelta) -> int:
        """As PostgresAudit.forget."""
        before = len(self.log)
        self.log = [(number, entry) for number, entry in self.log if entry.at and entry.at >= self.now - older_than]
        return before - len(self.log)
