"""What a photo and a face take in a real Postgres is what `facetally cost` reckons with."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from services.common.ids import CameraId, PhotoId, RegionId, ShopId, object_key
from services.common.vocabulary import AgeBand, Gender, Mood, Quality, QualityReason
from services.cost.domain.row_bytes import FACE_BYTES, PHOTO_BYTES
from services.estate.domain import CameraLine
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.results import FaceRow, PhotoRow
from tests.estates import register
from tests.servers.postgres import Database

PHOTOS = 20_000
BATCH = 200
SINCE = datetime.min.replace(tzinfo=UTC)
MONTH = datetime(2026, 3, 1, tzinfo=UTC)
LINES = [
    CameraLine(
        "northern-europe", "Northern Europe", "amsterdam", "Amsterdam", f"amsterdam-{shop}", f"Shop {shop}",
        "UTC", f"amsterdam-{shop}-exit-{camera}",
    )
    for shop in range(1, 11)
    for camera in range(1, 11)
]  # fmt: skip
SIZES = """
select c.relname, sum(pg_total_relation_size(i.inhrelid))::bigint
from pg_inherits i join pg_class c on c.oid = i.inhparent where c.relname in ('photo', 'face') and c.relkind = 'p'
group by 1
union all select 'counted_once', pg_total_relation_size('counted_once')
"""


def photo(chance: random.Random, number: int) -> PhotoRow:
    """A photo of the month, in the order in which they arrive; its id is as random as a digest."""
    line = chance.choice(LINES)
    at = MONTH + timedelta(days=30) * number / PHOTOS
    name = UUID(int=chance.getrandbits(128))
    key = object_key(
        RegionId(line.region), ShopId(line.shop), CameraId(line.camera), PhotoId(name.hex), at
    )  # fmt: skip
    face = FaceRow(
        left_px=chance.randint(0, 1600), top_px=chance.randint(0, 800), width_px=220, height_px=220, score=1.1,
        eye_distance_px=81.5, age_years=33.3, age_low_years=25.0, age_high_years=41.0, female_probability=0.9,
        emotion_probabilities=(0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), gender=Gender.FEMALE, age_band=AgeBand.AGE_25_34,
        mood=Mood.NEUTRAL, quality=Quality.GOOD, quality_reason=QualityReason.NONE, counted=True,
    )  # fmt: skip
    return PhotoRow(
        id=name, shop=line.shop, camera=line.camera, happened_at=at, received_at=at, time_source="path", stamped_at=at,
        outcome="faces", width_px=1920, height_px=1080, size_bytes=1_000_000, too_small_count=0, object_key=key,
        detector_version="dlib-mmod-face-40fae2ec-int8-200px",
        classifier_version="face-api-0123abcd-4567cdef-balanced", faces=(face,),
    )  # fmt: skip


async def test_a_photo_and_a_face_take_as_many_bytes_as_the_cost_reckons_with(database: Database) -> None:
    await register(database, LINES)
    chance = random.Random(0)
    async with PostgresTallies.connect(database.dsn("record")) as store:
        for first in range(0, PHOTOS, BATCH):
            await store.record([photo(chance, number) for number in range(first, first + BATCH)], SINCE)
    connection = await asyncpg.connect(database.dsn("owner"))
    try:
        sizes = {name: size / PHOTOS for name, size in await connection.fetch(SIZES)}
    finally:
        await connection.close()
    assert sizes["photo"] + sizes["counted_once"] == pytest.approx(PHOTO_BYTES, rel=0.1)
    assert sizes["face"] == pytest.approx(FACE_BYTES, rel=0.1)
