"""What every audit log does, the fake and the real one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_audit import PostgresAudit
from services.report.domain.audit import AuditEntry, AuditQuestion
from services.report.handler.audit import AuditStore
from tests.fakes.audit_store import FakeAuditStore
from tests.servers.postgres import Database


@pytest.fixture(params=["fake", "postgres"])
async def store(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[AuditStore]:
    if request.param == "fake":
        yield FakeAuditStore()
        return
    async with AccountDatabase.connect(database.dsn("account")) as account:
        yield PostgresAudit(account)


async def test_what_was_written_is_read_newest_first(store: AuditStore) -> None:
    seen = AuditEntry(7, "ana@example.com", "viewed", "/cities/berlin", (("period", "7d"),), "192.0.2.1")
    failed = AuditEntry(None, "", "sign_in_failed")
    await store.write([seen, failed])
    await store.write([AuditEntry(8, "abe@example.com", "viewed", "/")])
    entries = await store.entries(AuditQuestion(), 10)
    assert [entry.action for _, entry in entries] == ["viewed", "sign_in_failed", "viewed"]
    assert all(entry.at for _, entry in entries)
    number, oldest = entries[-1]
    assert (oldest.person_id, oldest.email, oldest.subject, oldest.details, oldest.address) == (
        7, "ana@example.com", "/cities/berlin", (("period", "7d"),), "192.0.2.1",
    )  # fmt: skip
    assert await store.entries(AuditQuestion(before=number), 10) == []
    assert [entry.email for _, entry in await store.entries(AuditQuestion(person_id=8), 10)] == ["abe@example.com"]
    assert [entry.email for _, entry in await store.entries(AuditQuestion(action="sign_in_failed"), 10)] == [""]
    assert len(await store.entries(AuditQuestion(), 2)) == 2
    assert list(await store.actions()) == ["sign_in_failed", "viewed"]


async def test_only_what_is_old_is_forgotten(store: AuditStore) -> None:
    old = datetime(2025, 1, 1, tzinfo=UTC)
    await store.write([AuditEntry(1, "", "viewed", at=old), AuditEntry(1, "", "exported")])
    assert await store.forget(timedelta(days=365)) == 1
    assert [entry.action for _, entry in await store.entries(AuditQuestion(), 10)] == ["exported"]
