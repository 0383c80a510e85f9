"""The made-up estate: shops in real cities, with their opening hours and cameras. Deterministic by its seed."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from services.estate.domain import CameraLine

CAMERAS_EACH: Final = 10
REGION_NAMES: Final = {
    "northern-europe": "Northern Europe",
    "southern-europe": "Southern Europe",
    "north-america": "North America",
    "latin-america": "Latin America",
    "asia-pacific": "Asia and Pacific",
}
_CITIES: Final = Path(__file__).with_name("cities.csv")
# Opening hours that each kind of shop chooses from.
_HOURS: Final = {
    "street": (
        "Mo-Sa 09:00-20:00; Su off",
        "Mo-Sa 10:00-20:00; Su 12:00-18:00",
        "Mo-Fr 08:00-20:00; Sa 09:00-18:00; Su off",
        "Mo-Fr 09:30-19:00; Sa 09:30-17:00",
    ),
    "centre": ("Mo-Su 10:00-22:00", "Mo-Sa 10:00-21:00; Su 11:00-19:00", "Mo-Su 09:00-21:00"),
    "station": ("Mo-Su 06:00-23:00", "Mo-Su 05:30-24:00", "24/7"),
    "airport": ("24/7", "Mo-Su 04:30-23:30"),
    "evening": ("Mo-Th 11:00-23:00; Fr-Sa 11:00-02:00; Su 12:00-22:00", "Mo-Sa 12:00-24:00; Su 12:00-20:00"),
}
KINDS: Final = tuple(_HOURS)
_KIND_SHARES: Final = (0.44, 0.27, 0.15, 0.05, 0.09)
_NAMES: Final = {
    "street": (
        "Old Town",
        "Market Square",
        "High Street",
        "Cathedral",
        "Harbour",
        "University",
        "Town Hall",
        "Riverside",
    ),
    "centre": ("Shopping Centre", "Outlet", "Plaza", "Arcades", "Galleria"),
    "station": ("Central Station", "North Station", "South Station", "Metro"),
    "airport": ("Airport", "Airport Terminal 2"),
    "evening": ("Theatre", "Stadium", "Cinema", "Night Market"),
}


@dataclass(frozen=True, slots=True)
class City:
    """A real city.

    Args:
        position: latitude and longitude in degrees.
        millions: of people.
    """

    region: str
    slug: str
    name: str
    time_zone: str
    position: tuple[float, float]
    millions: float


@dataclass(frozen=True, slots=True)
class Shop:
    """A made-up shop.

    Args:
        kind: one of KINDS: it decides when people come.
        holidays: days on which it stays closed.
        position: latitude and longitude in degrees.
    """

    city: City
    slug: str
    name: str
    kind: str
    opening_hours: str
    holidays: tuple[date, ...]
    position: tuple[float, float]

    @property
    def cameras(self) -> list[str]:
        """Slugs of its cameras."""
        return [f"{self.slug}-cam-{number}" for number in range(1, CAMERAS_EACH + 1)]


def read_cities() -> list[City]:
    """The cities, by region."""
    with _CITIES.open(encoding="utf-8", newline="") as file:
        return [
            City(
                row["region"],
                row["city"],
                row["name"],
                row["time_zone"],
                (float(row["latitude"]), float(row["longitude"])),
                float(row["millions"]),
            )
            for row in csv.DictReader(file)
        ]


def make_shops(count: int, years: range, seed: int) -> list[Shop]:
    """Shops, more of them in larger cities; cities that get none are left out.

    Args:
        count: of shops.
        years: in which there are holidays.
        seed: the same one makes the same shops.
    """
    cities = read_cities()
    random = np.random.default_rng([seed, 1])
    shops: list[Shop] = []
    for city, share in zip(cities, _shares(np.array([city.millions**0.6 for city in cities]), count), strict=True):
        used: dict[str, int] = {}
        for number in range(1, share + 1):
            kind = KINDS[int(random.choice(len(KINDS), p=_KIND_SHARES))]
            name = str(random.choice(_NAMES[kind]))
            used[name] = used.get(name, 0) + 1
            again = f" {used[name]}" if used[name] > 1 else ""
            latitude, longitude = np.array(city.position) + random.normal(0, 0.03, 2)
            shops.append(
                Shop(
                    city,
                    f"{city.slug}-{number:02}",
                    f"{city.name} {name}{again}",
                    kind,
                    str(random.choice(_HOURS[kind])),
                    () if kind in ("airport", "station") else _holidays(city.region, years),
                    (round(float(latitude), 4), round(float(longitude), 4)),
                )
            )
    return shops


def estate_lines(shops: list[Shop]) -> list[CameraLine]:
    """The estate as a person would list it."""
    return [
        CameraLine(
            region=shop.city.region,
            region_name=REGION_NAMES[shop.city.region],
            city=shop.city.slug,
            city_name=shop.city.name,
            shop=shop.slug,
            shop_name=shop.name,
            time_zone=shop.city.time_zone,
            camera=camera,
            opening_hours=shop.opening_hours,
            holidays=shop.holidays,
            identifiers=(f"@{shop.position[0] + number / 1e5:.5f},{shop.position[1]:.5f}", f"SN{abs(hash_of(camera)):010}"),
        )
        for shop in shops
        for number, camera in enumerate(shop.cameras)
    ]  # fmt: skip


def hash_of(text: str) -> int:
    """A number of ten digits at most that is the same in every process."""
    return int.from_bytes(text.encode(), "big") % 9_999_999_967


def _shares(weights: np.ndarray, count: int) -> list[int]:
    """Whole numbers that add up to count, in proportion to weights (largest remainders)."""
    exact = weights / weights.sum() * count
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: count - int(whole.sum())]] += 1
    return [int(number) for number in whole]


def _holidays(region: str, years: range) -> tuple[date, ...]:
    if region == "asia-pacific":
        return tuple(date(year, 1, 1) for year in years)
    days = [(1, 1), (12, 25)] + ([(12, 26), (5, 1)] if region == "northern-europe" else [])
    if region == "north-america":
        days.append((7, 4))
    return tuple(sorted(date(year, month, day) for year in years for month, day in days))
