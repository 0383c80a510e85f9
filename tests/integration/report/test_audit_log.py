"""What the log says, and that nobody changes it."""

import asyncpg
import pytest

from services.report.domain.audit import AuditQuestion
from services.report.domain.people import Role
from tests.integration.report.doors import Door
from tests.servers.postgres import Database


async def test_the_log_says_who_saw_and_was_refused_what(door: Door) -> None:
    client = await door.browser("ana@example.com", Role.MANAGER, "city:berlin")
    admin = await door.browser("root@example.com", Role.ADMIN)
    await client.get("/cities/berlin?period=7d")
    await client.get("/cities/tokyo")
    while not door.gate.trail._waiting.empty():
        await door.gate.trail._write(door.gate.trail._take([]), 1)
    person = await door.gate.people.store.person_by_email("ana@example.com")
    assert person is not None
    entries = [entry for _, entry in await door.gate.trail.store.entries(AuditQuestion(person.person_id), 9)]
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("refused", "/cities/tokyo"), ("viewed", "/cities/berlin"), ("signed_in", ""),
    ]  # fmt: skip
    assert entries[1].details == (("period", "7d"),)
    page = await admin.get("/admin/audit", params={"person": str(person.person_id), "action": "viewed"})
    assert "/cities/berlin" in page.text
    assert "/cities/tokyo" not in page.text
    for wrong in ({"person": "x"}, {"before": "-1"}, {"person": "9" * 12}):
        assert (await admin.get("/admin/audit", params=wrong)).status_code == 422


async def test_the_log_cannot_be_changed_by_the_service(door: Door, database: Database) -> None:
    await door.browser("ana@example.com", Role.MANAGER)
    account = await asyncpg.connect(database.dsn("account"))
    for attack in (
        "update audit_entry set email = ''", "delete from audit_entry", "truncate audit_entry",
        "drop table audit_entry", "select forget_audit(now())",
    ):  # fmt: skip
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RaiseError)):
            await account.execute(attack)
    for foreign in ("select 1 from tally_hour", "select 1 from photo", "update shop set name = ''"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await account.execute(foreign)
    await account.close()
    report = await asyncpg.connect(database.dsn("report"))
    for secret in ("person", "session", "api_token", "access", "audit_entry", "login_attempt", "schedule"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await report.execute(f"select 1 from {secret}")
    await report.close()
