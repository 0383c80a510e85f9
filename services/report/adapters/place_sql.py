"""Places that somebody may see, from the registry in Postgres."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from services.common.cameras.path_patterns import normalise
from services.report.domain.groups import ShopGroup
from services.report.domain.listed_shops import ListedShop
from services.report.domain.places import Level, Place, Setting, Site

WORLD_NAME: Final = "World"
YOURS_NAME: Final = "Your places"
_ESTATE: Final = "shop s join city y using (city_id) join region r using (region_id)"
_ALIAS: Final = {Level.REGION: "r", Level.CITY: "y", Level.SHOP: "s"}
_DATE: Final = "(now() at time zone s.time_zone)::date"
# An estate without shops has the date of UTC.
_SETTING: Final = f"""
select array_agg(distinct s.time_zone order by s.time_zone) as time_zones, count(*) as shops,
       coalesce(min({_DATE}), (now() at time zone 'UTC')::date) as today,
       coalesce(max({_DATE}), (now() at time zone 'UTC')::date) as latest_day,
       min(r.slug) as region, min(r.name) as region_name, min(y.slug) as city, min(y.name) as city_name,
       min(s.slug) as shop, min(s.name) as shop_name, min(r.region_id) as region_id, min(y.city_id) as city_id,
       min(s.shop_id) as shop_id
"""
# Scopes of the rows of a set of shops, as far as their numbers may be seen.
_SCOPES: Final = """
select kind::text, scope_id from scope
where (kind = 'world' or region_id = $1 or city_id = $2 or shop_id = $3)
  and ((select viewer_sees_world()) or scope_id in (select viewer_scopes()))
"""


class PlaceReader:
    """What one person may see of the registry.

    Args:
        connection: says who asks.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def setting(self, level: Level, slug: str) -> Setting | None:
        """The place with all that it lies in; None when there is no such place, or the viewer may not see its numbers."""
        match level:
            case Level.WORLD:
                return await self._whole()
            case Level.YOURS:
                return await self._yours()
            case Level.GROUP:
                return await self._group(slug)
            case _:
                return await self._one(level, slug)

    async def _whole(self) -> Setting | None:
        row = await self.connection.fetchrow(f"{_SETTING} from {_ESTATE}")
        scope = await self.connection.fetchval(
            "select scope_id from scope where kind = 'world' and viewer_sees_world()"
        )
        if scope is None:
            return None
        return _setting((_WORLD,), (scope,), row)

    async def _one(self, level: Level, slug: str) -> Setting | None:
        row = await self.connection.fetchrow(f"{_SETTING} from {_ESTATE} where {_ALIAS[level]}.slug = $1", slug)
        if not row["shops"]:
            return None
        rows = await self.connection.fetch(_SCOPES, row["region_id"], row["city_id"], row["shop_id"])
        scopes = {Level(found["kind"]): found["scope_id"] for found in rows}
        if level not in scopes:
            return None
        path = [_WORLD]
        for step in _ALIAS:
            path.append(Place(step, row[step.value], row[f"{step.value}_name"]))
            if step is level:
                break
        return _setting(path, (scopes[level],), row, frozenset(scopes))

    async def _yours(self) -> Setting | None:
        rows = await self.connection.fetch("select viewer_roots() as scope_id")
        if not rows:
            return None
        row = await self.connection.fetchrow(f"{_SETTING} from {_ESTATE}")
        place = Place(Level.YOURS, "", YOURS_NAME)
        scopes = tuple(found["scope_id"] for found in rows)
        return _setting((place,), scopes, row, frozenset({Level.YOURS}))

    async def _group(self, slug: str) -> Setting | None:
        """A group of whose shops even one is hidden is none: its numbers would show those of that shop."""
        group = await self.connection.fetchrow(
            "select g.name, array_agg(m.shop_id) as shop_ids, viewer_sees_world() as sees_world "
            "from shop_group g join shop_group_member m using (group_id) where g.slug = $1 group by g.group_id, g.name",
            slug,
        )
        if group is None:
            return None
        row = await self.connection.fetchrow(
            f"{_SETTING}, array_agg(k.scope_id order by k.scope_id) as scope_ids "
            f"from {_ESTATE} join scope k using (shop_id) where s.shop_id = any($1)",
            group["shop_ids"],
        )
        if row["shops"] != len(group["shop_ids"]):
            return None
        levels = frozenset({Level.GROUP, Level.WORLD} if group["sees_world"] else {Level.GROUP})
        path = (_WORLD, Place(Level.GROUP, slug, group["name"]))
        return _setting(path, tuple(row["scope_ids"]), row, levels)

    async def groups(self) -> Sequence[ShopGroup]:
        """Their own groups and those of everybody of which they may see all shops, by name."""
        rows = await self.connection.fetch(
            "select g.slug, g.name, g.owner_id, g.shared, count(m.shop_id) = count(s.shop_id) as is_whole, "
            "coalesce(array_agg(s.slug order by s.slug) filter (where s.slug is not null), '{}') as shops "
            "from shop_group g left join shop_group_member m using (group_id) left join shop s using (shop_id) "
            "group by g.group_id, g.slug, g.name, g.owner_id, g.shared "
            "having count(m.shop_id) = count(s.shop_id) "
            "or g.owner_id = nullif(current_setting('facetally.viewer', true), '')::integer order by g.name, g.slug"
        )
        return [
            ShopGroup(row["slug"], row["name"], row["owner_id"], row["shared"], tuple(row["shops"]), row["is_whole"])
            for row in rows
        ]

    async def home(self) -> tuple[Level, str] | None:
        """Where somebody begins: the world, their one place, or all their places; None when they may see nothing."""
        rows = await self.connection.fetch(
            "select k.kind::text, coalesce(r.slug, y.slug, s.slug, '') as slug from viewer_roots() as v (scope_id) "
            "join scope k using (scope_id) left join region r on r.region_id = k.region_id "
            "left join city y on y.city_id = k.city_id left join shop s on s.shop_id = k.shop_id order by k.kind"
        )
        if not rows:
            return None
        if rows[0]["kind"] == Level.WORLD or len(rows) == 1:
            return Level(rows[0]["kind"]), rows[0]["slug"]
        return Level.YOURS, ""

    async def inside(self, setting: Setting) -> Sequence[Site]:
        """The places one level further in, by name; of a shop there are none."""
        level = setting.place.level
        if level is Level.SHOP:
            return ()
        where = _INSIDE.get(level, "k.scope_id = any($1)")
        rows = await self.connection.fetch(f"{_SITES} and {where} order by name", list(setting.scope_ids))
        return [_site(row) for row in rows]

    async def shops(self, setting: Setting, *, with_positions: bool = False) -> Sequence[Site]:
        """Every shop of a place, by name; where it is, only when that is asked for."""
        rows = await self.connection.fetch(
            f"{_SITES} and k.kind = 'shop' and exists (select from scope p where p.scope_id = any($1) and (p.kind = 'world' "
            "or p.region_id = r.region_id or p.city_id = y.city_id or p.shop_id = s.shop_id)) order by name",
            list(setting.scope_ids),
        )
        sites = [_site(row) for row in rows]
        if not with_positions:
            return sites
        positions = dict(await self.connection.fetch(_POSITIONS))
        return [replace(site, position=positions.get(site.scope_id, "")) for site in sites]

    async def listed_shops(self) -> Sequence[ListedShop]:
        """Every shop that they may see, by the names of region, city and shop."""
        return [
            ListedShop(
                Place(Level.REGION, row["region"], row["region_name"]),
                Place(Level.CITY, row["city"], row["city_name"]),
                Place(Level.SHOP, row["shop"], row["shop_name"]),
                row["time_zone"],
                row["sees_city"],
                row["sees_region"],
            )
            for row in await self.connection.fetch(_LISTED)
        ]

    async def find(self, text: str, most: int) -> Sequence[Site]:
        """Places with these letters in their name, those that begin with them first."""
        pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = await self.connection.fetch(
            f"select * from ({_SITES} and k.kind <> 'world') found where name ilike '%' || $1 || '%' "
            "or slug ilike $1 || '%' order by name not ilike $1 || '%', kind, name limit $2",
            pattern,
            most,
        )
        return [_site(row) for row in rows]

    async def camera_called(self, identifiers: Sequence[str]) -> str | None:
        """A camera that has one of these identifiers, each normalised. Its own name always identifies it."""
        rows = await self.connection.fetch("select slug, identifiers from camera where not catch_all order by slug")
        wanted = set(identifiers)
        return next(
            (row["slug"] for row in rows if wanted & set(map(normalise, (row["slug"], *row["identifiers"])))), None
        )


# Of scopes that are among $1; of your places and of a group these are what is inside.
_INSIDE: Final = {
    Level.WORLD: "k.kind = 'region' and $1::int[] is not null",
    Level.REGION: "k.kind = 'city' and r.region_id in (select region_id from scope where scope_id = any($1))",
    Level.CITY: "k.kind = 'shop' and y.city_id in (select city_id from scope where scope_id = any($1))",
}
_WORLD: Final = Place(Level.WORLD, "", WORLD_NAME)
# Where shops are, by scope, as their cameras say.
_POSITIONS: Final = """
select k.scope_id, min(i) as position from camera c cross join unnest(c.identifiers) i join scope k using (shop_id)
where i like '@%' group by 1
"""
# A scope that the viewer may see, with the names of what it lies in.
_SITES: Final = """
select k.scope_id, k.kind::text as kind, coalesce(s.slug, y.slug, r.slug) as slug, coalesce(s.name, y.name, r.name) as name,
       case when k.kind = 'shop' then y.name end as city_name, case when k.kind <> 'region' then r.name end as region_name
from scope k
left join shop s on s.shop_id = k.shop_id
left join city y on y.city_id = coalesce(k.city_id, s.city_id)
left join region r on r.region_id = coalesce(k.region_id, y.region_id)
where ((select viewer_sees_world()) or k.scope_id in (select viewer_scopes()))
"""
_LISTED: Final = f"""
with seen as materialized (
    select region_id, city_id from scope where (select viewer_sees_world()) or scope_id in (select viewer_scopes())
)
select r.slug as region, r.name as region_name, y.slug as city, y.name as city_name, s.slug as shop, s.name as shop_name,
       s.time_zone, y.city_id in (select city_id from seen where city_id is not null) as sees_city,
       r.region_id in (select region_id from seen where region_id is not null) as sees_region
from {_ESTATE} order by r.name, r.slug, y.name, y.slug, s.name, s.slug
"""


def _setting(
    path: Sequence[Place], scope_ids: tuple[int, ...], row: Any, open_path: frozenset[Level] = frozenset(Level)
) -> Setting:
    zones = tuple(row["time_zones"] or ())
    return Setting(tuple(path), scope_ids, row["today"], row["latest_day"], zones, row["shops"], open_path)


def _site(row: Any) -> Site:
    return Site(
        Place(Level(row["kind"]), row["slug"], row["name"]),
        row["scope_id"],
        row["city_name"] or "",
        row["region_name"] or "",
    )
