"""Tallies of a place and a period, and what can be said of them. Pure; numbers only, words are the pages' business."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.common.vocabulary import NEGATIVE_MOODS, POSITIVE_MOODS, AgeBand, Gender, Mood

MAX_PERIOD_DAYS: Final = 400


class Level(StrEnum):
    """How much of the world a place is."""

    WORLD = "world"
    REGION = "region"
    CITY = "city"
    SHOP = "shop"


INSIDE: Final = {Level.WORLD: Level.REGION, Level.REGION: Level.CITY, Level.CITY: Level.SHOP}


class Preset(StrEnum):
    """A period that ends today."""

    TODAY = "today"
    WEEK = "7d"
    FOUR_WEEKS = "28d"
    QUARTER = "13w"


PRESET_DAYS: Final = {Preset.TODAY: 1, Preset.WEEK: 7, Preset.FOUR_WEEKS: 28, Preset.QUARTER: 91}


@dataclass(frozen=True, slots=True)
class Place:
    """The world, a region, a city or a shop; `slug` is empty for the world."""

    level: Level
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A place with all that it lies in, from the world down to itself.

    Args:
        path: the last one is the place.
        today: the latest date in any of its shops.
        time_zones: of its shops.
    """

    path: tuple[Place, ...]
    today: date
    time_zones: tuple[str, ...]

    @property
    def place(self) -> Place:
        """The place itself."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included, each shop's own."""

    first: date
    last: date
    preset: Preset | None = None

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


class PeriodError(ValueError):
    """A period that makes no sense."""


def preset_period(preset: Preset, today: date) -> Period:
    """A period that ends today."""
    return Period(today - timedelta(days=PRESET_DAYS[preset] - 1), today, preset)


def custom_period(first: date, last: date) -> Period:
    """A period from one day to another.

    Raises:
        PeriodError: it ends before it begins, or is too long.
    """
    period = Period(first, last)
    if period.days < 1:
        raise PeriodError("the period ends before it begins")
    if period.days > MAX_PERIOD_DAYS:
        raise PeriodError(f"the period is longer than {MAX_PERIOD_DAYS} days")
    return period


@dataclass(frozen=True, slots=True)
class Cell:
    """Visitors of one hour of the day, gender and age band, by mood."""

    hour: int
    gender: Gender
    age_band: AgeBand
    moods: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Visitors:
    """How many, of which gender, age and mood, at what hour."""

    total: int
    by_hour: tuple[int, ...]
    by_gender: dict[Gender, int]
    by_age: dict[AgeBand, int]
    by_gender_and_age: dict[Gender, dict[AgeBand, int]]
    by_mood: dict[Mood, int]

    @property
    def mood_index(self) -> float | None:
        """Percent of positive moods minus percent of negative ones, -100 to 100; None without visitors."""
        return mood_index(self.by_mood)

    @property
    def women_share(self) -> float | None:
        """Women among those whose gender is known, 0 to 1; None when it is of nobody."""
        known = self.by_gender[Gender.FEMALE] + self.by_gender[Gender.MALE]
        return self.by_gender[Gender.FEMALE] / known if known else None

    @property
    def median_age_band(self) -> AgeBand | None:
        """The band in which the middle one of all visitors is; None without visitors."""
        seen = 0
        for band in AgeBand:
            seen += self.by_age[band]
            if self.total and 2 * seen >= self.total:
                return band
        return None


def mood_index(by_mood: dict[Mood, int]) -> float | None:
    """Percent of positive moods minus percent of negative ones, of all visitors, unknown moods included."""
    total = sum(by_mood.values())
    if not total:
        return None
    positive = sum(by_mood[mood] for mood in POSITIVE_MOODS)
    negative = sum(by_mood[mood] for mood in NEGATIVE_MOODS)
    return 100 * (positive - negative) / total


def visitors(cells: Iterable[Cell]) -> Visitors:
    """Add the cells up, in every direction that is shown."""
    by_hour = [0] * 24
    grid = {gender: dict.fromkeys(AgeBand, 0) for gender in Gender}
    by_mood = dict.fromkeys(Mood, 0)
    for cell in cells:
        count = sum(cell.moods)
        by_hour[cell.hour] += count
        grid[cell.gender][cell.age_band] += count
        for mood, number in zip(Mood, cell.moods, strict=True):
            by_mood[mood] += number
    return Visitors(
        total=sum(by_hour),
        by_hour=tuple(by_hour),
        by_gender={gender: sum(grid[gender].values()) for gender in Gender},
        by_age={band: sum(grid[gender][band] for gender in Gender) for band in AgeBand},
        by_gender_and_age=grid,
        by_mood=by_mood,
    )


@dataclass(frozen=True, slots=True)
class Child:
    """A place inside the one that is shown, and its visitors."""

    place: Place
    visitors: int
    women: int
    men: int
    by_mood: dict[Mood, int]

    @property
    def mood_index(self) -> float | None:
        """As of all visitors."""
        return mood_index(self.by_mood)

    @property
    def women_share(self) -> float | None:
        """As of all visitors."""
        return self.women / (self.women + self.men) if self.women + self.men else None


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


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything that a report says."""

    setting: Setting
    period: Period
    visitors: Visitors
    uploads: dict[str, int]
    children: tuple[Child, ...] = ()
    cameras: tuple[CameraUploads, ...] = ()
    latest: tuple[date, int] | None = field(default=None)

    @property
    def photos(self) -> int:
        """Photos that were looked at."""
        return sum(self.uploads.get(outcome, 0) for outcome in LOOKED_AT)

    @property
    def faces_share(self) -> float | None:
        """Photos with a face that counts, among those looked at, 0 to 1; None without photos."""
        return self.uploads.get("faces", 0) / self.photos if self.photos else None


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
MAX_DRIFT_S: Final = 120.0
OUTCOMES: Final = (*LOOKED_AT, *REFUSED)


def ranked(children: Sequence[Child]) -> tuple[Child, ...]:
    """The busiest first; the rest by name."""
    return tuple(sorted(children, key=lambda child: (-child.visitors, child.place.name)))
