"""What became of a camera's uploads, and how it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from services.common.cameras import health
from services.common.cameras.opening_hours import OpeningHours

LOOKED_AT: Final = ("faces", "no_face", "face_too_small", "unreadable")
REFUSED: Final = (
    "outside_hours",
    "burst",
    "not_photo",
    "empty",
    "not_jpeg",
    "truncated",
    "too_large",
    "too_many_pixels",
    "disabled",
)
# What a camera's clock may be off before it is reported.
MAX_DRIFT_S: Final = health.DRIFT_S
OUTCOMES: Final = (*LOOKED_AT, *REFUSED)
# How far back a camera's photos are drawn in lists.
RECENT_HOURS: Final = 48
PAGE_SIZE: Final = 20


@dataclass(frozen=True, slots=True)
class CameraUploads:
    """What became of a camera's uploads, by outcome.

    Args:
        is_catch_all: it stands for those of a shared login whose camera was not recognised.
        drift_s: how fast its clock was at its last photo, slow when negative; None where the upload did not say.
    """

    camera: str
    disabled: bool
    by_outcome: dict[str, int]
    is_catch_all: bool = False
    drift_s: float | None = None

    @property
    def has_wrong_clock(self) -> bool:
        """Whether its last photo's stamp was more than two minutes off arrival."""
        return self.drift_s is not None and abs(self.drift_s) > MAX_DRIFT_S

    @property
    def total(self) -> int:
        """All uploads."""
        return sum(self.by_outcome.values())


class CameraState(StrEnum):
    """How a camera is; the worst first."""

    OFFLINE = "offline"
    ATTENTION = "attention"
    NEW = "new"
    WORKING = "working"
    DISABLED = "disabled"


class CameraTrouble(StrEnum):
    """What should be done something about."""

    NONE = "none"
    NO_PHOTOS = "no_photos"
    CLOCK = "clock"
    TOO_DARK = "too_dark"
    TOO_SMALL = "too_small"
    FEW_FACES = "few_faces"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Measure:
    """A share, and whether it is over its limit; None where too little is known to say one."""

    share: float | None
    limit: float

    @property
    def is_over(self) -> bool:
        """Whether something should be done."""
        return self.share is not None and self.share > self.limit


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, and how it is by its last days.

    Args:
        local_now: what time it is where it hangs.
        opening_hours: of its shop, as registered.
        holidays: of its shop.
        last_photo_at: when its last photo came, local; None where there never was one.
        silent_s: how long ago that was.
        drift_s: how fast its clock was then; None where the upload did not say.
        photos: of the last days, as are the numbers after it.
    """

    camera: str
    shop: str
    shop_name: str
    city_name: str
    time_zone: str
    local_now: datetime
    opening_hours: str
    holidays: tuple[date, ...]
    is_catch_all: bool
    state: CameraState
    trouble: CameraTrouble
    last_photo_at: datetime | None = None
    silent_s: float | None = None
    drift_s: float | None = None
    photos: int = 0
    photos_without_face: int = 0
    refused: int = 0
    faces: int = 0
    faces_too_small: int = 0
    faces_too_dark: int = 0
    faces_blurred: int = 0
    faces_turned_away: int = 0

    @property
    def no_face(self) -> Measure:
        """Photos in which no face was found."""
        return _measure(self.photos_without_face, self.photos, health.WITHOUT_FACE)

    @property
    def too_small(self) -> Measure:
        """Faces that are too small, of all that were seen."""
        return _measure(self.faces_too_small, self.faces + self.faces_too_small, health.TOO_SMALL)

    @property
    def too_dark(self) -> Measure:
        """Faces that are too dark."""
        return _measure(self.faces_too_dark, self.faces, health.TOO_DARK)

    @property
    def turned_down(self) -> Measure:
        """Uploads that were refused."""
        return _measure(self.refused, self.photos + self.refused, health.REFUSED)

    @property
    def has_wrong_clock(self) -> bool:
        """Whether its clock was off by more than it may be."""
        return self.drift_s is not None and abs(self.drift_s) > health.DRIFT_S

    @property
    def troubles(self) -> tuple[CameraTrouble, ...]:
        """All that something should be done about, the gravest first."""
        wrong = {
            CameraTrouble.NO_PHOTOS: self.state is CameraState.OFFLINE,
            CameraTrouble.CLOCK: self.has_wrong_clock,
            CameraTrouble.TOO_DARK: self.too_dark.is_over,
            CameraTrouble.TOO_SMALL: self.too_small.is_over,
            CameraTrouble.FEW_FACES: self.no_face.is_over,
            CameraTrouble.REFUSED: self.turned_down.is_over,
        }
        return tuple(trouble for trouble, is_so in wrong.items() if is_so)


def _measure(part: int, whole: int, limit: float) -> Measure:
    return Measure(part / whole if whole >= health.LEAST else None, limit)


@dataclass(frozen=True, slots=True)
class RecentHours:
    """Photos per hour of a camera's last hours, the oldest first.

    Args:
        photos: None where none came.
        closed: places of those hours without photos in which the shop was closed: they are no gaps.
    """

    photos: tuple[int | None, ...]
    closed: tuple[int, ...]

    @property
    def gap_hours(self) -> int:
        """Hours in which photos should have come, and none came."""
        return self.photos.count(None) - len(self.closed)


def recent_hours(
    local_now: datetime, uploads: Mapping[tuple[date, int], int], opening: OpeningHours, length: int = RECENT_HOURS
) -> RecentHours:
    """The last hours that have ended.

    Args:
        local_now: what time it is where the camera hangs, without a zone.
        uploads: photos by local day and hour.
        opening: of its shop.
        length: how many hours.
    """
    hour = local_now.replace(minute=0, second=0, microsecond=0)
    starts = [hour - timedelta(hours=ago) for ago in range(length, 0, -1)]
    photos = tuple(uploads.get((start.date(), start.hour)) or None for start in starts)
    closed = tuple(
        place
        for place, (start, number) in enumerate(zip(starts, photos, strict=True))
        if number is None and not opening.is_open(start + timedelta(minutes=30))
    )
    return RecentHours(photos, closed)


@dataclass(frozen=True, slots=True)
class CameraDay:
    """A day of a camera: photos that were looked at, and uploads that were refused.

    Args:
        photos: None where nothing came: a gap, or the shop was closed.
        was_closed: the shop was closed all day, and nothing came.
    """

    day: date
    photos: int | None
    refused: int = 0
    was_closed: bool = False


def every_day(first: date, last: date, came: Iterable[CameraDay], opening: OpeningHours) -> tuple[CameraDay, ...]:
    """All days from one to another, those of which nothing came included.

    Args:
        first: day.
        last: day, included; nothing where it is before the first.
        came: days of which anything came.
        opening: of the camera's shop.
    """
    found = {day.day: day for day in came}
    days = (first + timedelta(days=number) for number in range(max(0, (last - first).days + 1)))
    return tuple(found.get(day) or CameraDay(day, None, was_closed=_is_closed(day, opening)) for day in days)


def _is_closed(day: date, opening: OpeningHours) -> bool:
    return day in opening.holidays or (opening.week is not None and not opening.week[day.weekday()])
