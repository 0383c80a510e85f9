"""The registry in Postgres, looked at page by page and changed thing by thing."""

from collections.abc import Sequence
from typing import Any

from services.estate.adapters.postgres_registry import (
    SAVE_CITIES,
    SAVE_REGIONS,
    SAVE_SHOPS,
    PostgresRegistry,
    camera_line,
    lines_where,
)
from services.estate.domain import City, Found, Listed, Query, RegisteredCamera, ShopLine

_SHOP = """
select r.slug as region, r.name as region_name, y.slug as city, y.name as city_name, s.slug as shop,
       s.name as shop_name, s.time_zone, s.opening_hours, s.holidays
from shop s join city y using (city_id) join region r using (region_id)
where s.slug = $1
"""
_CITIES = """
select y.slug as city, y.name as city_name, r.slug as region, r.name as region_name
from city y join region r using (region_id) order by r.name, r.slug, y.name, y.slug
"""
# A shop is found by its own name, its city's, or one of its cameras'. $2 and $3 may be null: any region, any city.
_WHERE = r"""
where (r.slug = $2 or $2::text is null) and (y.slug = $3 or $3::text is null) and ($1 = '%'
    or s.name ilike $1 or s.slug ilike $1 or y.name ilike $1
    or s.shop_id in (select c.shop_id from camera c where c.slug ilike $1 and not c.catch_all))
"""
_FROM = "from shop s join city y using (city_id) join region r using (region_id)"
# Cameras are counted for the shops of the page only.
_LIST = f"""
select p.*, (select count(*) from camera c where c.shop_id = p.shop_id and not c.catch_all) as cameras,
       (select count(*) from camera c where c.shop_id = p.shop_id and not c.catch_all and c.disabled) as disabled
from (
    select s.shop_id, s.slug as shop, s.name as shop_name, y.slug as city, y.name as city_name, r.slug as region,
           r.name as region_name, s.time_zone, s.opening_hours <> '' as has_hours
    {_FROM} {_WHERE} order by r.name, r.slug, y.name, y.slug, s.name, s.slug offset $4 limit $5
) p order by p.region_name, p.region, p.city_name, p.city, p.shop_name, p.shop
"""  # noqa: S608 - put together from constants
_COUNT = f"select count(*) {_FROM} {_WHERE}"
_RENAME = {
    "region": "update region set name = $2 where slug = $1 returning true",
    "city": "update city set name = $2 where slug = $1 returning true",
}


class PostgresEditor(PostgresRegistry):
    """The database, as the role `estate`."""

    async def shop(self, slug: str) -> ShopLine | None:
        """One shop; None where there is none."""
        row = await self._connection.fetchrow(_SHOP, slug)
        return None if row is None else ShopLine(**{**row, "holidays": tuple(row["holidays"])})

    async def cameras_of(self, shop: str) -> list[RegisteredCamera]:
        """A shop's cameras, by name."""
        return [_registered(row) for row in await self._connection.fetch(lines_where("s.slug = $1"), shop)]

    async def camera(self, slug: str) -> RegisteredCamera | None:
        """One camera; None where there is none."""
        row = await self._connection.fetchrow(lines_where("c.slug = $1"), slug)
        return None if row is None else _registered(row)

    async def cities(self) -> list[City]:
        """All cities, by the names of regions and cities."""
        return [City(**row) for row in await self._connection.fetch(_CITIES)]

    async def regions(self) -> dict[str, str]:
        """Names of all regions, in order of their names."""
        rows = await self._connection.fetch("select slug, name from region order by name, slug")
        return {row["slug"]: row["name"] for row in rows}

    async def search(self, query: Query) -> Found:
        """The shops that somebody looks for, a page of them."""
        text = query.text
        for letter in "\\%_":
            text = text.replace(letter, f"\\{letter}")
        asked = (f"%{text}%" if text else "%", query.region, query.city)
        shops: Sequence[Any] = await self._connection.fetch(_LIST, *asked, query.offset, query.limit)
        total: int = await self._connection.fetchval(_COUNT, *asked)
        columns = Listed.__dataclass_fields__
        return Found(total, tuple(Listed(**{column: row[column] for column in columns}) for row in shops))

    async def save_shop(self, shop: ShopLine) -> bool:
        """Keep a shop and the places that it is in; whether anything changed."""
        holidays = " ".join(day.isoformat() for day in shop.holidays)
        steps = (
            (SAVE_REGIONS, (shop.region, shop.region_name)),
            (SAVE_CITIES, (shop.region, shop.city, shop.city_name)),
            (SAVE_SHOPS, (shop.city, shop.shop, shop.shop_name, shop.time_zone, shop.opening_hours, holidays)),
        )
        changes = [await self._connection.fetch(command, *([value] for value in values)) for command, values in steps]
        return any(changes)

    async def rename(self, kind: str, slug: str, name: str) -> bool:
        """Call a region or a city something else; whether there is one."""
        return bool(await self._connection.fetchval(_RENAME[kind], slug, name))


def _registered(row: Any) -> RegisteredCamera:
    return RegisteredCamera(camera_line(row), row["disabled"])
