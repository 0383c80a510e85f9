"""When how many people come, and who they are: day, week and season curves. Pure, and deterministic by a seed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.year.estate import Shop
from services.common.cameras.opening_hours import parse_opening_hours

Floats = npt.NDArray[np.float64]
# Of these a few are lost to cameras that are off: 1.8 million are counted.
FACES_A_SHOP_YEAR: Final = 1_850_000.0
CELLS: Final = 192
_HOURS: Final = np.arange(24)
_MONDAY: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - any Monday; shops' own time
_GROWTH_A_YEAR: Final = 0.06
# Visitors by hour: middle, width and weight of each rush.
_RUSHES: Final = {
    "street": ((12.5, 1.6, 0.8), (17.5, 1.8, 1.0)),
    "centre": ((13.0, 2.2, 0.7), (17.0, 2.6, 1.0)),
    "station": ((8.0, 1.2, 1.0), (13.0, 2.5, 0.4), (17.8, 1.5, 1.1)),
    "airport": ((7.0, 2.5, 0.9), (13.0, 4.0, 0.7), (18.0, 3.0, 0.9)),
    "evening": ((13.0, 1.5, 0.4), (20.5, 2.3, 1.2)),
}
_WEEKS: Final = {
    "street": (0.85, 0.88, 0.92, 0.98, 1.15, 1.45, 0.75),
    "centre": (0.78, 0.80, 0.84, 0.92, 1.15, 1.60, 1.25),
    "station": (1.12, 1.08, 1.08, 1.10, 1.18, 0.82, 0.66),
    "airport": (1.02, 0.92, 0.94, 1.02, 1.14, 0.94, 1.06),
    "evening": (0.62, 0.68, 0.78, 0.95, 1.42, 1.60, 0.95),
}
# Age bands of visitors at noon, by region.
_AGES: Final = {
    "northern-europe": (0.05, 0.06, 0.12, 0.19, 0.17, 0.16, 0.13, 0.12),
    "southern-europe": (0.05, 0.06, 0.11, 0.17, 0.18, 0.18, 0.13, 0.12),
    "north-america": (0.06, 0.07, 0.14, 0.20, 0.18, 0.15, 0.11, 0.09),
    "latin-america": (0.08, 0.10, 0.18, 0.22, 0.17, 0.12, 0.08, 0.05),
    "asia-pacific": (0.06, 0.07, 0.15, 0.23, 0.19, 0.14, 0.09, 0.07),
}
_HAPPY: Final = {
    "northern-europe": 0.21, "southern-europe": 0.26, "north-america": 0.30, "latin-america": 0.33, "asia-pacific": 0.23
}  # fmt: skip


def opening(shop: Shop, days: Sequence[date]) -> Floats:
    """Shares of each hour that a shop is open, (days, 24), in quarters."""
    hours = parse_opening_hours(shop.opening_hours)
    week = np.array([
        [
            np.mean([hours.is_open(_MONDAY + timedelta(days=day, hours=hour, minutes=m)) for m in (0, 15, 30, 45)])
            for hour in range(24)
        ]
        for day in range(7)
    ])  # fmt: skip
    shares: Floats = week[[day.weekday() for day in days]].copy()
    shares[[day in shop.holidays for day in days]] = 0
    return shares


def season(region: str, southern: bool, days: Sequence[date]) -> Floats:
    """Visitors of each day against an ordinary one: the time of the year, sales and feasts."""
    ordinal = np.array([day.timetuple().tm_yday for day in days], dtype=np.float64)
    summer = np.cos((ordinal - (15 if southern else 196)) / 365 * 2 * np.pi)
    curve = 1 + 0.05 * summer
    december = np.array([max(0, day.day - 2) / 22 if day.month == 12 and day.day < 25 else 0 for day in days])
    curve += 0.55 * december * (0.5 if region == "asia-pacific" else 1)
    for position, day in enumerate(days):
        if day.month == 11 and day.weekday() == 4 and 23 <= day.day <= 29:  # Black Friday
            curve[position] *= 1.7 if region == "north-america" else 1.35
        if day.month == 1 and 2 <= day.day <= 15:  # sales
            curve[position] *= 1.12
        if day.month == 8 and region == "southern-europe":
            curve[position] *= 0.86
        if region == "asia-pacific" and (day.month, day.day) >= (4, 29) and (day.month, day.day) <= (5, 5):
            curve[position] *= 1.25
    return curve


def demand(shops: Sequence[Shop], days: Sequence[date], seed: int) -> npt.NDArray[np.float32]:
    """Visitors that are to be expected of each shop, day and hour, if every camera works: (shops, days, 24).

    They come to FACES_A_SHOP_YEAR.
    """
    expected = np.zeros((len(shops), len(days), 24), dtype=np.float32)
    weekdays = np.array([day.weekday() for day in days])
    since = np.arange(len(days)) / 365
    weather: dict[str, Floats] = {}
    for position, shop in enumerate(shops):
        random = np.random.default_rng([seed, 2, position])
        if shop.city.slug not in weather:
            weather[shop.city.slug] = np.exp(np.random.default_rng([seed, 3, len(weather)]).normal(0, 0.09, len(days)))
        rushes = _RUSHES[shop.kind]
        by_hour = 0.12 + sum(weight * np.exp(-(((_HOURS - at) / width) ** 2) / 2) for at, width, weight in rushes)
        late = 0.12 + sum(weight * np.exp(-(((_HOURS - at - 1) / width) ** 2) / 2) for at, width, weight in rushes)
        week = np.array(_WEEKS[shop.kind]) * np.exp(random.normal(0, 0.05, 7))
        size = np.exp(random.normal(0, 0.55))
        growth = 1 + (_GROWTH_A_YEAR + random.normal(0, 0.08)) * since
        by_day = (
            week[weekdays]
            * season(shop.city.region, shop.city.position[0] < -10, days)
            * weather[shop.city.slug]
            * growth
            * np.exp(random.normal(0, 0.05, len(days)))
        )
        curve = np.where((weekdays >= 5)[:, None], late, by_hour)
        expected[position] = size * by_day[:, None] * curve * opening(shop, days)
    total = FACES_A_SHOP_YEAR * len(shops) * len(days) / 365
    expected *= total / expected.sum(dtype=np.float64)
    return expected


def mixes(shop: Shop, position: int, month: int, seed: int) -> Floats:
    """Shares of the 192 cells by kind of day (weekday, weekend) and hour: (2, 24, 192), each summing to 1.

    Args:
        shop: whose visitors.
        position: of the shop in the estate.
        month: 1 to 12; people smile a little more in summer and in December.
        seed: the same one makes the same mixes.
    """
    random = np.random.default_rng([seed, 4, position])
    hour = _HOURS[None, :, None]
    weekend = np.array([0.0, 1.0])[:, None, None]
    school, evening = np.exp(-(((hour - 15.5) / 2) ** 2) / 2), np.exp(-(((hour - 21) / 3) ** 2) / 2)
    morning = np.exp(-(((hour - 9.5) / 2) ** 2) / 2)
    band = np.arange(8)[None, None, :]
    ages = np.array(_AGES[shop.city.region]) * np.exp(random.normal(0, 0.12, 8))
    tilt = (
        (band == 0) * (0.7 * weekend + 0.6 * school - 1.2 * evening)
        + (band == 1) * (0.9 * school * (1 - 0.4 * weekend) + 0.3 * weekend)
        + (band == 2) * (0.6 * evening)
        + (band == 3) * (0.4 * evening)
        + (band >= 6) * (0.5 * morning * (1 - weekend) - 0.8 * evening)
        + (band == 7) * (0.4 * morning - 0.3 * weekend)
    )
    by_age = ages * np.exp(tilt)
    by_age = by_age / by_age.sum(axis=2, keepdims=True)  # (2, 24, 8)
    women = np.clip(0.52 + random.normal(0, 0.05) + 0.04 * weekend - 0.05 * evening + 0.01 * (band >= 6), 0.2, 0.8)
    unknown = np.array([0.30, 0.11, 0.04, 0.03, 0.03, 0.035, 0.04, 0.06])
    genders = np.stack(
        [women * (1 - unknown), (1 - women) * (1 - unknown), unknown + 0 * women], axis=2
    )  # (2, 24, 3, 8)
    happy = _HAPPY[shop.city.region] + random.normal(0, 0.03) + 0.02 * np.cos((month - 7) / 6 * np.pi)
    happy += 0.03 * (month == 12)
    smile = np.clip(happy + 0.05 * weekend + 0.03 * evening - 0.03 * morning, 0.05, 0.6)
    smile = np.clip(smile + np.array([0.10, 0.05, 0.04, 0.01, -0.01, -0.02, -0.02, 0.0]), 0.03, 0.7)  # (2, 24, 8)
    rest = np.array([0.62, 0.0, 0.05, 0.085, 0.06, 0.012, 0.015, 0.075]) * np.exp(random.normal(0, 0.1, 8))
    moods = (1 - smile)[..., None] * (rest / rest.sum())
    moods[..., 1] = smile
    cells = (by_age[:, :, None, :] * genders)[..., None] * moods[:, :, None, :, :]  # (2, 24, 3, 8, 8)
    # Women smile more.
    cells[:, :, 0, :, 1] *= 1.12
    cells[:, :, 1, :, 1] *= 0.9
    flat: Floats = cells.reshape(2, 24, CELLS)
    flat /= flat.sum(axis=2, keepdims=True)
    return flat
