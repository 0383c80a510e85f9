"""The audit trail: in batches, without waiting, and never silently less."""

import asyncio

import pytest

from services.common.errors import TransientError
from services.report.domain.audit import AuditEntry
from services.report.handler import audit
from services.report.handler.audit import LOST, AuditTrail
from tests.fakes.audit_store import FakeAuditStore

SEEN = AuditEntry(1, "ana@example.com", "viewed", "/")


async def written(store: FakeAuditStore, number: int) -> None:
    async with asyncio.timeout(5):
        while len(store.log) < number:
            await asyncio.sleep(0)


async def test_what_is_seen_is_written_soon_and_together() -> None:
    store = FakeAuditStore()
    trail = AuditTrail(store)
    for _ in range(7):
        trail.note(SEEN)
    assert store.log == [], "a page does not wait for it"
    writer = asyncio.create_task(trail.run())
    await written(store, 7)
    assert store.batches == [7]
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)


async def test_what_waits_at_the_end_is_written_first() -> None:
    store = FakeAuditStore()
    trail = AuditTrail(store)
    writer = asyncio.create_task(trail.run())
    await asyncio.sleep(0)
    trail.note(SEEN)
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    assert len(store.log) == 1


async def test_a_loss_is_counted_and_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAUSE_S", 0.0)
    store = FakeAuditStore(away=True)
    trail = AuditTrail(store)
    before = LOST._value.get()
    writer = asyncio.create_task(trail.run())
    trail.note(SEEN)
    trail.note(SEEN)
    async with asyncio.timeout(5):
        while LOST._value.get() < before + 2:
            await asyncio.sleep(0)
    store.away = False
    trail.note(SEEN)
    await written(store, 1)
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)


async def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_MOST_WAITING", 3)
    trail = AuditTrail(FakeAuditStore())
    before = LOST._value.get()
    for _ in range(5):
        trail.note(SEEN)
    assert LOST._value.get() == before + 2


async def test_what_must_be_written_first_is_refused_when_it_cannot_be() -> None:
    store = FakeAuditStore()
    trail = AuditTrail(store)
    await trail.note_now(SEEN)
    assert len(store.log) == 1
    store.away = True
    with pytest.raises(TransientError):
        await trail.note_now(SEEN)
