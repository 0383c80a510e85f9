"""What goes wrong in the made-up year: cameras that are off, a region without network, shops that open later."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.year.estate import CAMERAS_EACH, Shop

FAULTY_REGION: Final = "southern-europe"
_FAULT_DAYS_AGO: Final = (38, 40)


@dataclass(frozen=True, slots=True)
class Troubles:
    """Who is counted when.

    Args:
        open_from: index of the day from which each shop is there, (shops,).
        seen: whether each camera works, (shops, cameras, days).
        fault: days of the network fault in FAULTY_REGION, none of them counted.
        disabled: cameras that were switched off by an admin, (shops, cameras); nothing is due of them.
        profiles: of each camera: shares of photos without a face, of faces too small, too dark, blurred, turned away,
            and the clock's error in seconds, (shops, cameras, 6).
    """

    open_from: npt.NDArray[np.int64]
    seen: npt.NDArray[np.bool_]
    fault: tuple[int, ...]
    disabled: npt.NDArray[np.bool_]
    profiles: npt.NDArray[np.float64]


def make_troubles(shops: Sequence[Shop], days: int, seed: int) -> Troubles:
    """A year's troubles; the same seed makes the same ones."""
    random = np.random.default_rng([seed, 5])
    count = len(shops)
    open_from = np.where(
        random.random(count) < 0.04, random.integers(days // 3, max(days // 3 + 1, days - 20), count), 0
    )
    seen = np.ones((count, CAMERAS_EACH, days), dtype=bool)
    for shop, camera in zip(*np.nonzero(random.random((count, CAMERAS_EACH)) < 0.06), strict=True):
        first = int(random.integers(0, days))
        seen[shop, camera, first : first + int(random.integers(7, 50))] = False
    for shop in np.flatnonzero(random.random(count) < 0.02):  # all of a shop's cameras
        first = int(random.integers(0, days))
        seen[shop, :, first : first + int(random.integers(2, 9))] = False
    for shop, camera in zip(*np.nonzero(random.random((count, CAMERAS_EACH)) < 0.008), strict=True):  # off until today
        seen[shop, camera, days - int(random.integers(2, 30)) :] = False
    fault = tuple(day for day in range(days - _FAULT_DAYS_AGO[1], days - _FAULT_DAYS_AGO[0]) if day >= 0)
    seen[np.ix_([shop.city.region == FAULTY_REGION for shop in shops], range(CAMERAS_EACH), fault)] = False
    profiles = np.stack(
        [
            random.beta(3, 45, (count, CAMERAS_EACH)),
            random.beta(2, 55, (count, CAMERAS_EACH)),
            random.beta(1, 70, (count, CAMERAS_EACH)),
            random.beta(1.5, 70, (count, CAMERAS_EACH)),
            random.beta(2, 45, (count, CAMERAS_EACH)),
            random.normal(0, 9, (count, CAMERAS_EACH)),
        ],
        axis=2,
    )
    for column, share, low, high in (
        (0, 0.01, 0.8, 0.97),
        (1, 0.012, 0.35, 0.7),
        (2, 0.012, 0.3, 0.6),
        (5, 0.01, 150, 7300),
    ):
        hit = random.random((count, CAMERAS_EACH)) < share
        profiles[..., column] = np.where(hit, random.uniform(low, high, (count, CAMERAS_EACH)), profiles[..., column])
    return Troubles(open_from, seen, fault, random.random((count, CAMERAS_EACH)) < 0.004, profiles)
