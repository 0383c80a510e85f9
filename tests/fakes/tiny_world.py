"""A tiny world: five shops in three cities, with two months of visitors, the same every time."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from services.report.domain.counts import CUBE_SHAPE, Cube
from services.report.domain.places import Level, Place

NOW: Final = datetime.fromisoformat("2026-11-24T12:30:00+00:00")
DAYS: Final = 60
OPEN: Final = range(9, 19)
WORLD: Final = Place(Level.WORLD, "", "World")
EUROPE: Final = Place(Level.REGION, "europe", "Europe")
ASIA: Final = Place(Level.REGION, "asia", "Asia")
BERLIN: Final = Place(Level.CITY, "berlin", "Berlin")
PARIS: Final = Place(Level.CITY, "paris", "Paris")
TOKYO: Final = Place(Level.CITY, "tokyo", "Tokyo")


@dataclass(frozen=True, slots=True)
class TinyShop:
    """A shop of the tiny world, with one camera.

    Args:
        path: region, city, shop.
        crowd: how many come.
        position: "@latitude,longitude".
    """

    path: tuple[Place, Place, Place]
    time_zone: str
    crowd: float
    position: str = ""

    @property
    def slug(self) -> str:
        """Short name."""
        return self.path[-1].slug


def _shop(region: Place, city: Place, slug: str, name: str, zone: str, crowd: float, position: str = "") -> TinyShop:
    return TinyShop((region, city, Place(Level.SHOP, slug, name)), zone, crowd, position)


SHOPS: Final = (
    _shop(EUROPE, BERLIN, "berlin-mitte", "Mitte", "Europe/Berlin", 40, "@52.52,13.405"),
    _shop(EUROPE, BERLIN, "berlin-ost", "Ostkreuz", "Europe/Berlin", 30),
    _shop(EUROPE, BERLIN, "berlin-west", "Westend", "Europe/Berlin", 20),
    _shop(EUROPE, PARIS, "paris-louvre", "Louvre", "Europe/Paris", 0.01),
    _shop(ASIA, TOKYO, "tokyo-ginza", "Ginza", "Asia/Tokyo", 50, "@35.67,139.76"),
)


@dataclass(frozen=True, slots=True)
class Hour:
    """What is known of one hour of a shop."""

    cells: Cube
    open_hours: int = 1
    cameras_due: int = 1
    cameras_seen: int = 1


@dataclass
class TinyWorld:
    """Every hour of every shop, by shop, day and hour; change it before anybody reads it.

    Mitte has no photos in the seventh to the fifth day back, Westend on three of four days, Louvre hardly anybody.

    Args:
        now: when it is; the world ends in the hour before.
    """

    now: datetime = NOW
    hours: dict[tuple[str, date, int], Hour] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hours = dict(_hours(self.now))

    def today(self, shop: TinyShop) -> date:
        """The date in a shop."""
        return self.now.astimezone(ZoneInfo(shop.time_zone)).date()


def _is_blind(shop: TinyShop, days_ago: int) -> bool:
    return (shop.slug == "berlin-mitte" and 5 <= days_ago <= 7) or (shop.slug == "berlin-west" and days_ago % 4 != 0)


@cache
def _hours(now: datetime) -> dict[tuple[str, date, int], Hour]:
    chance = np.random.default_rng(7)
    weights = chance.dirichlet(np.full(np.prod(CUBE_SHAPE), 2.0))
    hours = {}
    for shop in SHOPS:
        local = now.astimezone(ZoneInfo(shop.time_zone))
        for days_ago in range(DAYS):
            day = local.date() - timedelta(days=days_ago)
            for hour in OPEN:
                if day == local.date() and hour >= local.hour:
                    continue
                if _is_blind(shop, days_ago):
                    hours[shop.slug, day, hour] = Hour(np.zeros(CUBE_SHAPE, dtype=np.int64), cameras_seen=0)
                    continue
                crowd = shop.crowd * (1 + 0.5 * (hour == 17)) * (1.3 if day.weekday() == 5 else 1)
                cells = chance.poisson(crowd * weights).reshape(CUBE_SHAPE).astype(np.int64)
                hours[shop.slug, day, hour] = Hour(cells)
    return hours
