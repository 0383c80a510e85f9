"""What is in the store, the database and the streams."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final
from urllib.parse import urlsplit

import asyncpg
from minio import Minio

from bench.chaos.faults import NONSENSE
from bench.chaos.machine import Rig
from bench.chaos.verdict import Letter, Tallies
from services.common.ids import CameraId, photo_id
from services.common.messaging import MessageBus
from services.common.settings import S3Settings
from services.common.streams import CONSUMERS, FACES, HELD, PHOTOS
from services.operate.adapters.nats_desk import NatsDesk
from services.operate.domain.letters import summary_of
from services.provision.adapters.nats_streams import NatsStreams

# Photos that are read whole, and whose names must be their contents'.
_SAMPLE: Final = 400
_ROWS: Final = "select replace(photo_id::text, '-', '') as photo_id, count(*) as times from photo group by photo_id"
_VISITORS: Final = """
select 'the hours of shops' as place, (select sum(visitors) from tally_hour join scope using (scope_id) where kind = 'shop') as visitors
union all select 'the hours of the world', (select sum(visitors) from tally_hour join scope using (scope_id) where kind = 'world')
union all select 'the days of the world', (select sum(visitors) from tally_day join scope using (scope_id) where kind = 'world')
union all select 'the months of the world', (select sum(visitors) from tally_month join scope using (scope_id) where kind = 'world')
"""
_UPLOADS: Final = """
select 'the tally of uploads' as place, (select sum(uploads) from tally_upload
    where outcome in ('faces', 'no_face', 'face_too_small', 'unreadable')) as photos
union all select 'the tally of camera days', (select sum(photos) from tally_camera_day)
"""


class Counts:
    """The database, as its owner; a connection for each question, since it may be killed in between."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def photos(self) -> int:
        """How many photos are recorded."""
        return int(await self._value("select count(*) from photo"))

    async def stale_hours(self) -> int:
        """How many hours of shops are still to be added up."""
        return int(await self._value("select count(*) from tally_stale"))

    async def connections(self) -> int:
        """How many clients are connected, apart from this one."""
        return int(await self._value("select count(*) - 1 from pg_stat_activity where backend_type = 'client backend'"))

    async def rows(self) -> dict[str, int]:
        """How often each photo is recorded."""
        return {row["photo_id"]: row["times"] for row in await self._rows(_ROWS)}

    async def tallies(self) -> Tallies:
        """What was counted, in each way that it is."""
        return Tallies(
            faces=int(await self._value("select count(*) from face where counted")),
            visitors={row["place"]: int(row["visitors"] or 0) for row in await self._rows(_VISITORS)},
            photos=await self.photos(),
            uploads={row["place"]: int(row["photos"] or 0) for row in await self._rows(_UPLOADS)},
        )

    async def _value(self, query: str) -> int:
        (row,) = await self._rows(query)
        return int(row[0])

    async def _rows(self, query: str) -> Sequence[asyncpg.Record]:
        connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=30)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()


async def stored(settings: S3Settings, chance: Random) -> tuple[dict[str, int], list[str]]:
    """How often each photo is in the store, and which objects are not what their names say.

    Every object's size is looked at, and the contents of some: a photo's name is a digest of its bytes.
    """
    return await asyncio.to_thread(_stored, settings, chance)


def _stored(settings: S3Settings, chance: Random) -> tuple[dict[str, int], list[str]]:
    parts = urlsplit(settings.url)
    client = Minio(
        parts.netloc, settings.access_key, settings.secret_key.get_secret_value(), region=settings.region, secure=False
    )
    sizes = {
        str(found.object_name): int(found.size or 0) for found in client.list_objects(settings.bucket, recursive=True)
    }
    damaged = [key for key, size in sizes.items() if not size]
    for key in chance.sample(sorted(sizes), min(_SAMPLE, len(sizes))):
        response = client.get_object(settings.bucket, key)
        try:
            content = response.read()
        finally:
            response.close()
            response.release_conn()
        if photo_id(CameraId(key.split("/")[-2]), content) != _photo(key):
            damaged.append(key)
    return dict(Counter(map(_photo, sizes))), damaged


def _photo(key: str) -> str:
    return key.rpartition("-")[2].removesuffix(".jpg")


async def waiting(rig: Rig) -> dict[str, int]:
    """Messages that wait, by stream and by consumer."""
    async with MessageBus.connect(rig.nats("admin"), "chaos") as bus:
        found = {
            f"stream {stream.name}": (await bus.jetstream.stream_info(stream.name)).state.messages
            for stream in (PHOTOS, HELD, FACES)
        }
        for consumer in CONSUMERS:
            info = await bus.jetstream.consumer_info(consumer.stream, consumer.name)
            found[f"consumer {consumer.name}"] = (info.num_pending or 0) + (info.num_ack_pending or 0)
    return found


async def remove_answered(rig: Rig) -> list[str]:
    """Do what provision does at each start: remove what was answered before a kill of NATS, and lies there still. From which streams."""
    async with MessageBus.connect(rig.nats("admin"), "chaos") as bus:
        streams = NatsStreams(bus.jetstream)
        return [consumer.stream for consumer in CONSUMERS if await streams.remove_answered(consumer)]


async def left_in_streams(rig: Rig) -> list[str]:
    """Where the messages lie that wait, and what their consumers say of that, in words."""
    said = []
    async with MessageBus.connect(rig.nats("admin"), "chaos") as bus:
        for consumer in CONSUMERS:
            state = (await bus.jetstream.stream_info(consumer.stream)).state
            info = await bus.jetstream.consumer_info(consumer.stream, consumer.name)
            floor, given = (at.stream_seq if at else 0 for at in (info.ack_floor, info.delivered))
            said.append(
                f"{consumer.stream}: {state.messages} messages between {state.first_seq} and {state.last_seq}; "
                f"{consumer.name} was given all up to {given}, and has answered all up to {floor}; "
                f"{info.num_pending} wait for it, {info.num_ack_pending} are in work"
            )
    return said


async def letters(rig: Rig) -> list[Letter]:
    """All dead letters."""
    async with NatsDesk.connect(rig.operator().nats) as desk:
        found = [letter for number in await desk.numbers() if (letter := await desk.letter(number))]
    return [
        Letter(letter.stage, letter.reason, summary_of(letter).photo, on_purpose=letter.body == NONSENSE)
        for letter in found
    ]
