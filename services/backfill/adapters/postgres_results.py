"""Jobs, and the results that they change, in Postgres.

What is said of a photo's faces, its version, the tallies of its hour and the place of the job change in one transaction: a job that is
killed goes on behind the last photo that is done, and nothing is done twice.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.backfill.adapters.database import Database, add_to_hours, columns
from services.backfill.domain import (
    BackfillError,
    Box,
    Change,
    Estimate,
    Estimates,
    Hour,
    Job,
    Period,
    Place,
    StoredPhoto,
    differences,
)
from services.common.tally_sql import EXCLUDED_VERSIONS
from services.common.visitors import EMOTIONS, Group, Thresholds
from services.common.vocabulary import AgeBand, Gender, Mood, Quality

_COUNT_TIMEOUT_S: Final = 600.0
_JOB: Final = (
    "select id, release, version, since, until, shops, camera_id, captured_at, photo_id, done, skipped, state = 'done', started_at, "
    "updated_at from backfill_job"
)
_UNFINISHED: Final = f"{_JOB} where version = $1 and since = $2 and until = $3 and shops = $4 and state = 'running' order by id desc limit 1"
_NEW_JOB: Final = "insert into backfill_job (release, version, since, until, shops) values ($1, $2, $3, $4, $5)"
_SHOPS: Final = "select slug from shop where slug = any($1::text[])"
_CAMERAS: Final = (
    "select c.camera_id from camera c join shop s using (shop_id) where s.slug = any($1::text[]) order by 1"
)
# Photos that a job has not come to: $1 and $2 days, $3 version, $4 to $6 the job's place, $7 cameras. Of all cameras or of some are two
# texts: an index is read from its place on, and of some cameras those parts of it alone. The index knows
# moments and no days: whatever the zone, a day lies within two days of its own.
_AHEAD: Final = """
from photo
where local_day between $1::date and $2::date
  and captured_at between $1::date - interval '2 days' and $2::date + interval '3 days'
  and classifier_version <> $3 and (camera_id, captured_at, photo_id) > ($4, $5, $6)
"""
_OF_ALL: Final = f"{_AHEAD} and $7::int[] is null"
_OF_SOME: Final = f"{_AHEAD} and camera_id = any($7::int[])"
_NEXT: Final = "order by camera_id, captured_at, photo_id limit $8"
_BOXES: Final = """
select photo_id, box_left_px, box_top_px, box_width_px, box_height_px, score from face
where photo_id = any($1::uuid[]) and local_day between $2 and $3 order by photo_id, face_index
"""
_MOVE: Final = """
update backfill_job
set camera_id = $5, captured_at = $6, photo_id = $7, done = done + $8, skipped = skipped + $9, updated_at = now()
where id = $1 and (camera_id, captured_at, photo_id) = ($2, $3, $4) and state = 'running'
returning id
"""
# In order of their ids, as whoever excludes a version does.
_LOCK: Final = """
select photo_id, excluded from photo
where photo_id = any($1::uuid[]) and local_day between $2 and $3 and classifier_version <> $4 order by photo_id for update
"""
_FACES: Final = """
select photo_id, local_day, face_index, local_hour, shop_id, gender, age_band, mood, quality, counted from face
where photo_id = any($1::uuid[]) and local_day between $2 and $3 order by photo_id, face_index
"""
_SET_FACES: Final = f"""
update face f
set age_years = i.age_years, age_low_years = i.age_low_years, age_high_years = i.age_high_years,
    female_probability = i.female_probability, gender = i.gender::gender, age_band = i.age_band::age_band, mood = i.mood::mood,
    emotion_probabilities = ($11::real[])[(i.number - 1) * {len(EMOTIONS)} + 1 : i.number * {len(EMOTIONS)}]
from unnest($1::uuid[], $2::date[], $3::smallint[], $4::real[], $5::real[], $6::real[], $7::real[], $8::text[], $9::text[], $10::text[])
    with ordinality as i (photo_id, local_day, face_index, age_years, age_low_years, age_high_years, female_probability, gender,
        age_band, mood, number)
where f.photo_id = i.photo_id and f.local_day = i.local_day and f.face_index = i.face_index
"""  # noqa: S608 - the numbers are our own
_SET_PHOTOS: Final = """
update photo set classifier_version = $1, excluded = $2 where photo_id = any($3::uuid[]) and local_day between $4 and $5
"""


class PostgresResults:
    """What was recorded, and the jobs.

    Args:
        database: where.
        thresholds: from when on an estimate counts as known.
    """

    def __init__(self, database: Database, thresholds: Thresholds) -> None:
        self._database = database
        self._thresholds = thresholds

    async def jobs(self) -> list[Job]:
        """All jobs, the newest last."""
        async with self._database.transaction() as connection:
            return [_job(row) for row in await connection.fetch(f"{_JOB} order by id")]

    async def job(self, release: str, version: str, period: Period) -> Job:
        """The job that is not done yet of this version and period, or a new one.

        Raises:
            BackfillError: there is no such shop.
        """
        which = (version, period.since, period.until, list(period.shops))
        async with self._database.transaction() as connection:
            known = {row[0] for row in await connection.fetch(_SHOPS, period.shops)}
            if unknown := [shop for shop in period.shops if shop not in known]:
                raise BackfillError(f"there is no shop {unknown[0]}")
            if await connection.fetchrow(_UNFINISHED, *which) is None:
                await connection.execute(_NEW_JOB, release, *which)
            return _job(await connection.fetchrow(_UNFINISHED, *which))

    async def remaining(self, job: Job) -> int:
        """Photos that the job has not come to."""
        async with self._database.transaction() as connection:
            ahead, arguments = await _ahead(connection, job)
            return int(await connection.fetchval(f"select count(*) {ahead}", *arguments, timeout=_COUNT_TIMEOUT_S))

    async def next_photos(self, job: Job, most: int) -> Sequence[StoredPhoto]:
        """The next photos that are not of the job's version."""
        async with self._database.transaction() as connection:
            ahead, arguments = await _ahead(connection, job)
            what = "camera_id, captured_at, photo_id, object_key"
            found = await connection.fetch(f"select {what} {ahead} {_NEXT}", *arguments, most)
            boxes: dict[UUID, list[Box]] = {row["photo_id"]: [] for row in found}
            for photo_id, *box in await connection.fetch(_BOXES, list(boxes), job.period.since, job.period.until):
                boxes[photo_id].append(Box(*box))
        return [StoredPhoto(Place(*place), key, tuple(boxes[place[2]])) for *place, key in found]

    async def save(self, job: Job, photos: Sequence[StoredPhoto], estimates: Estimates) -> None:
        """Keep estimates, bring tallies in line, and move the job behind the photos, all or nothing. The others are skipped.

        Raises:
            BackfillError: somebody else has moved the job.
        """
        days = job.period.since, job.period.until
        async with self._database.transaction() as connection:
            moved = (*job.place, *photos[-1].place, len(estimates), len(photos) - len(estimates))
            if await connection.fetchval(_MOVE, job.id, *moved) is None:
                raise BackfillError("another command is at work on this version and period")
            excluded = job.version in {row[0] for row in await connection.fetch(EXCLUDED_VERSIONS)}
            # Those that somebody has estimated again meanwhile, and those that are kept no more, are not among them.
            left_out = dict(await connection.fetch(_LOCK, list(estimates), *days, job.version))
            faces = await connection.fetch(_FACES, list(left_out), *days)
            groups = await self._set_faces(connection, faces, estimates)
            await connection.execute(_SET_PHOTOS, job.version, excluded, list(left_out), *days)
            changes = [
                Change(
                    Hour(face["local_day"], face["local_hour"], face["shop_id"]),
                    None if left_out[face["photo_id"]] else _group(face),
                    None if excluded else group,
                )
                for face, group in zip(faces, groups, strict=True)
                if face["counted"]
            ]
            await add_to_hours(connection, differences(changes))

    async def finish(self, job: Job) -> None:
        """Say that the job is done."""
        async with self._database.transaction() as connection:
            await connection.execute("update backfill_job set state = 'done', updated_at = now() where id = $1", job.id)

    async def _set_faces(self, connection: Any, faces: Sequence[Any], estimates: Estimates) -> list[Group]:
        """Keep what is said of faces, in the order of their photos and numbers; their new groups."""
        ordered: list[Estimate] = []
        for photo_id in dict.fromkeys(face["photo_id"] for face in faces):
            ordered += estimates[photo_id]
        groups = [
            estimate.group(Quality(face["quality"]), self._thresholds)
            for face, estimate in zip(faces, ordered, strict=True)
        ]
        rows = [
            (
                face["photo_id"], face["local_day"], face["face_index"], said.age_years, said.age_low_years, said.age_high_years,
                said.female_probability, *group,
            )
            for face, said, group in zip(faces, ordered, groups, strict=True)
        ]  # fmt: skip
        if rows:
            emotions = [probability for said in ordered for probability in said.emotion_probabilities]
            await connection.execute(_SET_FACES, *columns(rows), emotions)
        return groups


async def _ahead(connection: Any, job: Job) -> tuple[str, tuple[object, ...]]:
    """The photos that a job has not come to, as the end of a query, and its arguments."""
    where = (job.period.since, job.period.until, job.version, *job.place)
    if not job.period.shops:
        return _OF_ALL, (*where, None)
    return _OF_SOME, (*where, [row[0] for row in await connection.fetch(_CAMERAS, job.period.shops)])


def _group(face: Any) -> Group:
    return Group(Gender(face["gender"]), AgeBand(face["age_band"]), Mood(face["mood"]))


def _job(row: Any) -> Job:
    job_id, release, version, since, until, shops, camera_id, captured_at, photo_id, *rest = row
    period = Period(since, until, tuple(shops))
    return Job(job_id, release, version, period, Place(camera_id, captured_at, photo_id), *rest)
