"""What a batch of rows adds to the tallies. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

from services.common.visitors import CELLS
from services.common.vocabulary import QualityReason
from services.record.domain.results import PhotoRow, Row

# Uploads that are refused because we do not want them; the camera does what it should.
_NO_FAULT: Final = frozenset({"outside_hours", "burst", "not_photo", "disabled"})


class Place(NamedTuple):
    """Where and when a row belongs, in the database's terms and the shop's own time."""

    shop_id: int
    shop_scope_id: int
    camera_id: int
    local_day: date
    local_hour: int


class HourKey(NamedTuple):
    """An hour of a shop; sorts as the database sorts it."""

    local_day: date
    local_hour: int
    shop_id: int


class VisitorKey(NamedTuple):
    """Key of an hourly tally of visitors."""

    scope_id: int
    local_day: date
    local_hour: int


class UploadKey(NamedTuple):
    """Key of an hourly tally of uploads."""

    camera_id: int
    local_day: date
    local_hour: int
    outcome: str


class CameraDayKey(NamedTuple):
    """A day of a camera."""

    camera_id: int
    local_day: date


@dataclass(slots=True)
class CameraDay:
    """What a camera's photos of a day are worth; the fields are the table's columns.

    Args:
        refused: uploads with a fault; what comes from a closed shop, for instance, has none.
        faces: large enough to be looked at.
    """

    photos: int = 0
    photos_without_face: int = 0
    refused: int = 0
    faces: int = 0
    faces_too_small: int = 0
    faces_too_dark: int = 0
    faces_blurred: int = 0
    faces_turned_away: int = 0
    faces_counted: int = 0

    def add(self, row: Row) -> None:
        """Count one upload."""
        if not isinstance(row, PhotoRow):
            self.refused += row.outcome not in _NO_FAULT
            return
        self.photos += 1
        self.photos_without_face += row.outcome == "no_face"
        self.faces += len(row.faces)
        self.faces_too_small += row.too_small_count
        for face in row.faces:
            self.faces_too_dark += face.quality_reason is QualityReason.TOO_DARK
            self.faces_blurred += face.quality_reason is QualityReason.BLURRED
            self.faces_turned_away += face.quality_reason is QualityReason.TURNED_AWAY
            self.faces_counted += face.counted


@dataclass(frozen=True, slots=True)
class Tallies:
    """What to add, by the keys of the tallies.

    Args:
        visitors: for each hour with visitors, a number for each of `CELLS` groups.
        hours: of shops, those in which something was looked at: all that is added up from them is out of date.
    """

    visitors: dict[VisitorKey, list[int]] = field(default_factory=dict)
    uploads: dict[UploadKey, int] = field(default_factory=dict)
    camera_days: dict[CameraDayKey, CameraDay] = field(default_factory=dict)
    hours: set[HourKey] = field(default_factory=set)


class Clock(NamedTuple):
    """What a photo says of its camera's clock.

    Args:
        drift_s: positive where the clock is fast; None where the upload does not say.
    """

    received_at: datetime
    time_source: str
    drift_s: float | None


def tally(rows: Mapping[Row, Place], excluded: Collection[str] = ()) -> Tallies:
    """Visitors and uploads to add.

    Args:
        rows: what is new, and where it belongs.
        excluded: versions of the classifier whose estimates count nowhere; their photos are uploads all the same.
    """
    tallies = Tallies()
    for row, place in rows.items():
        day, hour = place.local_day, place.local_hour
        upload = UploadKey(place.camera_id, day, hour, row.outcome)
        tallies.uploads[upload] = tallies.uploads.get(upload, 0) + 1
        tallies.camera_days.setdefault(CameraDayKey(place.camera_id, day), CameraDay()).add(row)
        if not isinstance(row, PhotoRow):
            continue
        tallies.hours.add(HourKey(day, hour, place.shop_id))
        if row.classifier_version in excluded:
            continue
        for face in row.visitors:
            cells = tallies.visitors.setdefault(VisitorKey(place.shop_scope_id, day, hour), [0] * CELLS)
            cells[face.group.cell] += 1
    return tallies


def clocks(rows: Mapping[Row, Place]) -> dict[int, Clock]:
    """Of each camera, by its key, what its last photo says of its clock."""
    found: dict[int, Clock] = {}
    for row, place in rows.items():
        if not isinstance(row, PhotoRow):
            continue
        last = found.get(place.camera_id)
        if last is None or last.received_at < row.received_at:
            drift_s = (row.stamped_at - row.received_at).total_seconds() if row.stamped_at else None
            found[place.camera_id] = Clock(row.received_at, row.time_source, drift_s)
    return found
