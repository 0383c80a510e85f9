"""The tiny world, in a database: the same numbers as the fake has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
import numpy as np

from services.estate.domain import CameraLine
from services.report.domain.groups import ShopGroup
from services.report.domain.places import Level
from tests.estates import register
from tests.fakes.tally_reader import PLACES, Key, camera_of, shops_in
from tests.fakes.tiny_world import SHOPS, Hour, TinyShop, TinyWorld
from tests.servers.postgres import Database

_NUMBERS = ("open_hours", "cameras_due", "cameras_seen", "cells")
_SCOPES = """
select k.kind::text as kind, coalesce(s.slug, y.slug, r.slug, '') as slug, k.scope_id
from scope k left join region r on r.region_id = k.region_id left join city y on y.city_id = k.city_id
left join shop s on s.shop_id = k.shop_id
"""


def line(shop: TinyShop) -> CameraLine:
    """A shop as a line of the estate's file."""
    region, city, place = shop.path
    return CameraLine(
        region.slug, region.name, city.slug, city.name, place.slug, place.name, shop.time_zone, camera_of(shop),
        identifiers=(shop.position,) if shop.position else (),
    )  # fmt: skip


async def fill(
    database: Database, world: TinyWorld, access: Mapping[int, Sequence[Key]], groups: Sequence[ShopGroup]
) -> None:
    """Register the estate, add up every hour for every place, and let people in: admins all, person 1 the first."""
    await register(database, [line(shop) for shop in SHOPS])
    connection = await asyncpg.connect(database.dsn("owner"))
    try:
        scopes = {(Level(row["kind"]), row["slug"]): row["scope_id"] for row in await connection.fetch(_SCOPES)}
        await _add_tallies(connection, world, scopes)
        for person in sorted(access):
            person_id = await connection.fetchval(
                "insert into person (email, name, role) values ($1, $1, 'admin') returning person_id",
                f"person-{person}@example.com",
            )
            assert person_id == person
            for key in access[person]:
                await connection.execute("insert into access values ($1, $2)", person, scopes[key])
        for group in groups:
            group_id = await connection.fetchval(
                "insert into shop_group (slug, name, owner_id, shared) values ($1, $2, $3, $4) returning group_id",
                group.slug,
                group.name,
                group.owner_id,
                group.shared,
            )
            await connection.execute(
                "insert into shop_group_member select $1, shop_id from shop where slug = any($2::text[])",
                group_id,
                list(group.shops),
            )
    finally:
        await connection.close()


async def _add_tallies(connection: Any, world: TinyWorld, scopes: Mapping[Key, int]) -> None:
    hours: dict[tuple[int, date, int], list[Hour]] = defaultdict(list)
    for place in PLACES:
        slugs = {shop.slug for shop in shops_in(place.level, place.slug)}
        scope = scopes[place.level, place.slug]
        for (slug, day, hour), known in world.hours.items():
            if slug in slugs:
                hours[scope, day, hour].append(known)
    days: dict[tuple[int, date], list[Hour]] = defaultdict(list)
    months: dict[tuple[int, date], list[Hour]] = defaultdict(list)
    heat: dict[tuple[int, date, int, int], list[Hour]] = defaultdict(list)
    for (scope, day, hour), known_hours in hours.items():
        days[scope, day] += known_hours
        months[scope, day.replace(day=1)] += known_hours
        heat[scope, day.replace(day=1), day.weekday(), hour] += known_hours
    for month in sorted({day for _, day in months}):
        await connection.execute("select ensure_month($1)", month)
    for table, keys, found in (
        ("tally_hour", ("scope_id", "local_day", "local_hour"), hours),
        ("tally_day", ("scope_id", "local_day"), days),
        ("tally_month", ("scope_id", "first_day"), months),
        ("tally_heat", ("scope_id", "first_day", "weekday", "local_hour"), heat),
    ):
        await connection.copy_records_to_table(
            table,
            columns=[*keys, *_NUMBERS],
            records=[(*key, *_numbers(known_hours)) for key, known_hours in found.items()],
        )


def _numbers(hours: Sequence[Hour]) -> tuple[int, int, int, list[int]]:
    cells = np.sum([hour.cells for hour in hours], axis=0).reshape(-1)
    return (
        sum(hour.open_hours for hour in hours),
        sum(hour.cameras_due for hour in hours),
        sum(hour.cameras_seen for hour in hours),
        [int(number) for number in cells],
    )
