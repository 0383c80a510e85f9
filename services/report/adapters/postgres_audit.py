"""The audit log, in Postgres."""

import json
from collections.abc import Sequence
from datetime import timedelta

from services.report.adapters.account_database import AccountDatabase
from services.report.domain.audit import AuditEntry, AuditQuestion


class PostgresAudit:
    """The table audit_entry, which this role can add to and read, and nothing else."""

    def __init__(self, database: AccountDatabase) -> None:
        self._database = database

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries. One without a time gets the present."""
        await self._database.fetch(
            "insert into audit_entry (at, person_id, email, action, subject, details, address) "
            "select coalesce(at, now()), person_id, email, action, subject, details::jsonb, address::inet from unnest("
            "$1::timestamptz[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) "
            "as e (at, person_id, email, action, subject, details, address)",
            [entry.at for entry in entries],
            [entry.person_id for entry in entries],
            [_storable(entry.email) for entry in entries],
            [entry.action for entry in entries],
            [_storable(entry.subject) for entry in entries],
            [json.dumps({key: _storable(value) for key, value in entry.details}) for entry in entries],
            [entry.address for entry in entries],
        )

    async def entries(self, question: AuditQuestion, limit: int) -> Sequence[tuple[int, AuditEntry]]:
        """Entries with their ids, the newest first."""
        rows = await self._database.fetch(
            "select audit_id, at, person_id, email, action, subject, details::text, host(address) as address "
            "from audit_entry where ($1::integer is null or person_id = $1) and ($2::text is null or action = $2) "
            "and ($3::bigint is null or audit_id < $3) order by audit_id desc limit $4",
            question.person_id,
            question.action,
            question.before,
            limit,
        )
        return [
            (
                row["audit_id"],
                AuditEntry(
                    row["person_id"],
                    row["email"],
                    row["action"],
                    row["subject"],
                    tuple(json.loads(row["details"]).items()),
                    row["address"],
                    row["at"],
                ),
            )
            for row in rows
        ]

    async def actions(self) -> Sequence[str]:
        """Every kind of action that there is in the log: found by skipping from one to the next, however long it is."""
        rows = await self._database.fetch(
            "with recursive kind as ((select action from audit_entry order by action limit 1) union all "
            "select (select a.action from audit_entry a where a.action > k.action order by a.action limit 1) "
            "from kind k where k.action is not null) select action from kind where action is not null"
        )
        return [row["action"] for row in rows]

    async def forget(self, older_than: timedelta) -> int:
        """Delete what is older; how many entries."""
        gone: int = await self._database.fetchval("select forget_audit(now() - $1::interval)", older_than)
        return gone


def _storable(text: str) -> str:
    """Text as Postgres takes it, and not endless."""
    return text.replace("\0", "")[:2000]
