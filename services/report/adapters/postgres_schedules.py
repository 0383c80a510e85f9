"""Scheduled reports, in Postgres."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from services.report.adapters.account_database import AccountDatabase
from services.report.domain.people import LANGUAGES, Role
from services.report.domain.places import Level
from services.report.domain.schedules import MOST_ATTEMPTS, Cadence, Draft, Owner, Run, Schedule, Timing

# What every schedule is sent as.
_FORMAT: Final = "pdf+xlsx"
_DUE: Final = """
select s.* from schedule s join person p on p.person_id = s.owner_id
where s.active and s.next_at <= $1 and not p.disabled for update of s skip locked
"""
_CLAIM: Final = """
with mine as (
    select r.schedule_id, r.due_at
    from schedule_run r join schedule s using (schedule_id) join person p on p.person_id = s.owner_id
    where r.sent_at is null and r.try_at <= $1 and r.attempts < $3 and not p.disabled
    order by r.try_at, r.schedule_id limit 1
    for update of r skip locked
)
update schedule_run r set attempts = attempts + 1, try_at = $2
from mine, schedule s, person p
where r.schedule_id = mine.schedule_id and r.due_at = mine.due_at
    and s.schedule_id = mine.schedule_id and p.person_id = s.owner_id
returning s.*, r.due_at, r.attempts, p.email, p.name as owner_name, p.role, p.language
"""


class PostgresSchedules:
    """The tables schedule and schedule_run."""

    def __init__(self, database: AccountDatabase) -> None:
        self._database = database

    async def of(self, owner_id: int) -> Sequence[Schedule]:
        """Somebody's schedules, by name."""
        rows = await self._database.fetch(
            "select * from schedule where owner_id = $1 order by lower(name), schedule_id", owner_id
        )
        return [_schedule(row) for row in rows]

    async def add(self, owner_id: int, draft: Draft, next_at: datetime) -> int:
        """Keep a new one; its id."""
        schedule_id: int = await self._database.fetchval(
            "insert into schedule (owner_id, name, place_level, place_slug, query, cadence, weekday, hour, time_zone, "
            "recipients, next_at, format) values ($1, $2, $3, $4, $5, $6::schedule_cadence, $7, $8, $9, $10, $11, $12) "
            "returning schedule_id",
            owner_id,
            *_columns(draft),
            next_at,
            _FORMAT,
        )
        return schedule_id

    async def change(self, owner_id: int, schedule_id: int, draft: Draft, next_at: datetime) -> bool:
        """Change one; False where they have none such."""
        found = await self._database.fetchval(
            "update schedule set name = $3, place_level = $4, place_slug = $5, query = $6, "
            "cadence = $7::schedule_cadence, weekday = $8, hour = $9, time_zone = $10, recipients = $11, next_at = $12, "
            "last_error = null where owner_id = $1 and schedule_id = $2 returning true",
            owner_id,
            schedule_id,
            *_columns(draft),
            next_at,
        )
        return bool(found)

    async def pause(self, owner_id: int, schedule_id: int, next_at: datetime | None) -> bool:
        """Pause one, or go on with it at a time; False where they have none such."""
        async with self._database.transaction() as connection:
            found = await connection.fetchval(
                "update schedule set active = $3::timestamptz is not null, next_at = coalesce($3, next_at) "
                "where owner_id = $1 and schedule_id = $2 returning true",
                owner_id,
                schedule_id,
                next_at,
            )
            if found and next_at is None:  # what waits to be tried again is not sent any more either
                await connection.execute(
                    "delete from schedule_run where schedule_id = $1 and sent_at is null", schedule_id
                )
        return bool(found)

    async def delete(self, owner_id: int, schedule_id: int) -> bool:
        """Delete one; False where they have none such."""
        found = await self._database.fetchval(
            "delete from schedule where owner_id = $1 and schedule_id = $2 returning true", owner_id, schedule_id
        )
        return bool(found)

    async def send_now(self, owner_id: int, schedule_id: int, now: datetime) -> bool:
        """Have one sent besides its times; False where they have none such."""
        found = await self._database.fetchval(
            "insert into schedule_run (schedule_id, due_at, try_at) "
            "select schedule_id, $3::timestamptz, $3 from schedule where owner_id = $1 and schedule_id = $2 "
            "on conflict (schedule_id, due_at) do update set try_at = excluded.try_at returning true",
            owner_id,
            schedule_id,
            now.replace(microsecond=0),
        )
        return bool(found)

    async def note_due(self, now: datetime, following: Callable[[Draft], datetime]) -> int:
        """Make a run of every schedule that is due, and set when it is due next; how many there were."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_DUE, now)
            for row in rows:
                schedule = _schedule(row)
                await connection.execute(
                    "insert into schedule_run (schedule_id, due_at, try_at) values ($1, $2, $3) on conflict do nothing",
                    schedule.schedule_id,
                    schedule.next_at,
                    now,
                )
                await connection.execute(
                    "update schedule set next_at = $2 where schedule_id = $1",
                    schedule.schedule_id,
                    following(schedule.draft),
                )
        return len(rows)

    async def claim(self, now: datetime, until: datetime) -> Run | None:
        """A run that is to be tried now, for this caller alone until then; None where there is none."""
        row = await self._database.fetchrow(_CLAIM, now, until, MOST_ATTEMPTS)
        if row is None:
            return None
        language = row["language"] if row["language"] in LANGUAGES else LANGUAGES[0]
        owner = Owner(row["owner_id"], row["email"], row["owner_name"], Role(row["role"]), language)
        return Run(row["schedule_id"], row["due_at"], row["attempts"], _draft(row), owner)

    async def sent(self, run: Run, now: datetime) -> None:
        """Note that a run was sent."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "update schedule_run set sent_at = $3 where schedule_id = $1 and due_at = $2",
                run.schedule_id,
                run.due_at,
                now,
            )
            await connection.execute(
                "update schedule set last_at = $2, last_error = null where schedule_id = $1", run.schedule_id, now
            )

    async def failed(self, run: Run, error: str, again_at: datetime | None) -> None:
        """Note that a run was not sent; None: it is not tried again."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "update schedule_run set try_at = coalesce($3, try_at), "
                "attempts = case when $3::timestamptz is null then $4 else attempts end "
                "where schedule_id = $1 and due_at = $2",
                run.schedule_id,
                run.due_at,
                again_at,
                MOST_ATTEMPTS,
            )
            await connection.execute(
                "update schedule set last_error = $2 where schedule_id = $1", run.schedule_id, error
            )


def _columns(draft: Draft) -> tuple[object, ...]:
    timing = draft.timing
    return (
        draft.name,
        draft.level.value,
        draft.slug,
        draft.query,
        timing.cadence.value,
        timing.weekday,
        timing.hour,
        timing.time_zone,
        list(draft.recipients),
    )


def _draft(row: Any) -> Draft:
    timing = Timing(Cadence(row["cadence"]), row["hour"], row["time_zone"], row["weekday"])
    place = Level(row["place_level"]), row["place_slug"]
    return Draft(row["name"], *place, row["query"], timing, tuple(row["recipients"]))


def _schedule(row: Any) -> Schedule:
    return Schedule(
        row["schedule_id"],
        row["owner_id"],
        _draft(row),
        row["active"],
        row["next_at"],
        row["last_at"],
        row["last_error"],
    )
