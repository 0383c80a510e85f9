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

    async def cube(self, scope_ids: Sequence[int], period: Period, latest_day: date) -> Cube:
        """Visitors of places together, by gender, age band and mood.

        Args:
            scope_ids: of the places.
            period: whole days.
            latest_day: there are no tallies of later days.
        """
        pieces, arguments = _pieces(period, latest_day)
        rows = await self.connection.fetch(
            " union all ".join(f"select {sign}, {cell_sums()} from {where}" for sign, where in pieces),
            scope_ids,
            *arguments,
        )
        cube = np.zeros(CUBE_SHAPE, dtype=np.int64)
        for sign, cells in rows:
            cube += sign * np.array([number or 0 for number in cells], dtype=np.int64).reshape(CUBE_SHAPE)
        return cube

    async def heat(self, scope_ids: Sequence[int], period: Period, latest_day: date) -> Sequence[HeatCell]:
        """Visitors of places together, by weekday and hour; hours of which nothing is known are missing."""
        pieces, arguments = _pieces(period, latest_day, by_month="tally_heat", by_day="tally_hour")
        weekday = {"tally_heat": "t.weekday", "tally_hour": "extract(isodow from t.local_day)::int - 1"}
        inner = " union all ".join(
            f"select {sign} as sign, {weekday[where.split()[0]]} as weekday, t.local_hour, {sums(EVERYBODY)} "
            f"from {where} group by 2, 3"
            for sign, where in pieces
        )
        rows = await self.connection.fetch(
            f"select weekday, local_hour, {again(EVERYBODY)} from ({inner}) pieces group by 1, 2 order by 1, 2",
            scope_ids,
            *arguments,
        )
        cells = [HeatCell(row["weekday"], row["local_hour"], counts(row, EVERYBODY)) for row in rows]
        return [cell for cell in cells if not cell.counts.was_closed]

    async def totals(
        self, scope_ids: Sequence[int], period: Period, filters: Filters, latest_day: date
    ) -> dict[int, Counts]:
        """Visitors of each place by itself, by scope; places of which nothing is known are missing."""
        pieces, arguments = _pieces(period, latest_day)
        # Each piece is summed before they are put together: that is less to put together.
        inner = " union all ".join(
            f"select {sign} as sign, t.scope_id, {sums(filters)} from {where} group by t.scope_id"
            for sign, where in pieces
        )
        rows = await self.connection.fetch(
            f"select scope_id, {again(filters)} from ({inner}) pieces group by 1", scope_ids, *arguments
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


# A period has no more than two edges that are added, or taken away. There are always as many, empty ones too, so that the text
# is the same for all periods and is planned once.
_MOST_EDGES: Final = 2
_NEVER: Final = Period(date(2000, 1, 2), date(2000, 1, 1))


def _pieces(
    period: Period, latest_day: date, by_month: str = "tally_month", by_day: str = "tally_day"
) -> tuple[list[tuple[int, str]], list[object]]:
    """The tallies t that make up a period, each with its sign; and the arguments from $2 on."""
    taken_apart = parts(period, latest_day)
    arguments: list[object] = [list(taken_apart.months)]
    pieces = [(1, f"{by_month} t where t.first_day = any($2) and t.scope_id = any($1)")]
    for sign, periods in ((1, taken_apart.added), (-1, taken_apart.taken)):
        for days in (*periods, *[_NEVER] * (_MOST_EDGES - len(periods))):
            first, last = len(arguments) + 2, len(arguments) + 3
            arguments += [days.first, days.last]
            pieces.append((sign, f"{by_day} t where t.local_day between ${first} and ${last} and t.scope_id = any($1)"))
    return pieces, arguments
