"""Exactly once, in the shop's own time, whatever is repeated, killed or unknown."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import pytest
from facetally.v1.face_pb2 import (
    ClassifiedFace,
    EmotionProbabilities,
    FaceQuality,
    FacesClassified,
    GenderProbabilities,
    PhotoOutcome,
    QualityReason,
)
from facetally.v1.photo_pb2 import Photo, PhotoRejected, RejectionReason

from services.common.messaging import MessageBus
from services.common.streams import DEAD_STREAM
from services.common.vocabulary import Mood, Quality
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.results import Rules
from services.record.handler.record_results import RecordResults
from tests.estates import LINES, register
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database, PostgresServer
from tests.servers.running import RunningProgram, finish, running
from tests.servers.services import connection, service

DEADLINE_S = 40.0
RULES = Rules(0.6, 0.3, counted_quality=Quality.USABLE, mood_quality=Quality.GOOD)
SHOPS = [line.shop for line in LINES]


def always() -> datetime:
    """Everything is kept."""
    return datetime.min.replace(tzinfo=UTC)


Message = tuple[str, bytes]


def result(
    number: int,
    shop: str = "berlin-mitte",
    at: datetime | None = None,
    faces: int = 1,
    qualities: Sequence[str] = ("FACE_QUALITY_GOOD",),
) -> Message:
    chance = random.Random(number)
    photo = Photo(photo_id=f"{number:032x}", region_id="r", shop_id=shop, camera_id=f"{shop}-cam", object_key="k")
    photo.captured_at.FromDatetime(at or datetime(2026, 3, 1, 12, tzinfo=UTC))
    photo.received_at.CopyFrom(photo.captured_at)
    outcome = PhotoOutcome.PHOTO_OUTCOME_FACES if faces else PhotoOutcome.PHOTO_OUTCOME_NO_FACE
    message = FacesClassified(photo=photo, outcome=outcome, detector_version="d", classifier_version="c")
    for _ in range(faces):
        emotions = [chance.random() for _ in range(7)]
        total = sum(emotions)
        female = chance.random()
        message.faces.append(
            ClassifiedFace(
                age_years=chance.uniform(0, 90),
                gender=GenderProbabilities(female=female, male=1 - female),
                emotion=EmotionProbabilities(
                    **dict(zip([m for m in Mood if m != "unknown"], (e / total for e in emotions), strict=True))
                ),
                quality=chance.choice(qualities),
                quality_reason=QualityReason.QUALITY_REASON_BLURRED,
            )
        )
    return f"results.r.{shop}", message.SerializeToString()


def rejection(number: int) -> Message:
    message = PhotoRejected(
        rejection_id=f"{number:032x}",
        shop_id="berlin-mitte",
        camera_id="berlin-mitte-cam",
        reason=RejectionReason.REJECTION_REASON_NOT_JPEG,
    )
    message.received_at.FromDatetime(datetime(2026, 3, 1, 12, tzinfo=UTC))
    return "rejections.r.berlin-mitte", message.SerializeToString()


async def fetch(database: Database, query: str) -> list[asyncpg.Record]:
    connected = await asyncpg.connect(database.dsn("owner"))
    try:
        return await connected.fetch(query)
    finally:
        await connected.close()


# Hours without visitors may have a row as well: those that a shop was open.
TALLIED = """
select s.shop_id, h.local_day, h.local_hour, c.gender, c.age_band, c.mood, h.cells[c.number]
from tally_hour h
join scope s using (scope_id)
cross join (
    select g as gender, a as age_band, m as mood, row_number() over (order by g, a, m) as number
    from unnest(enum_range(null::gender)) g, unnest(enum_range(null::age_band)) a, unnest(enum_range(null::mood)) m
) c
where s.shop_id is not null and h.cells[c.number] > 0
order by 1, 2, 3, 4, 5, 6
"""
COUNTED = (
    "select shop_id, local_day, local_hour, gender, age_band, mood, count(*)::int "
    "from face where counted group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6"
)


@pytest.mark.parametrize("seed", range(4))
async def test_tallies_equal_a_count_of_the_faces_whatever_is_repeated_and_whoever_writes(
    database: Database, seed: int
) -> None:
    await register(database)
    chance = random.Random(seed)
    times = [
        datetime(2026, chance.randint(1, 12), chance.randint(1, 28), chance.randint(0, 23), tzinfo=UTC)
        for _ in range(6)
    ]
    photos = [
        result(i, chance.choice(SHOPS), chance.choice(times), chance.randint(0, 4), FaceQuality.keys())
        for i in range(60)
    ]
    messages = chance.choices(photos, k=150) + photos
    chance.shuffle(messages)
    batches = [messages[i : i + 20] for i in range(0, len(messages), 20)]
    async with (
        PostgresTallies.connect(database.dsn("record")) as one,
        PostgresTallies.connect(database.dsn("record")) as other,
    ):
        writers = [RecordResults(store, RULES, always) for store in (one, other)]

        async def write(writer: RecordResults, mine: list[list[Message]]) -> None:
            for batch in mine:
                await writer(batch)

        # Both write everything, at the same time, in different orders.
        await asyncio.gather(write(writers[0], batches), write(writers[1], batches[::-1]))
    tallied = [tuple(row) for row in await fetch(database, TALLIED)]
    assert tallied == [tuple(row) for row in await fetch(database, COUNTED)]
    assert [tuple(row) for row in await fetch(database, "select count(*) from photo")] == [(60,)]
    kept = await fetch(database, "select counted, quality <> 'rejected' from face group by 1, 2 order by 1")
    assert [tuple(row) for row in kept] == [(False, False), (True, True)]
    assert [tuple(row) for row in await fetch(database, "select sum(uploads) from tally_upload")] == [(60,)]


@pytest.mark.parametrize(
    ("shop", "at", "day", "hour"),
    [
        ("tokyo-ginza", datetime(2026, 2, 28, 23, 30, tzinfo=UTC), date(2026, 3, 1), 8),
        ("denver-union", datetime(2026, 1, 1, 2, 0, tzinfo=UTC), date(2025, 12, 31), 19),
        ("berlin-mitte", datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 29), 1),
        ("berlin-mitte", datetime(2026, 3, 29, 1, 0, tzinfo=UTC), date(2026, 3, 29), 3),
        ("berlin-mitte", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25), 2),
        ("berlin-mitte", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 25), 2),
    ],
    ids=["next day", "last year", "before summer time", "summer time", "first 2 o'clock", "second 2 o'clock"],
)
async def test_a_visitor_is_tallied_in_the_shops_own_time(
    database: Database, shop: str, at: datetime, day: date, hour: int
) -> None:
    await register(database)
    async with PostgresTallies.connect(database.dsn("record")) as store:
        await RecordResults(store, RULES, always)([result(1, shop, at)])
    for table in ("tally_hour", "tally_upload", "tally_stale", "photo", "face"):
        rows = await fetch(database, f"select local_day, local_hour from {table}")
        assert [tuple(row) for row in rows] == [(day, hour)], table


async def test_faces_from_before_there_was_a_quality_stay_counted(database: Database) -> None:
    old_columns = (
        "photo_id, local_day, face_index, shop_id, local_hour, box_left_px, box_top_px, box_width_px, box_height_px, "
        "score, eye_distance_px, age_years, female_probability, emotion_probabilities, gender, age_band, mood"
    )
    values = (
        "gen_random_uuid(), '2026-03-01', 0, 1, 12, 0, 0, 220, 220, 1, 80, 30, 0.9, '{1}', 'female', '25-34', 'neutral'"
    )
    await fetch(database, "select ensure_month('2026-03-01')")
    await fetch(database, f"insert into face ({old_columns}) values ({values})")
    rows = await fetch(database, "select counted, quality, quality_reason, age_low_years, age_high_years from face")
    assert [tuple(row) for row in rows] == [(True, "good", "none", None, None)]


@pytest.fixture
def record(clean_streams: NatsServer, database: Database, tmp_path: Path) -> Iterator[RunningProgram]:
    finish(register(database))
    values: dict[str, object] = {
        "nats": connection(clean_streams.settings("record")),
        "postgres_dsn": database.dsn("record"),
    }
    values |= {f"{what}_kept_days": 36_500 for what in ("results", "camera_hours", "tallies")}
    with running(service("record", values), tmp_path) as child:
        yield child


async def publish(server: NatsServer, messages: list[Message], repeat: str = "") -> None:
    async with MessageBus.connect(server.settings("admin"), "test") as bus:
        for subject, body in messages:
            # A message id of its own each time: the stream must not be what removes the duplicates.
            await bus.publish_bytes(subject, body, {"Nats-Msg-Id": f"{repeat}{hash(body)}"})


async def until(database: Database, query: str, wanted: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while (await fetch(database, query))[0][0] != wanted:
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("record")
async def test_an_unknown_camera_is_a_dead_letter_and_its_neighbours_are_counted(
    clean_streams: NatsServer, database: Database
) -> None:
    messages = [result(1), result(2, "nowhere"), rejection(3), ("results.r.x", b"\xff\xff"), result(4)]
    await publish(clean_streams, messages)
    await publish(clean_streams, messages[:1] + messages[4:], repeat="again")
    await until(database, "select count(*) from counted_once", 3)
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus, asyncio.timeout(DEADLINE_S):
        while (await bus.jetstream.stream_info(DEAD_STREAM)).state.messages < 2:
            await asyncio.sleep(0.05)
    assert [tuple(r) for r in await fetch(database, "select outcome, uploads from tally_upload order by 1")] == [
        ("faces", 2),
        ("not_jpeg", 1),
    ]


async def test_a_restart_of_postgres_and_of_record_loses_and_doubles_nothing(
    record: RunningProgram, clean_streams: NatsServer, database: Database, postgres_server: PostgresServer
) -> None:
    await publish(clean_streams, [result(i) for i in range(100)])
    await until(database, "select least(count(*), 1) from photo", 1)
    postgres_server.running.kill()
    await publish(clean_streams, [result(i) for i in range(100, 150)])
    record.kill()
    record.spawn()
    postgres_server.running.spawn()
    await postgres_server.running.until_ready()
    await record.until_ready()
    await publish(clean_streams, [result(i) for i in range(200)], repeat="again")
    await until(database, "select count(*) from photo", 200)
    assert [tuple(row) for row in await fetch(database, TALLIED)] == [
        tuple(row) for row in await fetch(database, COUNTED)
    ]
    assert (await fetch(database, "select sum(uploads) from tally_upload"))[0][0] == 200
