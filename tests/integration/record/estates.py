"""A random estate in three time zones, random photos of it, and what its tallies must be, counted one by one."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from services.common.cameras.opening_hours import parse_opening_hours
from services.common.visitors import CELLS
from services.common.vocabulary import AgeBand, Gender, Mood, Quality, QualityReason
from services.record.domain.results import FaceRow, PhotoRow, RejectionRow, Row
from tests.servers.postgres import Database

# Berlin's clocks go forward in the night to the 29th.
BEGIN = datetime(2026, 3, 27, 6, 20, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/Denver")
HOURS = ("", "Mo-Sa 08:30-20:00; Su off", "Mo-Su 22:00-04:00", "Mo-Fr 09:45-18:15")
HOLIDAY = date(2026, 3, 30)
# open_hours, cameras_due, cameras_seen, cells
Sums = list[int]


@dataclass(frozen=True)
class Shop:
    """One shop; the last of its cameras is a shared login's, which is none."""

    number: int
    time_zone: str
    opening_hours: str
    cameras: tuple[str, ...]

    @property
    def slug(self) -> str:
        """Its name in messages."""
        return f"shop-{self.number}"


async def make_estate(database: Database, chance: random.Random) -> list[Shop]:
    """Two regions, four cities, and eight shops with one or two cameras."""
    shops = []
    connection = await asyncpg.connect(database.dsn("owner"))
    try:
        await connection.execute("insert into region (slug, name) values ('r-1', 'R'), ('r-2', 'R')")
        await connection.execute("insert into login (slug, salt, secret_sha256) values ('login', '', '')")
        await connection.execute(
            "insert into city (region_id, slug, name) select 1 + n / 2, 'c-' || n, 'C' from generate_series(0, 3) n"
        )
        for number in range(8):
            shop_id = await connection.fetchval(
                "insert into shop (city_id, slug, name, time_zone, opening_hours, holidays) "
                "values ($1, $2, 'S', $3, $4, $5) returning shop_id",
                chance.randint(1, 4),
                f"shop-{number}",
                zone := chance.choice(ZONES),
                hours := chance.choice(HOURS),
                [HOLIDAY],
            )
            cameras = [f"cam-{number}-{i}" for i in range(chance.randint(1, 2))]
            for camera in (*cameras, f"cam-{number}-all"):
                await connection.execute(
                    "insert into camera (shop_id, login_id, slug, catch_all) values ($1, 1, $2, $3)",
                    shop_id,
                    camera,
                    camera.endswith("all"),
                )
            shops.append(Shop(number, zone, hours, (*cameras, f"cam-{number}-all")))
    finally:
        await connection.close()
    return shops


def random_row(chance: random.Random, number: int, shops: list[Shop], now: datetime) -> Row:
    """A photo or a refused upload, of the last hours mostly."""
    shop = chance.choice(shops)
    ago = timedelta(days=chance.randint(20, 40)) if chance.random() < 0.05 else timedelta(hours=chance.expovariate(0.3))
    at, camera = now - ago, chance.choice(shop.cameras)
    if chance.random() < 0.1:
        return RejectionRow(UUID(int=number), shop.slug, camera, at, chance.choice(["truncated", "burst"]))
    faces = tuple(random_face(chance) for _ in range(chance.randint(0, 3)))
    return PhotoRow(
        id=UUID(int=number), shop=shop.slug, camera=camera, happened_at=at, received_at=now, time_source="path",
        stamped_at=at, outcome="faces" if faces else "no_face", width_px=1920, height_px=1080, size_bytes=1,
        too_small_count=chance.randint(0, 1), object_key="k", detector_version="d", classifier_version="c", faces=faces,
    )  # fmt: skip


def random_face(chance: random.Random) -> FaceRow:
    """Four faces in five count."""
    counted = chance.random() < 0.8
    return FaceRow(
        left_px=0, top_px=0, width_px=220, height_px=220, score=1.0, eye_distance_px=80.0, age_years=30.0,
        age_low_years=None, age_high_years=None, female_probability=0.5, emotion_probabilities=(0.1,) * 7,
        gender=chance.choice(list(Gender)), age_band=chance.choice(list(AgeBand)), mood=chance.choice(list(Mood)),
        quality=Quality.GOOD if counted else Quality.REJECTED,
        quality_reason=QualityReason.NONE if counted else chance.choice(list(QualityReason)), counted=counted,
    )  # fmt: skip


def due_hours(shop: Shop, now: datetime) -> set[tuple[date, int]]:
    """The hours of a shop's clock that began with BEGIN's hour or later, have ended, and were half open: minute by minute."""
    zone, opening = ZoneInfo(shop.time_zone), parse_opening_hours(shop.opening_hours, [HOLIDAY])
    minutes: Counter[tuple[date, int]] = Counter()
    opened: Counter[tuple[date, int]] = Counter()
    at = BEGIN - timedelta(hours=2)
    while at < now:
        local = at.astimezone(zone)
        if at >= BEGIN - timedelta(minutes=BEGIN.astimezone(zone).minute):
            minutes[(local.date(), local.hour)] += 1
            opened[(local.date(), local.hour)] += opening.is_open(local)
        at += timedelta(minutes=1)
    return {hour for hour, count in minutes.items() if count == 60 and opened[hour] >= 30}


async def counted(database: Database, shops: list[Shop], now: datetime) -> dict[tuple[Any, ...], Sums]:
    """What every tally must be, from the photos and faces themselves: (table, scope, time) to sums, without empty ones."""
    connection = await asyncpg.connect(database.dsn("owner"))
    try:
        scopes = {row[0]: row[1:] for row in await connection.fetch("select s.slug, v.* from shop_scope v join shop s using (shop_id)")}  # fmt: skip
        faces = await connection.fetch(
            "select s.slug, f.local_day, f.local_hour, f.gender, f.age_band, f.mood "
            "from face f join shop s using (shop_id) join photo p using (photo_id, local_day) where counted and not excluded"
        )
        seen = await connection.fetch(
            "select distinct s.slug, p.local_day, p.local_hour, c.slug from photo p "
            "join camera c using (camera_id) join shop s using (shop_id) where not c.catch_all"
        )
    finally:
        await connection.close()
    by_slug = {shop.slug: shop for shop in shops}
    hours: defaultdict[tuple[str, date, int], Sums] = defaultdict(lambda: [0] * (3 + CELLS))
    for slug, day, hour, *group in faces:
        hours[(slug, day, hour)][3 + _number(*group)] += 1
    for shop in shops:
        for day, hour in due_hours(shop, now):
            hours[(shop.slug, day, hour)][:2] = [1, len(shop.cameras) - 1]
    for slug, day, hour, _ in seen:
        if (day, hour) in due_hours(by_slug[slug], now):
            hours[(slug, day, hour)][2] += 1
    sums: defaultdict[tuple[Any, ...], Sums] = defaultdict(lambda: [0] * (3 + CELLS))
    for (slug, day, hour), numbers in hours.items():
        for scope in scopes[slug][1:]:
            month = day.replace(day=1)
            for key in (
                ("hour", scope, day, hour),
                ("day", scope, day),
                ("month", scope, month),
                ("heat", scope, month, day.weekday(), hour),
            ):
                sums[key] = [a + b for a, b in zip(sums[key], numbers, strict=True)]
    return without_empty(sums)


def _number(gender: str, band: str, mood: str) -> int:
    return (list(Gender).index(Gender(gender)) * 8 + list(AgeBand).index(AgeBand(band))) * 8 + list(Mood).index(
        Mood(mood)
    )


async def tallied(database: Database) -> dict[tuple[Any, ...], Sums]:
    """The same from the tallies."""
    found: dict[tuple[Any, ...], Sums] = {}
    connection = await asyncpg.connect(database.dsn("owner"))
    try:
        for table, time in (
            ("hour", "local_day, local_hour"),
            ("day", "local_day"),
            ("month", "first_day"),
            ("heat", "first_day, weekday, local_hour"),
        ):
            for row in await connection.fetch(
                f"select cells, open_hours, cameras_due, cameras_seen, visitors, scope_id, {time} from tally_{table}"
            ):
                assert row["visitors"] == sum(row["cells"])
                found[(table, *row[5:])] = [*row[1:4], *row["cells"]]
    finally:
        await connection.close()
    return without_empty(found)


def without_empty(sums: Mapping[tuple[Any, ...], Sums]) -> dict[tuple[Any, ...], Sums]:
    """A row of zeros says the same as none."""
    return {key: numbers for key, numbers in sums.items() if any(numbers)}
