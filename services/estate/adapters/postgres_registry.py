"""The registry in Postgres."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any, Self

import asyncpg
from facetally.v1 import estate_pb2

from services.common.errors import TransientError
from services.common.postgres import AWAY
from services.estate.domain import CameraLine, EstateError, Login, Sharer, check_sharers, shared_logins

# Each inserts what is new and changes what differs, and returns a row for every such thing.
SAVE_REGIONS = """
insert into region as t (slug, name)
select distinct region, region_name from unnest($1::text[], $2::text[]) as i (region, region_name) order by region
on conflict (slug) do update set name = excluded.name where t.name <> excluded.name
returning 1
"""
SAVE_CITIES = """
insert into city as t (region_id, slug, name)
select distinct r.region_id, city, city_name
from unnest($1::text[], $2::text[], $3::text[]) as i (region, city, city_name) join region r on r.slug = i.region
order by city
on conflict (slug) do update set region_id = excluded.region_id, name = excluded.name
where (t.region_id, t.name) <> (excluded.region_id, excluded.name)
returning 1
"""
SAVE_SHOPS = """
insert into shop as t (city_id, slug, name, time_zone, opening_hours, holidays)
select distinct c.city_id, shop, shop_name, time_zone, opening_hours, string_to_array(holidays, ' ')::date[]
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    as i (city, shop, shop_name, time_zone, opening_hours, holidays)
join city c on c.slug = i.city
order by shop
on conflict (slug) do update
set city_id = excluded.city_id, name = excluded.name, time_zone = excluded.time_zone,
    opening_hours = excluded.opening_hours, holidays = excluded.holidays
where (t.city_id, t.name, t.time_zone, t.opening_hours, t.holidays)
   <> (excluded.city_id, excluded.name, excluded.time_zone, excluded.opening_hours, excluded.holidays)
returning 1
"""
_SAVE_LOGINS = """
insert into login (slug, salt, secret_sha256)
select * from unnest($1::text[], $2::bytea[], $3::bytea[]) as i (slug, salt, secret_sha256) order by slug
returning 1
"""
_SAVE_CAMERAS = """
insert into camera as t (shop_id, login_id, slug, identifiers, pattern, burst_window_s, catch_all)
select s.shop_id, l.login_id, camera, string_to_array(identifiers, ';'), pattern, burst_window_s, catch_all
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bool[])
    as i (shop, login, camera, identifiers, pattern, burst_window_s, catch_all)
join shop s on s.slug = i.shop
join login l on l.slug = i.login
order by camera
on conflict (slug) do update
set shop_id = excluded.shop_id, login_id = excluded.login_id, identifiers = excluded.identifiers,
    pattern = excluded.pattern, burst_window_s = excluded.burst_window_s
where (t.shop_id, t.login_id, t.identifiers, t.pattern, t.burst_window_s)
   <> (excluded.shop_id, excluded.login_id, excluded.identifiers, excluded.pattern, excluded.burst_window_s)
returning 1
"""
_FORGET_LOGINS = """
delete from login l where not exists (select from camera c where c.login_id = l.login_id) returning 1
"""
# The name of a shared login must not be a camera's.
_CONTRADICTIONS = """
select c.slug from camera c join unnest($1::text[], $2::bool[]) as i (camera, catch_all) on i.camera = c.slug
where c.catch_all <> i.catch_all
"""
_SHARERS = """
select l.slug as login, s.slug as shop, c.slug as camera, c.identifiers, c.catch_all
from camera c join login l using (login_id) join shop s using (shop_id)
where l.slug <> c.slug or c.catch_all
order by 1, 3
"""
_ALL_LINES = """
select r.slug as region, r.name as region_name, y.slug as city, y.name as city_name, s.slug as shop, s.name as shop_name,
       s.time_zone, c.slug as camera, s.opening_hours, s.holidays, nullif(l.slug, c.slug) as login, c.identifiers,
       c.pattern, c.burst_window_s, c.disabled, c.catch_all, l.salt, l.secret_sha256, l.slug as login_name
from camera c
join login l using (login_id)
join shop s using (shop_id)
join city y using (city_id)
join region r using (region_id)
{where}order by 1, 3, 5, 8
"""
# Columns of _ALL_LINES that make a CameraLine, when their values are taken as they are.
_PLAIN = ("region", "region_name", "city", "city_name", "shop", "shop_name", "time_zone", "camera", "opening_hours",
          "pattern", "burst_window_s")  # fmt: skip

# One change of the registry at a time: "FTAL" in ASCII, and the registry.
_TURN = "select pg_advisory_xact_lock(x'4654414C'::int, 1)"


def lines_where(condition: str) -> str:
    """The query for those cameras, not for what stands for those not recognised, for which the condition holds."""
    return _ALL_LINES.format(where=f"where not c.catch_all and {condition}\n")


def camera_line(row: Any) -> CameraLine:
    """One camera, from its row."""
    return CameraLine(
        **{column: row[column] for column in _PLAIN},
        holidays=tuple(row["holidays"]),
        login=row["login"] or "",
        identifiers=tuple(row["identifiers"]),
    )


class PostgresRegistry:
    """The database, as the role `estate`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str) -> AsyncIterator[Self]:
        """One connection.

        Raises:
            TransientError: the database is away, now or later.
        """
        try:
            connection = await asyncpg.connect(dsn, timeout=10, command_timeout=60)
        except AWAY as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error
        try:
            yield cls(connection)
        except AWAY as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error
        finally:
            await connection.close()

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """One change at a time, of all who change the registry: what the block reads stays so until it has changed it.

        The block changes everything or, if it raises, nothing.
        """
        async with self._connection.transaction():
            await self._connection.execute(_TURN)
            yield

    async def known_logins(self) -> set[str]:
        """Names of all logins."""
        return {row["slug"] for row in await self._connection.fetch("select slug from login")}

    async def save(self, lines: Sequence[CameraLine], logins: Sequence[Login]) -> bool:
        """Keep all lines, and the new logins, in one transaction; whether anything changed.

        Raises:
            EstateError: a login has the name of a camera, or the other way round; cameras that share a login are in
                different shops, or are called the same. Nothing was kept.
        """
        rows = [
            (i.shop, i.login_name, i.camera, ";".join(i.identifiers), i.pattern, i.burst_window_s, False) for i in lines
        ]
        rows += [(i.shop, name, name, "", "any", 0, True) for name, i in shared_logins(lines).items()]
        cameras = [list(column) for column in zip(*rows, strict=True)]
        steps: tuple[tuple[str, tuple[list[Any], ...]], ...] = (
            (SAVE_REGIONS, _columns(lines, "region", "region_name")),
            (SAVE_CITIES, _columns(lines, "region", "city", "city_name")),
            (
                SAVE_SHOPS,
                (
                    *_columns(lines, "city", "shop", "shop_name", "time_zone", "opening_hours"),
                    [" ".join(day.isoformat() for day in line.holidays) for line in lines],
                ),
            ),
            (_SAVE_LOGINS, _columns(logins, "login", "salt", "secret_sha256")),
            (_SAVE_CAMERAS, tuple(cameras)),
            (_FORGET_LOGINS, ()),
        )
        changes = 0
        async with self.changing():
            if wrong := await self._connection.fetch(_CONTRADICTIONS, cameras[2], cameras[6]):
                raise EstateError([f"{row['slug']} is the name of a login and of a camera" for row in wrong])
            for command, arguments in steps:
                changes += len(await self._connection.fetch(command, *arguments))
            check_sharers(Sharer(**row) for row in await self._connection.fetch(_SHARERS))
        return changes > 0

    async def replace(self, login: Login) -> list[str]:
        """Give a login another secret; the cameras that use it. None where there is no such login."""
        rows = await self._connection.fetch(
            "with changed as (update login l set salt = $2, secret_sha256 = $3 where slug = $1 and exists "
            "(select from camera c where c.login_id = l.login_id and not c.catch_all) returning login_id) "
            "select c.slug from camera c join changed using (login_id) where not c.catch_all order by 1",
            login.login,
            login.salt,
            login.secret_sha256,
        )
        return [row["slug"] for row in rows]

    async def disable(self, camera: str, *, disabled: bool) -> bool:
        """Disable a camera, or enable it again; whether there is one."""
        command = "update camera set disabled = $2 where slug = $1 returning true"
        return bool(await self._connection.fetchval(command, camera, disabled))

    async def lines(self) -> list[CameraLine]:
        """The estate as it is imported, in order of regions, cities, shops and cameras."""
        return [camera_line(row) for row in await self._connection.fetch(lines_where("true"))]

    async def shops(self) -> list[estate_pb2.Shop]:
        """What cells need to know, of all shops."""
        rows = await self._connection.fetch(_ALL_LINES.format(where=""))
        return [_shop(list(group)) for _, group in groupby(rows, lambda row: row["shop"])]


def _columns(things: Sequence[object], *names: str) -> tuple[list[Any], ...]:
    return tuple([getattr(thing, name) for thing in things] for name in names)


def _shop(rows: Sequence[Any]) -> estate_pb2.Shop:
    """One shop, from the rows of its cameras."""
    first = rows[0]
    logins = {row["login_name"]: row for row in rows}
    return estate_pb2.Shop(
        region_id=first["region"],
        shop_id=first["shop"],
        time_zone=first["time_zone"],
        opening_hours=first["opening_hours"],
        holidays=[day.isoformat() for day in first["holidays"]],
        cameras=[
            estate_pb2.Camera(
                camera_id=row["camera"],
                identifiers=row["identifiers"],
                pattern=row["pattern"],
                burst_window_s=row["burst_window_s"],
                disabled=row["disabled"],
            )
            for row in rows
        ],
        logins=[
            estate_pb2.Login(
                login=name,
                # The camera with the login's name: its owner, or the one that stands for those not recognised.
                camera_id=name,
                shared_by=[row["camera"] for row in rows if row["login_name"] == name and row["camera"] != name],
                secret_sha256=row["secret_sha256"],
                salt=row["salt"],
            )
            for name, row in logins.items()
        ],
    )
