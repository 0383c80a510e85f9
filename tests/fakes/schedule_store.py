"""Scheduled reports, in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.common.errors import TransientError
from services.report.domain.schedules import MOST_ATTEMPTS, Draft, Owner, Run, Schedule


@dataclass
class _Tried:
    try_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None


@dataclass
class FakeScheduleStore:
    """As PostgresSchedules.

    Args:
        owners: by id.
        disabled: ids of people who are disabled.
    """

    owners: dict[int, Owner]
    disabled: set[int] = field(default_factory=set)
    away: bool = False
    kept: dict[int, Schedule] = field(default_factory=dict)
    runs: dict[tuple[int, datetime], _Tried] = field(default_factory=dict)

    async def of(self, owner_id: int) -> Sequence[Schedule]:
        self._check()
        mine = [schedule for schedule in self.kept.values() if schedule.owner_id == owner_id]
        return sorted(mine, key=lambda schedule: (schedule.draft.name.lower(), schedule.schedule_id))

    async def add(self, owner_id: int, draft: Draft, next_at: datetime) -> int:
        self._check()
        number = max(self.kept, default=0) + 1
        self.kept[number] = Schedule(number, owner_id, draft, active=True, next_at=next_at)
        return number

    async def change(self, owner_id: int, schedule_id: int, draft: Draft, next_at: datetime) -> bool:
        return self._replace(owner_id, schedule_id, draft=draft, next_at=next_at, last_error=None)

    async def pause(self, owner_id: int, schedule_id: int, next_at: datetime | None) -> bool:
        if next_at:
            return self._replace(owner_id, schedule_id, active=True, next_at=next_at)
        if not self._replace(owner_id, schedule_id, active=False):
            return False
        self.runs = {key: run for key, run in self.runs.items() if key[0] != schedule_id or run.sent_at}
        return True

    async def delete(self, owner_id: int, schedule_id: int) -> bool:
        if not self._replace(owner_id, schedule_id):
            return False
        del self.kept[schedule_id]
        self.runs = {key: run for key, run in self.runs.items() if key[0] != schedule_id}
        return True

    async def send_now(self, owner_id: int, schedule_id: int, now: datetime) -> bool:
        if not self._replace(owner_id, schedule_id):
            return False
        self.runs.setdefault((schedule_id, now.replace(microsecond=0)), _Tried(now)).try_at = now
        return True

    async def note_due(self, now: datetime, following: Callable[[Draft], datetime]) -> int:
        self._check()
        due = [
            schedule
            for schedule in self.kept.values()
            if schedule.active and schedule.next_at <= now and schedule.owner_id not in self.disabled
        ]
        for schedule in due:
            self.runs.setdefault((schedule.schedule_id, schedule.next_at), _Tried(now))
            self.kept[schedule.schedule_id] = replace(schedule, next_at=following(schedule.draft))
        return len(due)

    async def claim(self, now: datetime, until: datetime) -> Run | None:
        self._check()
        for (number, due_at), run in sorted(self.runs.items(), key=lambda item: (item[1].try_at, item[0][0])):
            schedule = self.kept[number]
            if run.sent_at or run.try_at > now or run.attempts >= MOST_ATTEMPTS or schedule.owner_id in self.disabled:
                continue
            run.attempts += 1
            run.try_at = until
            return Run(number, due_at, run.attempts, schedule.draft, self.owners[schedule.owner_id])
        return None

    async def sent(self, run: Run, now: datetime) -> None:
        self._check()
        self.runs[run.schedule_id, run.due_at].sent_at = now
        self.kept[run.schedule_id] = replace(self.kept[run.schedule_id], last_at=now, last_error=None)

    async def failed(self, run: Run, error: str, again_at: datetime | None) -> None:
        self._check()
        tried = self.runs[run.schedule_id, run.due_at]
        if again_at:
            tried.try_at = again_at
        else:
            tried.attempts = MOST_ATTEMPTS
        self.kept[run.schedule_id] = replace(self.kept[run.schedule_id], last_error=error)

    def _replace(self, owner_id: int, schedule_id: int, **changes: object) -> bool:
        self._check()
        schedule = self.kept.get(schedule_id)
        if schedule is None or schedule.owner_id != owner_id:
            return False
        self.kept[schedule_id] = replace(schedule, **changes)  # type: ignore[arg-type]
        return True

    def _check(self) -> None:
        if self.away:
            raise TransientError("Postgres is away")
