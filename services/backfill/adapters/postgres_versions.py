"""Versions of models in Postgres: which there are, and which of them count in no tally.

A photo's flag and the tallies of its hour change in one transaction, so that whatever is killed in between, each face is counted once or
not at all, and doing it again goes on.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID

from services.backfill.adapters.database import Database, add_to_hours
from services.backfill.domain import BackfillError, Change, Hour, Version, differences
from services.common.tally_sql import EXCLUDED_VERSIONS
from services.common.visitors import Group
from services.common.vocabulary import AgeBand, Gender, Mood

_COUNT_TIMEOUT_S: Final = 600.0
_VERSIONS: Final = """
select coalesce(p.classifier_version, e.classifier_version), coalesce(p.photos, 0), coalesce(p.left_out, 0), p.first_day, p.last_day,
       e.excluded_at, e.excluded_by, e.reason
from (
    select classifier_version, count(*) as photos, count(*) filter (where excluded) as left_out, min(local_day) as first_day,
           max(local_day) as last_day
    from photo group by classifier_version
) p
full join excluded_version e using (classifier_version)
order by p.last_day nulls first, p.first_day, 1
"""
_IS_KNOWN: Final = """
select exists (select from photo where classifier_version = $1) or exists (select from excluded_version where classifier_version = $1)
"""
_WRONG: Final = "select photo_id, local_day from photo where classifier_version = $1 and excluded <> $2"
# In order of their ids, as whoever estimates again does.
_LOCK: Final = """
select photo_id from photo where photo_id = any($3::uuid[]) and local_day = any($4::date[]) and classifier_version = $1 and excluded <> $2
order by photo_id for update
"""
_SET: Final = "update photo set excluded = $1 where photo_id = any($2::uuid[]) and local_day = any($3::date[])"
_VISITORS: Final = """
select local_day, local_hour, shop_id, gender, age_band, mood, count(*)::integer from face
where photo_id = any($1::uuid[]) and local_day = any($2::date[]) and counted group by 1, 2, 3, 4, 5, 6
"""


class PostgresVersions:
    """Versions, and photos of theirs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Version]:
        """All versions of which there are photos or which are excluded, the one whose last photo is oldest first."""
        async with self._database.transaction() as connection:
            return [Version(*row) for row in await connection.fetch(_VERSIONS, timeout=_COUNT_TIMEOUT_S)]

    async def exclude(self, version: str, who: str, reason: str) -> bool:
        """Let photos of a version count nowhere from now on; whether it was not excluded before.

        Raises:
            BackfillError: nobody knows the version.
        """
        async with self._database.transaction() as connection:
            await _check_known(connection, version)
            return bool(await connection.fetchval("select exclude_version($1, $2, $3)", version, who, reason))

    async def include(self, version: str) -> bool:
        """Let them count again; whether it was excluded before.

        Raises:
            BackfillError: nobody knows the version.
        """
        async with self._database.transaction() as connection:
            await _check_known(connection, version)
            return bool(await connection.fetchval("select include_version($1)", version))

    async def unsettled(self, version: str) -> int:
        """How many photos of a version count although it is excluded, or the other way round."""
        async with self._database.transaction() as connection:
            excluded = await _is_excluded(connection, version)
            counting = f"select count(*) from ({_WRONG}) w"  # noqa: S608 - the text is our own
            return int(await connection.fetchval(counting, version, excluded, timeout=_COUNT_TIMEOUT_S))

    async def settle(self, version: str, most: int) -> int:
        """Take photos of a version out of tallies or put them back, as it is excluded or not; 0: all are as they should be."""
        async with self._database.transaction() as connection:
            excluded = await _is_excluded(connection, version)
            wrong = await connection.fetch(f"{_WRONG} limit $3", version, excluded, most)
            days = sorted({row["local_day"] for row in wrong})
            found = [row["photo_id"] for row in wrong]
            # Between the two somebody may have estimated one of them again: it is of another version then.
            ids = [row["photo_id"] for row in await connection.fetch(_LOCK, version, excluded, found, days)]
            await connection.execute(_SET, excluded, ids, days)
            await add_to_hours(connection, differences(await _changes(connection, ids, days, excluded=excluded)))
            return len(wrong)


async def _changes(connection: Any, ids: list[UUID], days: list[date], *, excluded: bool) -> list[Change]:
    changes = []
    for day, hour, shop_id, gender, band, mood, visitors in await connection.fetch(_VISITORS, ids, days):
        known = Group(Gender(gender), AgeBand(band), Mood(mood))
        before, after = (known, None) if excluded else (None, known)
        changes.append(Change(Hour(day, hour, shop_id), before, after, visitors))
    return changes


async def _is_excluded(connection: Any, version: str) -> bool:
    return version in {row[0] for row in await connection.fetch(EXCLUDED_VERSIONS)}


async def _check_known(connection: Any, version: str) -> None:
    if not await connection.fetchval(_IS_KNOWN, version):
        raise BackfillError(f"there is no photo of the version {version}; `facetally backfill versions` lists them")
