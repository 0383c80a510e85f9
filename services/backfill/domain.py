"""Photos whose faces are estimated again, and what that changes in tallies. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.common.visitors import CELLS, Group, Thresholds, group
from services.common.vocabulary import Quality


class BackfillError(Exception):
    """What was asked for cannot be. The message is a clause."""


@dataclass(frozen=True, slots=True)
class Period:
    """Which photos.

    Args:
        since: first day, in each shop's own time.
        until: last day.
        shops: slugs, in order; empty: all.
    """

    since: date
    until: date
    shops: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where a job stands: a photo. Photos are taken in this order, so that those of an hour of a shop come together."""

    camera_id: int
    captured_at: datetime
    photo_id: UUID


@dataclass(frozen=True, slots=True)
class Job:
    """A period that is estimated again.

    Args:
        release: as it was asked for.
        version: of the models.
        place: the last photo that is done.
        done: photos that are of this version now.
        skipped: photos that are not in the store any more, or cannot be decoded.
        is_done: the end was reached.
    """

    id: int
    release: str
    version: str
    period: Period
    place: Place
    done: int
    skipped: int
    is_done: bool
    started_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Box:
    """Around a face, pixels of the upright photo in full size."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    score: float


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo that was recorded.

    Args:
        object_key: of the photo in the store.
        boxes: of its faces, in the order of their numbers.
    """

    place: Place
    object_key: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What models say of a face.

    Args:
        age_low_years: younger end of an interval that holds the true age in nine of ten faces; None where the models know none.
        age_high_years: its older end.
        emotion_probabilities: in the order of `services.common.visitors.EMOTIONS`.
    """

    age_years: float
    age_low_years: float | None
    age_high_years: float | None
    female_probability: float
    emotion_probabilities: tuple[float, ...]

    def group(self, quality: Quality, thresholds: Thresholds) -> Group:
        """The group in which tallies count the face."""
        return group(self.age_years, self.female_probability, self.emotion_probabilities, quality, thresholds)

    @property
    def is_finite(self) -> bool:
        """Whether all of it is numbers."""
        ends = (end for end in (self.age_low_years, self.age_high_years) if end is not None)
        return all(map(math.isfinite, (self.age_years, *ends, self.female_probability, *self.emotion_probabilities)))


Estimates = dict[UUID, tuple[Estimate, ...]]


class Hour(NamedTuple):
    """An hour of a shop; sorts as the database sorts it."""

    local_day: date
    local_hour: int
    shop_id: int


class Change(NamedTuple):
    """A visitor who is counted otherwise than before.

    Args:
        before: the group that loses them; None: they counted nowhere.
        after: the group that wins them; None: they count nowhere.
    """

    hour: Hour
    before: Group | None
    after: Group | None
    visitors: int = 1


def differences(changes: Iterable[Change]) -> dict[Hour, list[int]]:
    """What to add to hours: a number for each of CELLS groups. Hours that stay as they are, are not among them."""
    hours: dict[Hour, list[int]] = {}
    for change in changes:
        cells = hours.setdefault(change.hour, [0] * CELLS)
        if change.before is not None:
            cells[change.before.cell] -= change.visitors
        if change.after is not None:
            cells[change.after.cell] += change.visitors
    return {hour: cells for hour, cells in sorted(hours.items()) if any(cells)}


@dataclass(frozen=True, slots=True)
class Version:
    """A version of models, of which there are photos or which is excluded.

    Args:
        photos: whose faces it has estimated.
        left_out: those of them that count nowhere.
        first_day: of its photos; None where there are none.
        last_day: of its photos.
        excluded_at: UTC; None where it is not excluded.
    """

    name: str
    photos: int
    left_out: int
    first_day: date | None
    last_day: date | None
    excluded_at: datetime | None
    excluded_by: str | None
    reason: str | None


def period_of(since: date, until: date, shops: Iterable[str] | None) -> Period:
    """A period; the same shops in another order are the same period.

    Raises:
        BackfillError: it ends before it begins.
    """
    if until < since:
        raise BackfillError(f"{until} is before {since}")
    return Period(since, until, tuple(sorted(set(shops or ()))))
