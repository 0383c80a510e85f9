"""How cameras are, from Postgres, as the person who asks may see them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Final, Protocol

from services.report.adapters.place_sql import PlaceReader
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.domain.cameras import LOOKED_AT, Camera, CameraDay, CameraState, CameraTrouble
from services.report.domain.periods import Period
from services.report.domain.places import Level

_IN_CITIES: Final = "c.shop_id in (select s.shop_id from shop s join city y using (city_id) {rest})"
_PLACE: Final = {
    Level.REGION: _IN_CITIES.format(rest="join region r using (region_id) where r.slug = $1"),
    Level.CITY: _IN_CITIES.format(rest="where y.slug = $1"),
    Level.SHOP: "c.shop_id in (select s.shop_id from shop s where s.slug = $1)",
}
# Of any place the argument is asked for, so that all queries are alike.
_ANYWHERE: Final = "$1::text is not null"
# Slugs are in lower case: `like` is enough for the many, and `ilike` is for the few.
_NAMED: Final = """
($3::text is null or c.slug like lower($3) or c.shop_id in (
    select s.shop_id from shop s join city y using (city_id)
    where s.name ilike $3 or s.slug like lower($3) or y.name ilike $3))
"""
# A camera that was disabled or enabled just now is so already; one that nobody has looked at yet is new.
_STATE: Final = """
case when c.disabled then 'disabled' when h.state is null or h.state = 'disabled' then 'new' else h.state::text end
"""
_FROM: Final = "from camera c left join camera_health h on h.camera_id = c.camera_id"
_WITH_PLACES: Final = f"{_FROM} join shop s on s.shop_id = c.shop_id join city y on y.city_id = s.city_id"
# What stands for cameras that are not recognised is shown where there were such uploads.
_SHOWN: Final = "(not c.catch_all or h.photos + h.refused > 0)"
_NUMBERS: Final = (
    "photos",
    "photos_without_face",
    "refused",
    "faces",
    "faces_too_small",
    "faces_too_dark",
    "faces_blurred",
    "faces_turned_away",
)
_COLUMNS: Final = f"""
c.slug as camera, s.slug as shop, s.name as shop_name, y.name as city_name, s.time_zone,
now() at time zone s.time_zone as local_now, s.opening_hours, s.holidays, c.catch_all as is_catch_all, {_STATE} as state,
coalesce(h.trouble::text, 'none') as trouble, h.last_photo_at at time zone s.time_zone as last_photo_at,
extract(epoch from now() - h.last_photo_at)::float as silent_s, h.drift_s,
{", ".join(f"coalesce(h.{number}, 0) as {number}" for number in _NUMBERS)}
"""
_WORST_FIRST: Final = "rank, trouble, last_photo_at nulls first, slug"
_ORDER: Final = ", ".join(f"page.{column}" for column in _WORST_FIRST.split(", "))
# The page is found first: what is shown of it is worked out for its cameras only.
_LIST: Final = f"""
with found as materialized (
    select c.camera_id, array_position($4::text[], {_STATE}) as rank, h.trouble, h.last_photo_at, c.slug collate "C" as slug
    {_FROM}
    where {_SHOWN} and {{place}} and ($2::text is null or {_STATE} = $2)
      and {_NAMED}
), page as (
    select * from found order by {_WORST_FIRST} limit $5 offset $6
)
select (select count(*) from found) as total, {_COLUMNS}
{_WITH_PLACES} join page on page.camera_id = c.camera_id order by {_ORDER}
"""
_COUNT: Final = f"""
select count(*) {_FROM} where {_SHOWN} and {{place}} and ($2::text is null or {_STATE} = $2) and {_NAMED}
"""


class _Wish(Protocol):
    """Which cameras are asked for."""

    @property
    def level(self) -> Level | None:
        """Of the place."""

    @property
    def slug(self) -> str:
        """Of the place."""

    @property
    def state(self) -> CameraState | None:
        """None: any."""

    @property
    def text(self) -> str:
        """Part of a name."""

    @property
    def page(self) -> int:
        """From 1 on."""


class PostgresCameras:
    """The database, as the role `report`.

    Args:
        tallies: whose connections these are.
    """

    def __init__(self, tallies: PostgresTallies) -> None:
        self._tallies = tallies

    @asynccontextmanager
    async def seen_by(self, person_id: int) -> AsyncIterator["CameraReader"]:
        """A connection on which the database shows what this person may see, and nothing else.

        Raises:
            TransientError: the database is away, now or while reading.
        """
        async with self._tallies.seen_by(person_id) as reader:
            yield CameraReader(reader.connection)


class CameraReader(PlaceReader):
    """What one person may see."""

    async def states(self, level: Level, slug: str) -> Mapping[CameraState, int]:
        """Cameras of a place, by state."""
        rows = await self.connection.fetch(
            f"select {_STATE} as state, count(*) as cameras {_FROM} where {_SHOWN} and {_PLACE.get(level, _ANYWHERE)} "
            "group by 1",
            slug,
        )
        found = {row["state"]: row["cameras"] for row in rows}
        return {state: found.get(state, 0) for state in CameraState}

    async def cameras(self, asked: _Wish, limit: int) -> tuple[Sequence[Camera], int]:
        """A page of cameras, the worst first, and how many there are on all pages."""
        place = _PLACE.get(asked.level, _ANYWHERE) if asked.level else _ANYWHERE
        wish = (asked.slug, asked.state, _pattern(asked.text))
        rows = await self.connection.fetch(
            _LIST.format(place=place), *wish, list(CameraState), limit, (asked.page - 1) * limit
        )
        if not rows and asked.page > 1:
            return (), await self.connection.fetchval(_COUNT.format(place=place), *wish)
        return [_camera(row) for row in rows], rows[0]["total"] if rows else 0

    async def camera(self, slug: str) -> Camera | None:
        """One camera."""
        row = await self.connection.fetchrow(f"select {_COLUMNS} {_WITH_PLACES} where c.slug = $1", slug)
        return None if row is None else _camera(row)

    async def recent_photos(self, cameras: Sequence[str], since: date) -> Mapping[str, Mapping[tuple[date, int], int]]:
        """Photos that were looked at, by camera, and by local day and hour."""
        rows = await self.connection.fetch(
            "select c.slug, u.local_day, u.local_hour, sum(u.uploads)::int as photos "
            "from camera c join tally_upload u using (camera_id) "
            "where c.slug = any($1) and u.local_day >= $2 and u.outcome::text = any($3) group by 1, 2, 3",
            cameras,
            since,
            list(LOOKED_AT),
        )
        found: dict[str, dict[tuple[date, int], int]] = {}
        for row in rows:
            found.setdefault(row["slug"], {})[row["local_day"], row["local_hour"]] = row["photos"]
        return found

    async def outcomes(self, camera: str, period: Period) -> Mapping[str, int]:
        """A camera's uploads by outcome."""
        rows = await self.connection.fetch(
            "select u.outcome::text, sum(u.uploads)::bigint as uploads from tally_upload u "
            "where u.camera_id = (select c.camera_id from camera c where c.slug = $1) "
            "and u.local_day between $2 and $3 group by 1",
            camera,
            period.first,
            period.last,
        )
        return {row["outcome"]: row["uploads"] for row in rows}

    async def days(self, camera: str, period: Period) -> Sequence[CameraDay]:
        """The days of which anything came, in order."""
        rows = await self.connection.fetch(
            "select d.local_day, d.photos, d.refused from tally_camera_day d "
            "where d.camera_id = (select c.camera_id from camera c where c.slug = $1) "
            "and d.local_day between $2 and $3 order by 1",
            camera,
            period.first,
            period.last,
        )
        return [CameraDay(row["local_day"], row["photos"], row["refused"]) for row in rows]


def _pattern(text: str) -> str | None:
    if not text:
        return None
    for letter in "\\%_":
        text = text.replace(letter, f"\\{letter}")
    return f"%{text}%"


def _camera(row: Any) -> Camera:
    values = {key: value for key, value in row.items() if key != "total"}
    values |= {
        "state": CameraState(row["state"]),
        "trouble": CameraTrouble(row["trouble"]),
        "holidays": tuple(row["holidays"]),
    }
    return Camera(**values)
