"""Tallies from Postgres, read-only."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Self

import asyncpg

from services.common.cameras.path_patterns import normalise
from services.common.errors import TransientError
from services.common.postgres import AWAY
from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain import INSIDE, CameraUploads, Cell, Child, Level, Period, Place, Setting

_STATEMENT_TIMEOUT_S = 5
_ESTATE = "shop s join city y using (city_id) join region r using (region_id)"
_ALIAS = {Level.REGION: "r", Level.CITY: "y", Level.SHOP: "s"}
# The world is asked for as well: one text for every level keeps the queries alike.
_INSIDE = {level: f"{alias}.slug = $1" for level, alias in _ALIAS.items()} | {Level.WORLD: "$1::text is not null"}
_MOODS = ", ".join(f"coalesce(sum(t.{mood}), 0)::bigint as {mood}" for mood in Mood)
_ALL_MOODS = " + ".join(f"t.{mood}" for mood in Mood)
WORLD_NAME = "World"


class PostgresReader:
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

    async def setting(self, level: Level, slug: str) -> Setting | None:
        """The place with all that it lies in; None when there is no such place."""
        rows = await self._fetch(
            "select r.slug as region, r.name as region_name, y.slug as city, y.name as city_name, s.slug as shop, "
            "s.name as shop_name, s.time_zone, (now() at time zone s.time_zone)::date as today "
            f"from {_ESTATE} where {_INSIDE[level]}",
            slug,
        )
        path = [Place(Level.WORLD, "", WORLD_NAME)]
        if level is Level.WORLD:
            today = max((row["today"] for row in rows), default=None) or await self._utc_today()
        elif not rows:
            return None
        else:
            today = max(row["today"] for row in rows)
            for step in (Level.REGION, Level.CITY, Level.SHOP):
                path.append(Place(step, rows[0][step.value], rows[0][f"{step.value}_name"]))
                if step is level:
                    break
        return Setting(tuple(path), today, tuple(sorted({row["time_zone"] for row in rows})))

    async def cells(self, level: Level, slug: str, period: Period) -> Sequence[Cell]:
        """Visitors of the place."""
        rows = await self._fetch(
            f"select t.local_hour, t.gender::text, t.age_band::text, {_MOODS} "
            f"from tally_hour t join shop s using (shop_id) join city y using (city_id) join region r using (region_id) "
            f"where {_INSIDE[level]} and t.local_day between $2 and $3 group by 1, 2, 3",
            slug,
            period.first,
            period.last,
        )
        return [
            Cell(
                row["local_hour"],
                Gender(row["gender"]),
                AgeBand(row["age_band"]),
                tuple(row[mood] for mood in Mood),
            )
            for row in rows
        ]

    async def children(self, level: Level, slug: str, period: Period) -> Sequence[Child]:
        """Every place one level further in, also those without visitors."""
        inner = INSIDE[level]
        alias = _ALIAS[inner]
        rows = await self._fetch(
            f"select {alias}.slug, {alias}.name, coalesce(sum({_ALL_MOODS}), 0)::bigint as visitors, "
            f"coalesce(sum({_ALL_MOODS}) filter (where t.gender = 'female'), 0)::bigint as women, "
            f"coalesce(sum({_ALL_MOODS}) filter (where t.gender = 'male'), 0)::bigint as men, {_MOODS} "
            f"from {_ESTATE} left join tally_hour t on t.shop_id = s.shop_id and t.local_day between $2 and $3 "
            f"where {_INSIDE[level]} group by 1, 2",
            slug,
            period.first,
            period.last,
        )
        return [
            Child(
                Place(inner, row["slug"], row["name"]),
                row["visitors"],
                row["women"],
                row["men"],
                {mood: row[mood] for mood in Mood},
            )
            for row in rows
        ]

    async def uploads(self, level: Level, slug: str, period: Period) -> dict[str, int]:
        """Uploads by outcome."""
        rows = await self._fetch(
            "select t.outcome::text, sum(t.uploads)::bigint as uploads from tally_upload t "
            "join camera c using (camera_id) join shop s using (shop_id) join city y using (city_id) "
            "join region r using (region_id) "
            f"where {_INSIDE[level]} and t.local_day between $2 and $3 group by 1",
            slug,
            period.first,
            period.last,
        )
        return {row["outcome"]: row["uploads"] for row in rows}

    async def cameras(self, shop: str, period: Period) -> Sequence[CameraUploads]:
        """Every camera of a shop, also those without uploads; those not recognised last, and only where there are any."""
        rows = await self._fetch(
            "select c.slug, c.disabled, c.catch_all, k.drift_s, t.outcome::text, sum(t.uploads)::bigint as uploads "
            "from camera c join shop s using (shop_id) left join camera_clock k using (camera_id) "
            "left join tally_upload t on t.camera_id = c.camera_id and t.local_day between $2 and $3 "
            "where s.slug = $1 group by 1, 2, 3, 4, 5 order by 3, 1",
            shop,
            period.first,
            period.last,
        )
        found: dict[str, CameraUploads] = {}
        for row in rows:
            new = CameraUploads(row["slug"], row["disabled"], {}, row["catch_all"], row["drift_s"])
            camera = found.setdefault(row["slug"], new)
            if row["outcome"] is not None:
                camera.by_outcome[row["outcome"]] = row["uploads"]
        return [camera for camera in found.values() if camera.total or not camera.is_catch_all]

    async def latest(self, level: Level, slug: str) -> tuple[date, int] | None:
        """Local day and hour of the latest photo."""
        rows = await self._fetch(
            "select t.local_day, t.local_hour from tally_upload t join camera c using (camera_id) "
            "join shop s using (shop_id) join city y using (city_id) join region r using (region_id) "
            f"where {_INSIDE[level]} order by 1 desc, 2 desc limit 1",
            slug,
        )
        return (rows[0]["local_day"], rows[0]["local_hour"]) if rows else None

    async def camera_called(self, identifiers: Sequence[str]) -> str | None:
        """A camera that has one of these identifiers, each normalised. Its own name always identifies it."""
        rows = await self._fetch("select slug, identifiers from camera where not catch_all order by slug")
        wanted = set(identifiers)
        return next(
            (row["slug"] for row in rows if wanted & set(map(normalise, (row["slug"], *row["identifiers"])))), None
        )

    async def _utc_today(self) -> date:
        rows = await self._fetch("select (now() at time zone 'UTC')::date as today")
        today: date = rows[0]["today"]
        return today

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        try:
            return await self._pool.fetch(query, *arguments)
        except AWAY as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error
