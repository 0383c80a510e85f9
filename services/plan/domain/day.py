"""When photos come: shops are open from 8 to 20 by their own clocks, and busier at noon and after work. Pure."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from services.plan.domain.estate import Region

Floats = npt.NDArray[np.float64]

DAY_S: Final = 86_400
OPEN_H: Final = 8
CLOSE_H: Final = 20
# Middle, width and weight of each rush, and what comes at any hour: `make seed-year` has the same for shops in streets.
RUSHES: Final[tuple[tuple[float, float, float], ...]] = ((12.5, 1.6, 0.8), (17.5, 1.8, 1.0))
ALWAYS: Final = 0.12
_STEP_S: Final = 60


def per_s(region: Region, photos_per_day: float, at_s: Floats) -> Floats:
    """Photos that a region's cameras take in a second.

    Args:
        photos_per_day: of the region.
        at_s: seconds since midnight UTC; a day is like the next.
    """
    clocks = [_rate(np.mod(at_s / 3_600 + offset_h, 24)) for offset_h in region.offsets_h]
    rates: Floats = photos_per_day * np.mean(clocks, axis=0)
    return rates


def day(region: Region, photos_per_day: float) -> Floats:
    """The same for every minute of a day, at its middle."""
    return per_s(region, photos_per_day, np.arange(_STEP_S / 2, DAY_S, _STEP_S))


def _rate(local_h: Floats) -> Floats:
    """The share of a day's photos that a second brings."""
    curve = ALWAYS + sum(weight * np.exp(-(((local_h - at) / width) ** 2) / 2) for at, width, weight in RUSHES)
    is_open = (local_h >= OPEN_H) & (local_h < CLOSE_H)
    rates: Floats = np.where(is_open, curve, 0) / (_OPEN_AREA_H * 3_600)
    return rates


def _area_h() -> float:
    """What lies under the curve while shops are open."""
    rushes = sum(
        weight * width * math.sqrt(math.pi / 2)
        * (math.erf((CLOSE_H - at) / width / math.sqrt(2)) - math.erf((OPEN_H - at) / width / math.sqrt(2)))
        for at, width, weight in RUSHES
    )  # fmt: skip
    return ALWAYS * (CLOSE_H - OPEN_H) + rushes


_OPEN_AREA_H: Final = _area_h()
