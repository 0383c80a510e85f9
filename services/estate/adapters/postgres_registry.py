"""The registry in Postgres."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg
from facetally.v1.estate_pb2 import CameraLogin

from services.common.errors import TransientError
from services.common.postgres import AWAY
from services.estate.domain import CameraLine, Login, login_message

# Each inserts what is new and changes what differs, and returns a row for every such thing.
_SAVE = (
    """
    insert into region as t (slug, name)
    select distinct region, region_name from unnest($1::text[], $2::text[]) as i (region, region_name) order by region
    on conflict (slug) do update set name = excluded.name where t.name <> excluded.name
    returning 1
    """,
    """
    insert into city as t (region_id, slug, name)
    select distinct r.region_id, city, city_name
    from unnest($1::text[], $2::text[], $3::text[]) as i (region, city, city_name) join region r on r.slug = i.region
    order by city
    on conflict (slug) do update set region_id = excluded.region_id, name = excluded.name
    where (t.region_id, t.name) <> (excluded.region_id, excluded.name)
    returning 1
    """,
    """
    insert into shop as t (city_id, slug, name, time_zone)
    select distinct c.city_id, shop, shop_name, time_zone
    from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as i (city, shop, shop_name, time_zone)
    join city c on c.slug = i.city
    order by shop
    on conflict (slug) do update
    set city_id = excluded.city_id, name = excluded.name, time_zone = excluded.time_zone
    where (t.city_id, t.name, t.time_zone) <> (excluded.city_id, excluded.name, excluded.time_zone)
    returning 1
    """,
    """
    update camera t set shop_id = s.shop_id
    from unnest($1::text[], $2::text[]) as i (shop, camera) join shop s on s.slug = i.shop
    where t.slug = i.camera and t.shop_id <> s.shop_id
    returning 1
    """,
    """
    insert into camera (shop_id, slug, login, salt, secret_sha256)
    select s.shop_id, camera, camera, salt, secret_sha256
    from unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) as i (shop, camera, salt, secret_sha256)
    join shop s on s.slug = i.shop
    order by camera
    returning 1
    """,
)


class PostgresRegistry:
    """The database, as the role `estate`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str) -> AsyncIterator[Self]:
        """A connection for the length of the block.

        Raises:
            TransientError: the database is away.
        """
        try:
            connection = await asyncpg.connect(dsn, timeout=10, command_timeout=30)
        except AWAY as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error
        try:
            yield cls(connection)
        except AWAY as error:
            raise TransientError(f"Postgres went away: {type(error).__name__}") from error
        finally:
            await connection.close()

    async def known_cameras(self) -> set[str]:
        """Slugs of all cameras."""
        return {row["slug"] for row in await self._connection.fetch("select slug from camera")}

    async def save(self, lines: Sequence[CameraLine], logins: Sequence[Login]) -> bool:
        """Keep all lines, and the logins of the new cameras, in one transaction; whether anything changed."""
        shop_of = {line.camera: line.shop for line in lines}
        columns = (
            ([line.region for line in lines], [line.region_name for line in lines]),
            ([line.region for line in lines], [line.city for line in lines], [line.city_name for line in lines]),
            (
                [line.city for line in lines],
                [line.shop for line in lines],
                [line.shop_name for line in lines],
                [line.time_zone for line in lines],
            ),
            ([line.shop for line in lines], [line.camera for line in lines]),
            (
                [shop_of[login.camera] for login in logins],
                [login.camera for login in logins],
                [login.salt for login in logins],
                [login.secret_sha256 for login in logins],
            ),
        )
        changes = 0
        async with self._connection.transaction():
            for command, arguments in zip(_SAVE, columns, strict=True):
                changes += len(await self._connection.fetch(command, *arguments))
        return changes > 0

    async def logins(self) -> list[CameraLogin]:
        """What cells need to know, of all cameras."""
        rows = await self._connection.fetch(
            "select c.slug as camera, s.slug as shop, r.slug as region, c.salt, c.secret_sha256, c.disabled "
            "from camera c join shop s using (shop_id) join city using (city_id) join region r using (region_id)"
        )
        return [
            login_message(
                row["camera"],
                row["shop"],
                row["region"],
                Login(row["camera"], row["salt"], row["secret_sha256"]),
                disabled=row["disabled"],
            )
            for row in rows
        ]

    async def lines(self) -> list[CameraLine]:
        """The estate as it is imported, in order of regions, cities, shops and cameras."""
        rows = await self._connection.fetch(
            "select r.slug as region, r.name as region_name, y.slug as city, y.name as city_name, s.slug as shop, "
            "s.name as shop_name, s.time_zone, c.slug as camera "
            "from camera c join shop s using (shop_id) join city y using (city_id) join region r using (region_id) "
            "order by 1, 3, 5, 8"
        )
        return [CameraLine(**dict(row)) for row in rows]
