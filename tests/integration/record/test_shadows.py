"""What a release in shadow says is kept once, apart from all tallies; admins are told sums of it, and nobody sees a face."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import pytest
from facetally.v1.face_pb2 import EmotionProbabilities, FaceEstimates, GenderProbabilities, ShadowFace, ShadowFaces
from facetally.v1.photo_pb2 import Photo

from services.common.errors import PermanentError
from services.common.messaging import MessageBus
from services.common.streams import RECORD_SHADOW, SHADOW_SUBJECT
from services.common.vocabulary import AgeBand, Gender, Quality
from services.record.adapters.postgres_rollups import PostgresRollups
from services.record.adapters.postgres_shadows import PostgresShadows
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.results import Rules
from services.record.handler.record_results import RecordResults
from services.record.handler.record_shadows import RecordShadows
from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_models import PostgresModels
from services.report.domain.models import Agreement, GroupAgreement
from tests.estates import register
from tests.integration.record.test_record import always, fetch, result
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.running import running
from tests.servers.services import connection, service

NIGHT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # the next day in Berlin


def estimates(age: float, female: float, mood: str) -> FaceEstimates:
    return FaceEstimates(
        age_years=age,
        gender=GenderProbabilities(female=female, male=1 - female),
        emotion=EmotionProbabilities(**{mood: 0.9, "neutral": 0.1}),
    )


def said(
    number: int, *faces: tuple[FaceEstimates, FaceEstimates], shop: str = "berlin-mitte", at: datetime = NIGHT
) -> ShadowFaces:
    photo = Photo(photo_id=f"{number:032x}", region_id="r", shop_id=shop, camera_id=f"{shop}-cam")
    photo.captured_at.FromDatetime(at)
    told = [ShadowFace(face_index=2 * i, recorded=one, shadow=two) for i, (one, two) in enumerate(faces)]
    return ShadowFaces(photo=photo, faces=told, classifier_version="spring", shadow_version="autumn")


SAME = estimates(30, 0.9, "happiness")
FACES = (
    (SAME, estimates(34.5, 0.6, "happiness")),
    (SAME, estimates(36, 0.4, "anger")),
    (estimates(70, 0.1, "fear"), estimates(70, 0.1, "sadness")),
)


async def test_each_face_is_kept_once_and_its_sums_are_told(database: Database) -> None:
    await register(database)
    messages = [said(1, *FACES[:2]).SerializeToString(), said(2, FACES[2]).SerializeToString()]
    async with PostgresShadows.connect(database.dsn("record")) as store:
        record = RecordShadows(store)
        assert await record(messages) == 3
        assert await record([*messages, said(3).SerializeToString(), *messages]) == 0
        for bad in (said(4, FACES[0], shop="nowhere"), ShadowFaces(photo=said(5).photo)):
            with pytest.raises(PermanentError):
                await record([said(6, FACES[0]).SerializeToString(), bad.SerializeToString()])
        rows = await fetch(database, "select * from shadow_face order by photo_id, face_index")
    assert [(row["face_index"], row["local_day"], row["version"], row["shadow_version"]) for row in rows] == [
        (0, date(2026, 3, 2), "spring", "autumn"),
        (2, date(2026, 3, 2), "spring", "autumn"),
        (0, date(2026, 3, 2), "spring", "autumn"),
    ]
    assert (rows[1]["age_years"], rows[1]["shadow_age_years"]) == (30, 36)
    assert rows[1]["shadow_emotion_probabilities"] == pytest.approx([0.1, 0, 0, 0, 0.9, 0, 0])
    assert await fetch(database, "select from tally_hour union all select from face") == []

    async with AccountDatabase.connect(database.dsn("account")) as account:
        models = PostgresModels(account)
        assert await models.agreement(date(2026, 3, 3)) == []
        young, old = await models.agreement(date(2026, 3, 1))
    assert young == GroupAgreement("spring", "autumn", Gender.FEMALE, AgeBand.AGE_25_34, Agreement(2, 10.5, 1, 1, 1))
    assert old == GroupAgreement("spring", "autumn", Gender.MALE, AgeBand.AGE_65_UP, Agreement(1, 0, 1, 1, 0))

    async with PostgresRollups.connect(database.dsn("record")) as rollups:
        await rollups.drop_shadows(date(2026, 3, 2))
        assert len(await fetch(database, "select from shadow_face")) == 3
        await rollups.drop_shadows(date(2026, 3, 3))
    assert await fetch(database, "select from shadow_face") == []


async def test_releases_are_told_with_what_they_made_of_each_day(database: Database) -> None:
    await register(database)
    rules = Rules(0.6, 0.3, counted_quality=Quality.USABLE, mood_quality=Quality.GOOD)
    messages = [
        result(number, faces=number % 3, qualities=("FACE_QUALITY_GOOD", "FACE_QUALITY_REJECTED"))
        for number in range(40)
    ]
    async with PostgresTallies.connect(database.dsn("record")) as store:
        await RecordResults(store, rules, always)(messages)
    (counted,) = await fetch(
        database,
        "select count(*) as visitors, count(*) filter (where gender = 'female') as women, sum(age_years)::float8 as years, "
        "count(*) filter (where mood = 'happiness') as happy, count(*) filter (where mood <> 'unknown') as moods "
        "from face where counted",
    )
    await fetch(
        database,
        "insert into excluded_version (classifier_version, excluded_by, reason) values ('bad', 'alice', 'why')",
    )
    async with AccountDatabase.connect(database.dsn("account")) as account:
        models = PostgresModels(account)
        (day,) = await models.by_day(date(2026, 3, 1))
        assert (day.version, day.day, day.part, day.tally.photos) == ("c", date(2026, 3, 1), 1.0, 40)
        tally = day.tally
        assert (tally.visitors, tally.women, tally.moods[1], sum(tally.moods)) == (
            counted["visitors"], counted["women"], counted["happy"], counted["moods"],
        )  # fmt: skip
        assert tally.age_years == pytest.approx(counted["years"])
        assert await models.by_day(date(2026, 3, 2)) == []
        assert [(release.version, release.by, release.reason) for release in await models.excluded()] == [
            ("bad", "alice", "why")
        ]


async def test_of_millions_an_even_part_is_looked_at(database: Database) -> None:
    await register(database)
    messages = [result(number * 2**120) for number in range(256)]  # ids all over the place, as digests are
    async with PostgresTallies.connect(database.dsn("record")) as store:
        await RecordResults(store, Rules(0.6, 0.3, Quality.USABLE, Quality.GOOD), always)(messages)
    await fetch(database, "update pg_class set reltuples = 16e6 where relname = 'photo_2026_03'")
    async with AccountDatabase.connect(database.dsn("account")) as account:
        (day,) = await PostgresModels(account).by_day(date(2026, 3, 1))
    assert day.part == pytest.approx(1 / 8)
    assert day.tally.photos / day.part == pytest.approx(256, rel=0.3)


async def test_only_sums_are_told_to_reports(database: Database) -> None:
    for role, forbidden in (
        ("account", "select * from shadow_face"),
        ("report", "select * from shadow_face"),
        ("report", "select * from shadow_agreement('2026-01-01')"),
        ("bi", "select * from models_by_day('2026-01-01')"),
        ("record", "update shadow_face set age_years = 1"),
    ):
        connected = await asyncpg.connect(database.dsn(role))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connected.execute(forbidden)
        finally:
            await connected.close()


async def test_what_classify_publishes_is_recorded_by_the_service(
    clean_streams: NatsServer, database: Database, tmp_path: Path
) -> None:
    await register(database)
    values = {"nats": connection(clean_streams.settings("record")), "postgres_dsn": database.dsn("record")}
    now = datetime.now(UTC)  # what is older than it is kept would go at once
    with running(service("record", values), tmp_path) as child:
        async with MessageBus.connect(clean_streams.settings("classify"), "test") as bus:
            for number in (1, 2):
                await bus.publish(SHADOW_SUBJECT, said(number, *FACES, at=now), str(number))
            await bus.publish(SHADOW_SUBJECT, said(3, FACES[0], shop="nowhere", at=now), "3")
        async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
            for _ in range(400):
                info = await bus.jetstream.consumer_info(RECORD_SHADOW.stream, RECORD_SHADOW.name)
                if not info.num_pending and not info.num_ack_pending:
                    break
                await asyncio.sleep(0.05)
            assert (await bus.jetstream.stream_info("DEAD")).state.messages == 1
        assert child.stop() == 0
    assert len(await fetch(database, "select from shadow_face")) == 6
