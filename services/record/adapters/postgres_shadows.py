"""What releases in shadow say, in Postgres: one statement per batch, each face and release once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, Self

import asyncpg

from services.common.errors import PermanentError, TransientError
from services.common.postgres import TRY_AGAIN, lazy_pool
from services.common.visitors import EMOTIONS
from services.record.domain.shadows import ShadowRow

_TIMEOUT_S: Final = 20.0
# $12 and $13 hold the emotions of all faces one after the other. A shop or camera that is not registered leaves nulls, and none is kept.
_KEEP: Final = f"""
insert into shadow_face (photo_id, face_index, local_day, camera_id, shop_id, seen_at, version, shadow_version, age_years,
    female_probability, emotion_probabilities, shadow_age_years, shadow_female_probability, shadow_emotion_probabilities)
select i.photo_id, i.face_index, (i.seen_at at time zone s.time_zone)::date, c.camera_id, s.shop_id, i.seen_at, i.version,
    i.shadow_version, i.age_years, i.female, ($12::real[])[(number - 1) * {len(EMOTIONS)} + 1 : number * {len(EMOTIONS)}],
    i.shadow_age_years, i.shadow_female, ($13::real[])[(number - 1) * {len(EMOTIONS)} + 1 : number * {len(EMOTIONS)}]
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::real[], $9::real[],
    $10::real[], $11::real[]) with ordinality
    as i (photo_id, face_index, shop, camera, seen_at, version, shadow_version, age_years, female, shadow_age_years, shadow_female, number)
left join shop s on s.slug = i.shop
left join camera c on c.slug = i.camera
order by i.photo_id, i.face_index, i.shadow_version
on conflict do nothing
"""  # noqa: S608 - the numbers are our own


class PostgresShadows:
    """The table shadow_face, as the role `record`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str) -> AsyncIterator[Self]:
        """A connection that is made when it is first used, and again whenever it must."""
        pool = lazy_pool(
            dsn,
            _TIMEOUT_S,
            {"application_name": "record shadows", "statement_timeout": f"{_TIMEOUT_S:.0f}s"},
        )
        async with pool:
            yield cls(pool)

    async def keep(self, rows: Sequence[ShadowRow]) -> int:
        """Keep the rows that are new, all or nothing; how many they were.

        Args:
            rows: one for each face and release in shadow.

        Raises:
            PermanentError: a row names a shop or camera that is not registered, or has a value out of range.
            TransientError: the database is away or overloaded.
        """
        columns = zip(
            *(
                (
                    row.photo_id, row.face_index, row.shop, row.camera, row.seen_at, row.version, row.shadow_version,
                    row.recorded.age_years, row.recorded.female_probability, row.shadow.age_years,
                    row.shadow.female_probability,
                )
                for row in rows
            ),
            strict=True,
        )  # fmt: skip
        emotions = (
            [probability for row in rows for probability in row.recorded.emotion_probabilities],
            [probability for row in rows for probability in row.shadow.emotion_probabilities],
        )
        try:
            done = await self._pool.execute(_KEEP, *(list(column) for column in columns), *emotions)
        except TRY_AGAIN as error:
            raise TransientError(f"Postgres is away: {type(error).__name__}") from error
        except asyncpg.NotNullViolationError as error:
            raise PermanentError("the shop or the camera is not registered") from error
        except asyncpg.DataError as error:
            raise PermanentError(f"Postgres refuses a value: {type(error).__name__}") from error
        return int(done.split()[-1])
