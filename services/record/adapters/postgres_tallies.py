"""Results and tallies in Postgres: one transaction per batch, nothing counted twice.

Whatever is new to `counted_once` goes on to the tables and the tallies in the same transaction, so a message that comes
again, after a crash between commit and acknowledgement for instance, changes nothing. Tables, and keys in them, are always
written in the same order, so that two writers wait for each other instead of locking each other out.

Hours are marked as out of date before anything is added to them. Whoever adds to an hour holds its mark, and whoever adds
hours up takes marks away: so they never meet at the hour itself (docs/adr/0011).
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, fields
from datetime import date, datetime
from typing import Any, Final, Self

import asyncpg

from services.common.errors import PermanentError, TransientError
from services.common.postgres import AWAY, TRY_AGAIN, lazy_pool
from services.common.tally_sql import ADD_VISITORS, EXCLUDED_VERSIONS, MARK_STALE
from services.record.domain.results import PhotoRow, Recorded, Row
from services.record.domain.tallies import CameraDay, Place, clocks, tally

_TIMEOUT_S = 20.0

_PLACES = """
select i.number, s.shop_id, o.scope_id, c.camera_id,
       (i.happened_at at time zone s.time_zone)::date as local_day,
       extract(hour from i.happened_at at time zone s.time_zone)::smallint as local_hour
from unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality as i (shop, camera, happened_at, number)
join shop s on s.slug = i.shop
join camera c on c.slug = i.camera
join scope o on o.shop_id = s.shop_id
"""
_COUNT_ONCE = """
insert into counted_once (id) select id from unnest($1::uuid[]) as i (id) order by id
on conflict do nothing returning id
"""
_ADD_UPLOADS = """
insert into tally_upload as t (camera_id, local_day, local_hour, outcome, uploads)
select camera_id, local_day, local_hour, outcome::upload_outcome, uploads
from unnest($1::int[], $2::date[], $3::smallint[], $4::text[], $5::int[])
    as i (camera_id, local_day, local_hour, outcome, uploads)
order by camera_id, local_day, local_hour, outcome::upload_outcome
on conflict (camera_id, local_day, local_hour, outcome) do update set uploads = t.uploads + excluded.uploads
"""
_DAY_COLUMNS: Final = [field.name for field in fields(CameraDay)]
_ADD_CAMERA_DAYS = f"""
insert into tally_camera_day as t (camera_id, local_day, {", ".join(_DAY_COLUMNS)})
select * from unnest($1::int[], $2::date[], {", ".join(f"${i}::int[]" for i in range(3, 3 + len(_DAY_COLUMNS)))})
    as i (camera_id, local_day)
order by camera_id, local_day
on conflict (camera_id, local_day) do update
set {", ".join(f"{name} = t.{name} + excluded.{name}" for name in _DAY_COLUMNS)}
"""  # noqa: S608 - the names are our own
_SET_CLOCKS = """
insert into camera_clock as t (camera_id, received_at, time_source, drift_s)
select camera_id, received_at, time_source::time_source, drift_s
from unnest($1::int[], $2::timestamptz[], $3::text[], $4::real[]) as i (camera_id, received_at, time_source, drift_s)
order by camera_id
on conflict (camera_id) do update
set received_at = excluded.received_at, time_source = excluded.time_source, drift_s = excluded.drift_s
where t.received_at < excluded.received_at
"""
_PHOTO_COLUMNS = (
    "photo_id", "camera_id", "captured_at", "received_at", "local_day", "local_hour", "outcome", "width_px",
    "height_px", "size_bytes", "too_small_count", "object_key", "detector_version", "classifier_version",
    "time_source", "stamped_at", "excluded",
)  # fmt: skip
_FACE_COLUMNS = (
    "photo_id", "local_day", "face_index", "shop_id", "local_hour", "box_left_px", "box_top_px", "box_width_px",
    "box_height_px", "score", "eye_distance_px", "age_years", "female_probability", "emotion_probabilities", "gender",
    "age_band", "mood", "quality", "quality_reason", "counted", "age_low_years", "age_high_years",
)  # fmt: skip


class PostgresTallies:
    """The database, as the role `record`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._months: set[date] = set()

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str) -> AsyncIterator[Self]:
        """A pool that connects when it is first used, and again whenever it must."""
        pool = lazy_pool(
            dsn,
            _TIMEOUT_S,
            {
                "application_name": "record",
                "statement_timeout": f"{_TIMEOUT_S:.0f}s",
                # Compiling a sum of 192 terms takes longer than adding up a batch.
                "jit": "off",
            },
            most=2,
        )
        async with pool:
            yield cls(pool)

    async def is_ready(self) -> bool:
        """Whether the database answers right now."""
        try:
            return bool(await self._pool.fetchval("select true"))
        except AWAY:
            return False

    async def record(self, rows: Sequence[Row], oldest: datetime) -> Recorded:
        """Keep the rows that are new, and add them to the tallies, all or nothing.

        Args:
            rows: one for each id.
            oldest: what happened before it is kept nowhere. It only says how its camera's clock goes.

        Raises:
            PermanentError: a row names a shop or camera that is not registered, or has a value out of range.
            TransientError: the database is away or overloaded.
        """
        try:
            async with self._pool.acquire() as connection:
                places = await _places(connection, rows)
                kept = {row: place for row, place in places.items() if row.happened_at >= oldest}
                for month in {place.local_day.replace(day=1) for place in kept.values()} - self._months:
                    await connection.execute("select ensure_month($1)", month)
                    self._months.add(month)
                async with connection.transaction():
                    return await _record(connection, kept, places)
        except TRY_AGAIN as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error
        except asyncpg.CheckViolationError as error:
            if error.constraint_name:  # it is our own
                raise
            # A month's tables are gone: they had been kept long enough, and something late came for them.
            self._months.clear()
            raise TransientError("a month's tables are not there yet") from error
        except asyncpg.DataError as error:
            raise PermanentError(f"Postgres refuses a value: {type(error).__name__}") from error


async def _places(connection: Any, rows: Sequence[Row]) -> dict[Row, Place]:
    """Where each row belongs."""
    found = await connection.fetch(
        _PLACES, [row.shop for row in rows], [row.camera for row in rows], [row.happened_at for row in rows]
    )
    if len(found) < len(rows):
        raise PermanentError("the shop or the camera is not registered")
    return {rows[number - 1]: Place(*place) for number, *place in found}


async def _record(connection: Any, kept: Mapping[Row, Place], places: Mapping[Row, Place]) -> Recorded:
    new_ids = {found["id"] for found in await connection.fetch(_COUNT_ONCE, [row.id for row in kept])}
    new = {row: place for row, place in kept.items() if row.id in new_ids}
    photos = {row: place for row, place in new.items() if isinstance(row, PhotoRow)}
    faces = [record for row, place in photos.items() for record in _face_records(row, place)]
    # Before photos are kept: who excludes a version afterwards finds them.
    excluded = {found[0] for found in await connection.fetch(EXCLUDED_VERSIONS)} if photos else set()
    if photos:
        records = [_photo_record(row, place, row.classifier_version in excluded) for row, place in photos.items()]
        await connection.copy_records_to_table("photo", records=records, columns=_PHOTO_COLUMNS)
    if faces:
        await connection.copy_records_to_table("face", records=faces, columns=_FACE_COLUMNS)
    tallies = tally(new, excluded)
    if tallies.hours:
        await connection.execute(MARK_STALE, *_columns(tallies.hours))
    if tallies.visitors:
        cells = [number for vector in tallies.visitors.values() for number in vector]
        await connection.execute(ADD_VISITORS, *_columns(tallies.visitors), cells)
    if tallies.uploads:
        await connection.execute(_ADD_UPLOADS, *_columns(tallies.uploads), list(tallies.uploads.values()))
        days = _columns([(*key, *astuple(day)) for key, day in tallies.camera_days.items()])
        await connection.execute(_ADD_CAMERA_DAYS, *days)
    # Of what is not kept as well: a clock that was never set makes photos too old, and somebody must be told.
    if seen := clocks({row: place for row, place in places.items() if row not in kept} | new):
        await connection.execute(_SET_CLOCKS, *_columns([(camera_id, *clock) for camera_id, clock in seen.items()]))
    return Recorded(
        photos=len(photos),
        rejections=len(new) - len(photos),
        faces=len(faces),
        duplicates=len(kept) - len(new),
        too_old=len(places) - len(kept),
        received_at=tuple(row.received_at for row in photos),
    )


def _columns(keys: Collection[tuple[object, ...]]) -> list[list[object]]:
    """Rows as columns."""
    return [list(column) for column in zip(*keys, strict=True)]


def _photo_record(row: PhotoRow, place: Place, excluded: bool) -> tuple[object, ...]:
    return (
        row.id, place.camera_id, row.happened_at, row.received_at, place.local_day, place.local_hour, row.outcome,
        row.width_px, row.height_px, row.size_bytes, row.too_small_count, row.object_key, row.detector_version,
        row.classifier_version, row.time_source, row.stamped_at, excluded,
    )  # fmt: skip


def _face_records(row: PhotoRow, place: Place) -> list[tuple[object, ...]]:
    return [
        (
            row.id, place.local_day, index, place.shop_id, place.local_hour, face.left_px, face.top_px, face.width_px,
            face.height_px, face.score, face.eye_distance_px, face.age_years, face.female_probability,
            list(face.emotion_probabilities), face.gender, face.age_band, face.mood, face.quality, face.quality_reason,
            face.counted, face.age_low_years, face.age_high_years,
        )
        for index, face in enumerate(row.faces)
    ]  # fmt: skip
