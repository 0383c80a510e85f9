"""What the made-up cameras send: uploads by outcome, and what a day's photos are worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench.year.binary_copy import day_number
from bench.year.in_order import Columns

Integers = npt.NDArray[np.int64]
CAMERA_DAY_COLUMNS: Final = [
    "camera_id", "local_day", "photos", "photos_without_face", "refused", "faces", "faces_too_small", "faces_too_dark",
    "faces_blurred", "faces_turned_away", "faces_counted",
]  # fmt: skip
_KEPT: Final = ("faces", "no_face", "face_too_small", "unreadable")
_REFUSED: Final = ("burst", "outside_hours", "truncated")
OUTCOMES: Final = (*_KEPT, *_REFUSED)
_FACES_A_PHOTO: Final = 1.4


@dataclass(frozen=True, slots=True)
class CameraHours:
    """A shop's cameras in some hours.

    Args:
        ids: of the cameras.
        day: index within the month, of each hour.
        hour: 0 to 23.
        works: whether each camera sent something, (hours, cameras).
        weights: how much of the visitors each camera sees, summing to 1.
        visitors: of each hour.
        profiles: see `Troubles`, (cameras, 6).
    """

    ids: npt.NDArray[np.int64]
    day: Integers
    hour: Integers
    works: npt.NDArray[np.bool_]
    weights: npt.NDArray[np.float64]
    visitors: Integers
    profiles: npt.NDArray[np.float64]


def draw_uploads(cameras: CameraHours, random: np.random.Generator) -> dict[str, Integers]:
    """Uploads of each hour and camera by outcome, (hours, cameras)."""
    seeing = cameras.works * cameras.weights
    seeing /= np.maximum(seeing.sum(axis=1, keepdims=True), 1e-9)
    with_faces = cameras.visitors[:, None] * seeing / _FACES_A_PHOTO
    empty, small = cameras.profiles[:, 0], cameras.profiles[:, 1]
    rates: dict[str, Any] = {
        "faces": with_faces,
        "no_face": (with_faces + 1) * empty / (1 - empty),
        "face_too_small": with_faces * small,
        "unreadable": 0.002,
        "burst": 0.02 * with_faces,
        "outside_hours": 0.004,
        "truncated": 0.003,
    }
    return {
        outcome: random.poisson(np.where(cameras.works, rate, 0)).astype(np.int64) for outcome, rate in rates.items()
    }


def uploads(
    cameras: CameraHours, by_outcome: dict[str, Integers], dates: Sequence[date], wanted: npt.NDArray[np.bool_]
) -> Columns:
    """Rows of tally_upload of the wanted hours; outcomes are indices into OUTCOMES."""
    numbers = np.array([day_number(day) for day in dates], np.int32)
    counts = np.stack([by_outcome[outcome] for outcome in OUTCOMES]) * wanted[None, :, None]
    outcome, at, camera = np.nonzero(counts)
    return {
        "camera": cameras.ids[camera].astype(np.int32),
        "day": numbers[cameras.day[at]],
        "hour": cameras.hour[at].astype(np.int16),
        "outcome": outcome.astype(np.int8),
        "uploads": counts[outcome, at, camera].astype(np.int32),
    }


def camera_days(
    cameras: CameraHours, by_outcome: dict[str, Integers], dates: Sequence[date], random: np.random.Generator
) -> Columns:
    """Rows of tally_camera_day: the faces that count add up to the shop's visitors."""
    shape = (len(dates), len(cameras.ids))

    def by_day(hours: Integers) -> Integers:
        total = np.zeros(shape, np.int64)
        np.add.at(total, cameras.day, hours)
        return total

    photos = by_day(sum(by_outcome[outcome] for outcome in _KEPT))  # type: ignore[arg-type]
    seeing = by_day((cameras.works * (cameras.visitors[:, None] * cameras.weights + 1e-6) * 1_000_000).astype(np.int64))
    visitors = np.zeros(len(dates), np.int64)
    np.add.at(visitors, cameras.day, cameras.visitors)
    total = seeing.sum(axis=1, keepdims=True)
    counted = random.multinomial(visitors, np.where(total > 0, seeing / np.maximum(total, 1), 1 / shape[1]))
    lost = {
        name: random.poisson(counted * share / (1 - share))
        for name, share in zip(("small", "dark", "blurred", "turned"), cameras.profiles[:, 1:5].T, strict=True)
    }
    photos = np.maximum(photos, counted > 0)
    day, camera = np.nonzero(photos)
    numbers = np.array([day_number(date) for date in dates], np.int32)
    values = [
        photos,
        by_day(by_outcome["no_face"]),
        by_day(sum(by_outcome[outcome] for outcome in _REFUSED)),  # type: ignore[arg-type]
        counted + sum(lost.values()),
        *lost.values(),
        counted,
    ]
    columns: Columns = {"camera": cameras.ids[camera].astype(np.int32), "day": numbers[day]}
    return columns | {str(number): value[day, camera].astype(np.int32) for number, value in enumerate(values)}
