"""Hours added up in Postgres: for cities, regions and the world, by day and by month.

Every sum is worked out anew from the next finer table: cities from their shops, regions from cities, the world from
regions, days from hours, months from days. Doing it twice, or half, and again, does no harm. One transaction does all that
belongs together, and one job at a time does it.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, fields
from datetime import date, datetime
from typing import Any, Final, Self

import asyncpg

from services.common.errors import TransientError
from services.common.postgres import AWAY
from services.record.adapters.tally_sql import MARK_STALE, REPLACE, SUMMED_COLUMNS, SUMS
from services.record.domain.camera_health import CameraFacts, CameraHealth
from services.record.domain.hours_due import Due, ShopHours
from services.record.domain.tallies import CameraDay, HourKey

_TIMEOUT_S = 60.0
_LOCK = 0x726F6C6C  # "roll": one job at a time
_TRY_AGAIN = (
    *AWAY, asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError, asyncpg.DiskFullError,
)  # fmt: skip

_SHOPS_TO_LOOK_AT = """
select s.shop_id, o.scope_id, s.time_zone, s.opening_hours, s.holidays, d.through,
       (select count(*) from camera c where c.shop_id = s.shop_id and not c.disabled and not c.catch_all) as cameras
from shop s join scope o on o.shop_id = s.shop_id left join hours_due d on d.shop_id = s.shop_id
where d.through is null or d.through <= $1::timestamptz - interval '1 hour'
order by d.through nulls first, s.shop_id
"""
_SAVE_THROUGH = """
insert into hours_due (shop_id, through) select * from unnest($1::int[], $2::timestamptz[]) as i (shop_id, through)
on conflict (shop_id) do update set through = excluded.through
"""
# Whatever updates a row of tallies sets its cells, to what they are if need be: Postgres 18 reads the definition of generated
# columns again for every row of an update that touches none of them, which takes forty times as long as the update.
_SAVE_DUE = """
insert into tally_hour as t (scope_id, local_day, local_hour, open_hours, cameras_due)
select scope_id, local_day, local_hour, 1, cameras
from unnest($1::int[], $2::date[], $3::smallint[], $4::int[]) as i (scope_id, local_day, local_hour, cameras)
order by scope_id, local_day, local_hour
on conflict (scope_id, local_day, local_hour) do update
set open_hours = excluded.open_hours, cameras_due = excluded.cameras_due, cells = t.cells
"""
_TAKE_STALE = """
delete from tally_stale t using (
    select local_day, local_hour, shop_id from tally_stale
    order by local_day desc, local_hour desc, shop_id desc limit $1 for update skip locked
) taken
where (t.local_day, t.local_hour, t.shop_id) = (taken.local_day, taken.local_hour, taken.shop_id)
returning t.local_day, t.local_hour, t.shop_id
"""
_SCOPES = """
select shop_id, shop_scope_id, city_scope_id, region_scope_id, world_scope_id from shop_scope where shop_id = any($1::int[])
"""
# Cameras never say less than they did: where the uploads of an hour are no longer kept, what was seen stands.
_SET_SEEN = """
update tally_hour t set cameras_seen = least(t.cameras_due, greatest(t.cameras_seen, i.seen)), cells = t.cells
from (
    select k.scope_id, k.local_day, k.local_hour, count(distinct u.camera_id) as seen
    from unnest($1::int[], $2::int[], $3::date[], $4::smallint[]) as k (shop_id, scope_id, local_day, local_hour)
    join camera c on c.shop_id = k.shop_id and not c.catch_all
    join tally_upload u
        on u.camera_id = c.camera_id and u.local_day = k.local_day and u.local_hour = k.local_hour
        and u.outcome in ('faces', 'no_face', 'face_too_small', 'unreadable')
    group by k.scope_id, k.local_day, k.local_hour
) i
where t.scope_id = i.scope_id and t.local_day = i.local_day and t.local_hour = i.local_hour
"""
_ADD_UP_INSIDE = f"""
insert into tally_hour (scope_id, local_day, local_hour, {SUMMED_COLUMNS})
select k.scope_id, k.local_day, k.local_hour, {SUMS}
from unnest($1::int[], $2::date[], $3::smallint[]) as k (scope_id, local_day, local_hour)
join scope_inside i on i.parent_id = k.scope_id
join tally_hour h on h.scope_id = i.scope_id and h.local_day = k.local_day and h.local_hour = k.local_hour
group by k.scope_id, k.local_day, k.local_hour order by k.scope_id, k.local_day, k.local_hour
on conflict (scope_id, local_day, local_hour) do {REPLACE}
"""  # noqa: S608 - the names are our own
_ADD_UP_DAYS = f"""
insert into tally_day (scope_id, local_day, {SUMMED_COLUMNS})
select k.scope_id, k.local_day, {SUMS}
from unnest($1::int[], $2::date[]) as k (scope_id, local_day)
join tally_hour h on h.scope_id = k.scope_id and h.local_day = k.local_day
group by k.scope_id, k.local_day order by k.scope_id, k.local_day
on conflict (scope_id, local_day) do {REPLACE}
"""  # noqa: S608 - the names are our own
_ADD_UP_MONTHS = f"""
insert into tally_month (scope_id, first_day, {SUMMED_COLUMNS})
select k.scope_id, k.first_day, {SUMS}
from unnest($1::int[], $2::date[]) as k (scope_id, first_day)
join tally_day h
    on h.scope_id = k.scope_id and h.local_day >= k.first_day and h.local_day < k.first_day + interval '1 month'
group by k.scope_id, k.first_day order by k.scope_id, k.first_day
on conflict (scope_id, first_day) do {REPLACE}
"""  # noqa: S608 - the names are our own
# Marks without a month become marks of every month in which there is anything to add up.
_SPREAD_MOVED = """
with moved as (delete from tally_moved where first_day is null returning scope_id)
insert into tally_moved (scope_id, first_day)
select distinct m.scope_id, t.first_day
from moved m
left join scope_inside i on i.parent_id = m.scope_id
join tally_month t on t.scope_id = m.scope_id or t.scope_id = i.scope_id
"""
_TAKE_MOVED = """
delete from tally_moved where first_day = (select max(first_day) from tally_moved) returning scope_id, first_day
"""
# The scopes, and all in which they lie, from cities up to the world.
_MOVED_CHAIN = """
with recursive chain (scope_id) as (
    select unnest($1::int[])
    union select i.parent_id from scope_inside i join chain using (scope_id)
)
select s.kind, s.scope_id from chain join scope s using (scope_id) where s.kind <> 'shop' order by s.scope_id
"""
_HOURS_INSIDE = """
select distinct i.parent_id, h.local_day, h.local_hour
from scope_inside i
join tally_hour h on h.scope_id = i.scope_id and h.local_day >= $2 and h.local_day < $2::date + interval '1 month'
where i.parent_id = any($1::int[])
"""
_WEEK = ", ".join(f"coalesce(sum(d.{field.name}), 0)::integer" for field in fields(CameraDay))
_CAMERAS = f"""
select c.camera_id, c.shop_id, s.time_zone, s.opening_hours, s.holidays, c.disabled, k.received_at, k.drift_s, {_WEEK}
from camera c
join shop s using (shop_id)
left join camera_clock k using (camera_id)
left join tally_camera_day d
    on d.camera_id = c.camera_id and d.local_day > (now() at time zone s.time_zone)::date - $1::integer
where not c.catch_all
group by c.camera_id, s.shop_id, k.camera_id
"""  # noqa: S608 - the names are our own
_WEEK_FROM: Final = 8
_HEALTH_COLUMNS: Final = [field.name for field in fields(CameraDay)]
_SAVE_HEALTH = f"""
insert into camera_health
    (camera_id, shop_id, state, trouble, last_photo_at, drift_s, {", ".join(_HEALTH_COLUMNS)})
select camera_id, shop_id, state::camera_state, trouble::camera_trouble, last_photo_at, drift_s,
       {", ".join(_HEALTH_COLUMNS)}
from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::real[],
            {", ".join(f"${i}::int[]" for i in range(7, 7 + len(_HEALTH_COLUMNS)))})
    as i (camera_id, shop_id, state, trouble, last_photo_at, drift_s, {", ".join(_HEALTH_COLUMNS)})
order by camera_id
on conflict (camera_id) do update
set shop_id = excluded.shop_id, state = excluded.state, trouble = excluded.trouble,
    last_photo_at = excluded.last_photo_at, drift_s = excluded.drift_s, refreshed_at = now(),
    {", ".join(f"{name} = excluded.{name}" for name in _HEALTH_COLUMNS)}
"""  # noqa: S608 - the names are our own
_FORGET_COUNTED = """
delete from counted_once where ctid = any (array(select ctid from counted_once where counted_at < $1 limit $2))
"""


class PostgresRollups:
    """The database, as the role `record`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str) -> AsyncIterator[Self]:
        """A connection that is made when it is first used, and again whenever it must."""
        pool = asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=1,
            timeout=5,
            command_timeout=_TIMEOUT_S,
            server_settings={
                "application_name": "record rollups",
                "statement_timeout": f"{_TIMEOUT_S:.0f}s",
                "jit": "off",
                # Keys are looked up, whatever the statistics say: a year must never be read for the sake of an hour.
                "enable_hashjoin": "off",
                "enable_mergejoin": "off",
            },
        )
        async with pool:
            yield cls(pool)

    async def shops_to_look_at(self, now: datetime) -> Sequence[ShopHours]:
        """The shops that are new, or of which an hour may have ended."""
        async with self._connection() as connection:
            return [
                ShopHours(
                    row["shop_id"], row["scope_id"], row["time_zone"], row["opening_hours"], tuple(row["holidays"]),
                    row["cameras"], row["through"],
                )
                for row in await connection.fetch(_SHOPS_TO_LOOK_AT, now)
            ]  # fmt: skip

    async def save_due(self, dues: Sequence[Due]) -> None:
        """Say which hours are due; what was added up from them is out of date."""
        hours = [hour for due in dues for hour in due.hours]
        async with self._only_job() as connection:
            if connection is None:
                return
            if hours:
                for month in {hour.local_day.replace(day=1) for hour in hours}:
                    await connection.execute("select ensure_month($1)", month)
                keys = {HourKey(hour.local_day, hour.local_hour, hour.shop_id) for hour in hours}
                await connection.execute(MARK_STALE, *_columns(keys))
                rows = [(hour.scope_id, hour.local_day, hour.local_hour, hour.cameras) for hour in hours]
                await connection.execute(_SAVE_DUE, *_columns(rows))
            await connection.execute(_SAVE_THROUGH, *_columns([(due.shop_id, due.through) for due in dues]))

    async def add_up_stale(self, most: int) -> int:
        """Add up what hours of shops are out of date, the latest first; how many of them there were."""
        async with self._only_job() as connection:
            if connection is None:
                return 0
            taken = [HourKey(*row) for row in await connection.fetch(_TAKE_STALE, most)]
            if not taken:
                return 0
            scopes = {row["shop_id"]: row for row in await connection.fetch(_SCOPES, [key.shop_id for key in taken])}
            seen = [(key.shop_id, scopes[key.shop_id][1], key.local_day, key.local_hour) for key in taken]
            await connection.execute(_SET_SEEN, *_columns(seen))
            touched = set()
            for level in (1, 2, 3, 4):  # shop, city, region, world
                hours = {(scopes[key.shop_id][level], key.local_day, key.local_hour) for key in taken}
                if level > 1:
                    await connection.execute(_ADD_UP_INSIDE, *_columns(hours))
                touched |= {(scope, day) for scope, day, _ in hours}
            await _add_up_days(connection, touched)
            return len(taken)

    async def add_up_moved(self) -> bool:
        """Add up a month of places that have won or lost some that lie in them; whether there was one."""
        async with self._only_job() as connection:
            if connection is None:
                return False
            await connection.execute(_SPREAD_MOVED)
            moved = await connection.fetch(_TAKE_MOVED)
            if not moved:
                return False
            month: date = moved[0]["first_day"]
            chain = await connection.fetch(_MOVED_CHAIN, [row["scope_id"] for row in moved])
            for kind in ("city", "region", "world"):
                await _add_up_month(connection, [row["scope_id"] for row in chain if row["kind"] == kind], month)
            return True

    async def stale(self) -> int:
        """How many hours of shops are out of date."""
        async with self._connection() as connection:
            return int(await connection.fetchval("select count(*) from tally_stale"))

    async def cameras(self, days: int) -> Sequence[CameraFacts]:
        """All cameras, with their last so many days."""
        async with self._connection() as connection:
            rows = await connection.fetch(_CAMERAS, days)
        return [
            CameraFacts(
                row["camera_id"], row["shop_id"], row["time_zone"], row["opening_hours"], tuple(row["holidays"]),
                row["disabled"], row["received_at"], row["drift_s"], CameraDay(*row[_WEEK_FROM:]),
            )
            for row in rows
        ]  # fmt: skip

    async def save_health(self, verdicts: Sequence[CameraHealth]) -> None:
        """Say how all cameras are."""
        rows = [
            (
                verdict.facts.camera_id, verdict.facts.shop_id, verdict.state, verdict.trouble,
                verdict.facts.last_photo_at, verdict.facts.drift_s, *astuple(verdict.facts.week),
            )
            for verdict in verdicts
        ]  # fmt: skip
        async with self._only_job() as connection:
            if connection is not None and rows:
                await connection.execute(_SAVE_HEALTH, *_columns(rows))

    async def drop_results(self, before: date) -> None:
        """Drop the months of photos and faces that ended before a day."""
        await self._drop_months(("photo", "face"), before)

    async def drop_camera_hours(self, before: date) -> None:
        """Drop the months of uploads by the hour that ended before a day."""
        await self._drop_months(("tally_upload",), before)

    async def drop_tallies(self, before: date) -> None:
        """Drop the months of tallies that ended before a day: first what was added up, then what it was added up from."""
        first_day = before.replace(day=1)
        async with self._only_job() as connection:
            if connection is None:
                return
            await connection.execute("delete from tally_month where first_day < $1", first_day)
            await connection.execute("delete from tally_day where local_day < $1", first_day)
            await connection.execute("delete from tally_camera_day where local_day < $1", first_day)
            await connection.execute("delete from tally_stale where local_day < $1", first_day)
        await self._drop_months(("tally_hour",), before)

    async def forget_counted(self, before: datetime, most: int) -> int:
        """Forget the ids of what was counted before a moment; how many there were."""
        async with self._connection() as connection:
            return int((await connection.execute(_FORGET_COUNTED, before, most)).split()[-1])

    async def _drop_months(self, parents: Iterable[str], before: date) -> None:
        for parent in parents:  # each in a transaction of its own: a table's lock is held for moments
            async with self._connection() as connection:
                await connection.execute("select drop_months($1, $2)", parent, before)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            async with self._pool.acquire() as connection:
                yield connection
        except _TRY_AGAIN as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error

    @asynccontextmanager
    async def _only_job(self) -> AsyncIterator[Any | None]:
        """A transaction in which no other job is at work; None while one is."""
        async with self._connection() as connection, connection.transaction():
            yield connection if await connection.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK) else None


async def _add_up_days(connection: Any, days: set[tuple[int, date]]) -> None:
    """Days, and the months that they lie in, of scopes whose hours have changed."""
    await connection.execute(_ADD_UP_DAYS, *_columns(days))
    await connection.execute(_ADD_UP_MONTHS, *_columns({(scope, day.replace(day=1)) for scope, day in days}))


async def _add_up_month(connection: Any, scopes: list[int], month: date) -> None:
    """Everything of a month of scopes of one level, those rows gone of which nothing is left."""
    for table, column in (("tally_hour", "local_day"), ("tally_day", "local_day"), ("tally_month", "first_day")):
        await connection.execute(
            f"delete from {table} where scope_id = any($1::int[]) "  # noqa: S608 - the names are our own
            f"and {column} >= $2 and {column} < $2::date + interval '1 month'",
            scopes,
            month,
        )
    hours = {tuple(row) for row in await connection.fetch(_HOURS_INSIDE, scopes, month)}
    if hours:
        await connection.execute(_ADD_UP_INSIDE, *_columns(hours))
        await _add_up_days(connection, {(scope, day) for scope, day, _ in hours})


def _columns(rows: Collection[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as columns."""
    return [list(column) for column in zip(*rows, strict=True)]
