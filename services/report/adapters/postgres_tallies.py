"""Tallies from Postgres, as the person who asks may see them: row-level security decides, whatever is asked for."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Self

import asyncpg
import numpy as np

from services.common.errors import TransientError
from services.common.postgres import AWAY
from services.report.adapters.cell_sql import (
    BAND_COLUMNS,
    GENDER_COLUMNS,
    HOURS,
    MARGINS,
    MOOD_COLUMNS,
    cell_sums,
    sums,
)
from services.report.adapters.place_sql import PlaceReader
from services.report.domain.counts import CUBE_SHAPE, Counts, Cube
from services.report.domain.filters import Filters
from services.report.domain.periods import Period, Step, parts
from services.report.domain.series import HeatCell, Point

_STATEMENT_TIMEOUT_S: Final = 5
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
            async with self._pool.acquire(timeout=_STATEMENT_TIMEOUT_S) as connection:
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
        key = "t.local_day, t.local_hour" if by_hour else _STARTS[step]
        rows = await self.connection.fetch(
            f"select {key}{' ' if by_hour else ' as local_day'}, {sums(filters)} "
            f"from {'tally_hour' if by_hour else 'tally_day'} t "
            f"where t.scope_id = any($1) and t.local_day between $2 and $3 group by {'1, 2' if by_hour else '1'}",
            scope_ids,
            period.first,
            period.last,
        )
        return [Point(_start(row, by_hour=by_hour), _counts(row)) for row in rows]

    async def lines(
        self, scope_ids: Sequence[int], period: Period, step: Step, filters: Filters
    ) -> dict[int, Sequence[Point]]:
        """As `series`, of each place by itself, by scope. Steps of a day or more."""
        rows = await self.connection.fetch(
            f"select t.scope_id, {_STARTS[step]} as local_day, {sums(filters)} from tally_day t "
            "where t.scope_id = any($1) and t.local_day between $2 and $3 group by 1, 2",
            scope_ids,
            period.first,
            period.last,
        )
        found: dict[int, list[Point]] = {scope: [] for scope in scope_ids}
        for row in rows:
            found[row["scope_id"]].append(Point(_start(row, by_hour=False), _counts(row)))
        return dict(found)

    async def cube(self, scope_ids: Sequence[int], period: Period, today: date) -> Cube:
        """Visitors of places together, by gender, age band and mood.

        Args:
            scope_ids: of the places.
            period: whole days.
            today: there are no tallies of later days.
        """
        table, arguments = _parts(period, today)
        found = await self.connection.fetchval(
            f"select {cell_sums(sign='t.sign * ')} from {table} where t.scope_id = any($1)", scope_ids, *arguments
        )
        return np.array([number or 0 for number in found], dtype=np.int64).reshape(CUBE_SHAPE)

    async def heat(self, scope_ids: Sequence[int], period: Period, filters: Filters) -> Sequence[HeatCell]:
        """Visitors of places together, by weekday and hour; hours of which nothing is known are missing."""
        rows = await self.connection.fetch(
            f"select extract(isodow from t.local_day)::int - 1 as weekday, t.local_hour, {sums(filters)} from tally_hour t "
            "where t.scope_id = any($1) and t.local_day between $2 and $3 group by 1, 2 order by 1, 2",
            scope_ids,
            period.first,
            period.last,
        )
        return [HeatCell(row["weekday"], row["local_hour"], _counts(row)) for row in rows]

    async def totals(
        self, scope_ids: Sequence[int], period: Period, filters: Filters, today: date
    ) -> dict[int, Counts]:
        """Visitors of each place by itself, by scope; places of which nothing is known are missing."""
        table, arguments = _parts(period, today)
        rows = await self.connection.fetch(
            f"select t.scope_id, {sums(filters, sign='t.sign * ')} from {table} where t.scope_id = any($1) group by 1",
            scope_ids,
            *arguments,
        )
        return {row["scope_id"]: _counts(row) for row in rows}

    async def latest(self, scope_ids: Sequence[int]) -> datetime | None:
        """The latest hour of which anything is known, in the shop's own time."""
        row = await self.connection.fetchrow(
            "select local_day, local_hour from tally_hour where scope_id = any($1) and visitors > 0 "
            "order by local_day desc, local_hour desc limit 1",
            scope_ids,
        )
        return _start(row, by_hour=True) if row else None


def _start(row: Any, *, by_hour: bool) -> datetime:
    start = datetime.combine(row["local_day"], time())
    return start + timedelta(hours=row["local_hour"]) if by_hour else start


def _counts(row: Any) -> Counts:
    return Counts(
        row["visitors"],
        tuple(row[name] for name in GENDER_COLUMNS),
        tuple(row[name] for name in BAND_COLUMNS),
        tuple(row[name] for name in MOOD_COLUMNS),
        *(row[name] for name in HOURS),
    )


_COLUMNS: Final = ", ".join(("scope_id", "cells", *MARGINS, *HOURS))


def _parts(period: Period, today: date) -> tuple[str, list[object]]:
    """The tallies that make up a period, with their signs; and the arguments from $2 on."""
    taken_apart = parts(period, today)
    arguments: list[object] = [list(taken_apart.months)]
    pieces = [f"select 1 as sign, {_COLUMNS} from tally_month where first_day = any($2) and scope_id = any($1)"]
    for sign, periods in ((1, taken_apart.added), (-1, taken_apart.taken)):
        for days in periods:
            first, last = len(arguments) + 2, len(arguments) + 3
            arguments += [days.first, days.last]
            pieces.append(
                f"select {sign}, {_COLUMNS} from tally_day where local_day between ${first} and ${last} "
                "and scope_id = any($1)"
            )
    return f"({' union all '.join(pieces)}) t", arguments
