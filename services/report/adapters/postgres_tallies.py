"""Tallies from Postgres, as the person who asks may see them: row-level security decides, whatever is asked for."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Self

import asyncpg
import numpy as np

from services.common.errors import TransientError
from services.common.postgres import AWAY
from services.report.adapters.cell_sql import again, cell_sums, counts, headcount, sums
from services.report.adapters.place_sql import PlaceReader
from services.report.domain.counts import CUBE_SHAPE, Counts, Cube
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import Period, Step, parts
from services.report.domain.series import HeatCell, Point

_STATEMENT_TIMEOUT_S: Final = 5
# When many ask at once, a page waits for its turn rather than fail.
_TURN_WITHIN_S: Final = 15
_STARTS: Final = {
    Step.DAY: "t.local_day",
    Step.WEEK: "date_trunc('week', t.local_day)::date",
    Step.MONTH: "date_trunc('month', t.local_day)::date",
}


class PostgresTallies:
    """The database, as the role `report`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str, max_connections: int) -> AsyncIterator[Self]:
        """A pool that connects when it is first used, and again whenever it must."""
        pool = asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=max_connections,
            timeout=3,
            command_timeout=_STATEMENT_TIMEOUT_S + 1,
            server_settings={
                "application_name": "report",
                "default_transaction_read_only": "on",
                "statement_timeout": f"{_STATEMENT_TIMEOUT_S}s",
                "jit": "off",
                # One plan for every period and every set of places: all of them are found by the same keys.
                "plan_cache_mode": "force_generic_plan",
            },
        )
        async with pool:
            yield cls(pool)

    async def is_ready(self) -> bool:
        """Whether the database answers right now."""
        try:
            return bool(await self._pool.fetchval("select true"))
        except AWAY:
            return False

    @asynccontextmanager
    async def seen_by(self, person_id: int) -> AsyncIterator["TallyReader"]:
        """A connection on which the database shows what this person may see, and nothing else.

        Raises:
            TransientError: the database is away, now or while reading.
        """
        try:
            async with self._pool.acquire(timeout=_TURN_WITHIN_S) as connection:
                # Taken back by the pool, which resets every setting of a connection that it gets back.
                await connection.execute("select set_config('facetally.viewer', $1, false)", str(person_id))
                yield TallyReader(connection)
        except AWAY as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error


class TallyReader(PlaceReader):
    """What one person may see."""

    async def series(self, scope_ids: Sequence[int], period: Period, step: Step, filters: Filters) -> Sequence[Point]:
        """Visitors of places together, step by step; steps of which nothing is known are missing."""
        by_hour = step is Step.HOUR
        key = "t.local_day, t.local_hour" if by_hour else f"{_STARTS[step]} as local_day"
        rows = await self.connection.fetch(
            f"select {key}, {sums(filters)} from {'tally_hour' if by_hour else 'tally_day'} t "
            f"where t.scope_id = any($1) and t.local_day between $2 and $3 group by {'1, 2' if by_hour else '1'}",
            scope_ids,
            period.first,
            period.last,
        )
        return [Point(_start(row, by_hour=by_hour), counts(row, filters)) for row in rows]

    async def lines(self, scope_ids: Sequence[int], period: Period, step: Step) -> dict[int, Sequence[Point]]:
        """How many came and how much was covered, of each place by itself, by scope; who they were is not read.

        Steps are of a day or more; those of which nothing is known are missing.
        """
        rows = await self.connection.fetch(
            f"select t.scope_id, {_STARTS[step]} as local_day, {headcount()} from tally_day t "
            "where t.scope_id = any($1) and t.local_day between $2 and $3 group by 1, 2",
            scope_ids,
            period.first,
            period.last,
        )
        found: dict[int, list[Point]] = {scope: [] for scope in scope_ids}
        for row in rows:
            start = datetime.combine(row["local_day"], time())
            found[row["scope_id"]].append(Point(start, Counts(row["visitors"], (), (), (), *row[3:])))
        return dict(found)

    async def cube(self, scope_ids: Sequence[int], period: Period, today: date) -> Cube:
        """Visitors of places together, by gender, age band and mood.

        Args:
            scope_ids: of the places.
            period: whole days.
            today: there are no tallies of later days.
        """
        rows = await self.connection.fetch(
            f"select {cell_sums()} from {_MONTHS} union all select {cell_sums(_SIGN)} from {_DAYS}",
            scope_ids,
            *_parts(period, today),
        )
        cube = np.zeros(CUBE_SHAPE, dtype=np.int64)
        for (cells,) in rows:
            cube += np.array([number or 0 for number in cells], dtype=np.int64).reshape(CUBE_SHAPE)
        return cube

    async def heat(self, scope_ids: Sequence[int], period: Period, today: date) -> Sequence[HeatCell]:
        """Visitors of places together, by weekday and hour; hours of which nothing is known are missing."""
        rows = await self.connection.fetch(
            f"select weekday, local_hour, {again(EVERYBODY)} from ("
            f"select t.weekday, t.local_hour, {sums(EVERYBODY)} from {_HEAT_MONTHS} group by 1, 2 union all "
            f"select extract(isodow from t.local_day)::int - 1, t.local_hour, {sums(EVERYBODY, _SIGN)} from {_HEAT_DAYS} "
            "group by 1, 2) pieces group by 1, 2 order by 1, 2",
            scope_ids,
            *_parts(period, today),
        )
        cells = [HeatCell(row["weekday"], row["local_hour"], counts(row, EVERYBODY)) for row in rows]
        return [cell for cell in cells if not cell.counts.was_closed]

    async def totals(
        self, scope_ids: Sequence[int], period: Period, filters: Filters, today: date
    ) -> dict[int, Counts]:
        """Visitors of each place by itself, by scope; places of which nothing is known are missing."""
        # Months and days are summed each by themselves before they are put together: that is less to put together.
        rows = await self.connection.fetch(
            f"select scope_id, {again(filters)} from ("
            f"select t.scope_id, {sums(filters)} from {_MONTHS} group by 1 union all "
            f"select t.scope_id, {sums(filters, _SIGN)} from {_DAYS} group by 1) pieces group by 1",
            scope_ids,
            *_parts(period, today),
        )
        return {row["scope_id"]: counts(row, filters) for row in rows}

    async def latest(self, scope_ids: Sequence[int]) -> datetime | None:
        """The latest hour of which anything is known, in the shop's own time."""
        day = await self.connection.fetchval(
            "select max(d.local_day) from unnest($1::int[]) s (scope_id) cross join lateral (select t.local_day "
            "from tally_day t where t.scope_id = s.scope_id and t.visitors > 0 order by t.local_day desc limit 1) d",
            scope_ids,
        )
        if day is None:
            return None
        hour = await self.connection.fetchval(
            "select max(local_hour) from tally_hour where scope_id = any($1) and local_day = $2 and visitors > 0",
            scope_ids,
            day,
        )
        return datetime.combine(day, time(hour or 0))


def _start(row: Any, *, by_hour: bool) -> datetime:
    start = datetime.combine(row["local_day"], time())
    return start + timedelta(hours=row["local_hour"]) if by_hour else start


# Of scopes $1, whole months $2; and days from $3 to $4, which are added or, with the sign -1 in $5, taken away. The text is
# the same for all periods, so that it is planned once.
_SIGN: Final = "p.sign * "
_MONTHS: Final = "tally_month t where t.first_day = any($2::date[]) and t.scope_id = any($1::int[])"
_HEAT_MONTHS: Final = "tally_heat t where t.first_day = any($2::date[]) and t.scope_id = any($1::int[])"
_PERIODS: Final = "unnest($3::date[], $4::date[], $5::int[]) p (first, last, sign)"
_DAYS: Final = (
    f"{_PERIODS} join tally_day t on t.local_day between p.first and p.last where t.scope_id = any($1::int[])"
)
_HEAT_DAYS: Final = (
    f"{_PERIODS} join tally_hour t on t.local_day between p.first and p.last where t.scope_id = any($1::int[])"
)


def _parts(period: Period, today: date) -> tuple[list[date], list[date], list[date], list[int]]:
    """The arguments $2 to $5."""
    taken_apart = parts(period, today)
    days = [*taken_apart.added, *taken_apart.taken]
    signs = [1] * len(taken_apart.added) + [-1] * len(taken_apart.taken)
    return list(taken_apart.months), [each.first for each in days], [each.last for each in days], signs
