"""Places on Earth: `@latitude,longitude` in degrees, and how far they are from each other. Pure."""

import math
import re
from typing import Final

_EARTH_RADIUS_M: Final = 6_371_000.0
_POSITION: Final = re.compile(r"@\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)")


def is_position(identifier: str) -> bool:
    """Whether an identifier is meant as a position."""
    return identifier.startswith("@")


def read_position(identifier: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees; None where it is none."""
    match = _POSITION.fullmatch(identifier.strip())
    if match is None:
        return None
    latitude, longitude = float(match[1]), float(match[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two positions, along the ground (haversine)."""
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(math.radians, position)) for position in (a, b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))
