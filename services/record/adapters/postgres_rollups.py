"""Hours added up in Postgres: for cities, regions and the world, by day and by month.

Every sum is worked out anew from the next finer table: cities from their shops, regions from cities, the world from
regions, days from hours, months from days. Doing it twice, or half, and again, does no harm. One transaction does all that
belongs together, and one job at a time does it.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple
from datetime import date, datetime
from typing import Any, Self

import asyncpg

from services.common.errors import TransientError
from services.common.postgres import TRY_AGAIN, lazy_pool
from services.common.tally_sql import MARK_STALE
from services.record.adapters.rollup_sql import (
    ADD_UP_DAYS,
    ADD_UP_HEAT,
    ADD_UP_INSIDE,
    ADD_UP_MONTHS,
    CAMERAS,
    FORGET_COUNTED,
    HOURS_INSIDE,
    MOVED_CHAIN,
    SAVE_DUE,
    SAVE_HEALTH,
    SAVE_THROUGH,
    SCOPES,
    SET_SEEN,
    SHOPS_TO_LOOK_AT,
    SPREAD_MOVED,
    TAKE_MOVED,
    TAKE_STALE,
    WEEK_FROM,
)
from services.record.domain.camera_health import CameraFacts, CameraHealth
from services.record.domain.hours_due import Due, ShopHours
from services.record.domain.tallies import CameraDay, HourKey

_TIMEOUT_S = 60.0
_LOCK = 0x726F6C6C  # "roll": one job at a time
_TRY_AGAIN = (*TRY_AGAIN, asyncpg.LockNotAvailableError)


class PostgresRollups:
    """The database, as the role `record`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str) -> AsyncIterator[Self]:
        """A connection that is made when it is first used, and again whenever it must."""
        pool = lazy_pool(
            dsn,
            _TIMEOUT_S,
            {
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
                for row in await connection.fetch(SHOPS_TO_LOOK_AT, now)
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
                await connection.execute(SAVE_DUE, *_columns(rows))
            await connection.execute(SAVE_THROUGH, *_columns([(due.shop_id, due.through) for due in dues]))

    async def add_up_stale(self, most: int) -> int:
        """Add up what hours of shops are out of date, the latest first; how many of them there were."""
        async with self._only_job() as connection:
            if connection is None:
                return 0
            taken = [HourKey(*row) for row in await connection.fetch(TAKE_STALE, most)]
            if not taken:
                return 0
            scopes = {row["shop_id"]: row for row in await connection.fetch(SCOPES, [key.shop_id for key in taken])}
            seen = [(key.shop_id, scopes[key.shop_id][1], key.local_day, key.local_hour) for key in taken]
            await connection.execute(SET_SEEN, *_columns(seen))
            touched: set[tuple[int, date, int]] = set()
            for level in (1, 2, 3, 4):  # shop, city, region, world
                hours = {(scopes[key.shop_id][level], key.local_day, key.local_hour) for key in taken}
                if level > 1:
                    await connection.execute(ADD_UP_INSIDE, *_columns(hours))
                touched |= hours
            await _add_up_hours(connection, touched)
            return len(taken)

    async def add_up_moved(self) -> bool:
        """Add up a month of places that have won or lost some that lie in them; whether there was one."""
        async with self._only_job() as connection:
            if connection is None:
                return False
            await connection.execute(SPREAD_MOVED)
            moved = await connection.fetch(TAKE_MOVED)
            if not moved:
                return False
            month: date = moved[0]["first_day"]
            chain = await connection.fetch(MOVED_CHAIN, [row["scope_id"] for row in moved])
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
            rows = await connection.fetch(CAMERAS, days)
        return [
            CameraFacts(
                row["camera_id"], row["shop_id"], row["time_zone"], row["opening_hours"], tuple(row["holidays"]),
                row["disabled"], row["received_at"], row["drift_s"], CameraDay(*row[WEEK_FROM:]),
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
                await connection.execute(SAVE_HEALTH, *_columns(rows))

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
            await connection.execute("delete from tally_heat where first_day < $1", first_day)
            await connection.execute("delete from tally_day where local_day < $1", first_day)
            await connection.execute("delete from tally_camera_day where local_day < $1", first_day)
            await connection.execute("delete from tally_stale where local_day < $1", first_day)
        await self._drop_months(("tally_hour",), before)

    async def drop_shadows(self, before: date) -> None:
        """Drop what releases in shadow said of photos from before a day."""
        async with self._only_job() as connection:
            if connection is not None:
                await connection.execute("delete from shadow_face where local_day < $1", before)

    async def forget_drawn_faces(self, before: datetime) -> None:
        """Forget the pictures of faces whose photos arrived before a moment, and what people have said of them."""
        async with self._only_job() as connection:
            if connection is not None:
                await connection.execute("delete from drawn_face where received_at < $1", before)

    async def forget_counted(self, before: datetime, most: int) -> int:
        """Forget the ids of what was counted before a moment; how many there were."""
        async with self._only_job() as connection:
            if connection is None:
                return 0
            return int((await connection.execute(FORGET_COUNTED, before, most)).split()[-1])

    async def _drop_months(self, parents: Iterable[str], before: date) -> None:
        for parent in parents:  # each in a transaction of its own: a table's lock is held for moments
            async with self._only_job() as connection:
                if connection is not None:
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


async def _add_up_hours(connection: Any, hours: set[tuple[int, date, int]]) -> None:
    """Days, months and weekdays of scopes whose hours have changed."""
    days = {(scope, day) for scope, day, _ in hours}
    await connection.execute(ADD_UP_DAYS, *_columns(days))
    await connection.execute(ADD_UP_MONTHS, *_columns({(scope, day.replace(day=1)) for scope, day in days}))
    heat = {(scope, day.replace(day=1), day.weekday(), hour) for scope, day, hour in hours}
    await connection.execute(ADD_UP_HEAT, *_columns(heat))


async def _add_up_month(connection: Any, scopes: list[int], month: date) -> None:
    """Everything of a month of scopes of one level, those rows gone of which nothing is left."""
    for table, column in (
        ("tally_hour", "local_day"),
        ("tally_day", "local_day"),
        ("tally_month", "first_day"),
        ("tally_heat", "first_day"),
    ):
        await connection.execute(
            f"delete from {table} where scope_id = any($1::int[]) "  # noqa: S608 - the names are our own
            f"and {column} >= $2 and {column} < $2::date + interval '1 month'",
            scopes,
            month,
        )
    hours = {(row[0], row[1], row[2]) for row in await connection.fetch(HOURS_INSIDE, scopes, month)}
    if hours:
        await connection.execute(ADD_UP_INSIDE, *_columns(hours))
        await _add_up_hours(connection, hours)


def _columns(rows: Collection[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as columns."""
    return [list(column) for column in zip(*rows, strict=True)]
