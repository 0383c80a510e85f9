"""How the cameras are that somebody may see, and one of them in full."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from services.common.cameras.opening_hours import OpeningHours, OpeningHoursError, parse_opening_hours
from services.report.domain.cameras import (
    PAGE_SIZE,
    RECENT_HOURS,
    Camera,
    CameraDay,
    CameraState,
    RecentHours,
    every_day,
    recent_hours,
)
from services.report.domain.periods import Period, Preset, custom_period, preset_period
from services.report.domain.places import Level, Setting, Site
from services.report.handler.tallies import UnknownPlaceError


class UnknownCameraError(Exception):
    """There is no such camera, or the viewer may not see it: nobody is told which."""


@dataclass(frozen=True, slots=True)
class CamerasAsked:
    """Which cameras somebody wants to see.

    Args:
        level: None: wherever the viewer begins.
        slug: of the place.
        state: None: any.
        text: part of a camera's, its shop's or its city's name; empty: any.
        page: from 1 on.
    """

    level: Level | None = None
    slug: str = ""
    state: CameraState | None = None
    text: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class CameraList:
    """A page of cameras, the worst first.

    Args:
        setting: whose cameras; None for somebody who may see nothing.
        inside: places one level further in.
        by_state: cameras of the place.
        total: cameras on all pages.
        recent: photos of the last hours, of each of them.
    """

    asked: CamerasAsked
    setting: Setting | None
    by_state: Mapping[CameraState, int]
    total: int
    cameras: tuple[Camera, ...]
    recent: tuple[RecentHours, ...]
    inside: tuple[Site, ...] = ()

    @property
    def pages(self) -> int:
        """How many there are, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class CameraReport:
    """One camera.

    Args:
        by_outcome: uploads of the period.
        days: of the period, up to today.
    """

    camera: Camera
    setting: Setting
    period: Period
    by_outcome: Mapping[str, int]
    days: tuple[CameraDay, ...]
    recent: RecentHours


class CameraReader(Protocol):
    """What one person may see of cameras."""

    async def home(self) -> tuple[Level, str] | None:
        """Where somebody begins; None when they may see nothing."""
        ...

    async def setting(self, level: Level, slug: str) -> Setting | None:
        """The place with all that it lies in; None when there is no such place for the viewer."""
        ...

    async def inside(self, setting: Setting) -> Sequence[Site]:
        """The places one level further in, by name."""
        ...

    async def states(self, level: Level, slug: str) -> Mapping[CameraState, int]:
        """Cameras of a place, by state. What stands for cameras not recognised counts only where it got uploads."""
        ...

    async def cameras(self, asked: CamerasAsked, limit: int) -> tuple[Sequence[Camera], int]:
        """A page of cameras, the worst first, and how many there are on all pages."""
        ...

    async def camera(self, slug: str) -> Camera | None:
        """One camera."""
        ...

    async def recent_photos(self, cameras: Sequence[str], since: date) -> Mapping[str, Mapping[tuple[date, int], int]]:
        """Photos that were looked at, by camera, and by local day and hour."""
        ...

    async def outcomes(self, camera: str, period: Period) -> Mapping[str, int]:
        """A camera's uploads by outcome."""
        ...

    async def days(self, camera: str, period: Period) -> Sequence[CameraDay]:
        """The days of which anything came, in order."""
        ...


class CameraRecords(Protocol):
    """The database."""

    def seen_by(self, person_id: int) -> AbstractAsyncContextManager[CameraReader]:
        """What this person may see, and nothing else; TransientError when the database is away."""
        ...


class WatchCameras:
    """Says how cameras are.

    Args:
        records: where that is read.
    """

    def __init__(self, records: CameraRecords) -> None:
        self._records = records

    async def list(self, person_id: int, asked: CamerasAsked) -> CameraList:
        """A page of cameras.

        Raises:
            UnknownPlaceError: there is no such place for this person.
            TransientError: the database is away.
        """
        async with self._records.seen_by(person_id) as reader:
            if asked.level is None:
                home = await reader.home()
                if home is None:
                    return CameraList(asked, None, {}, 0, (), ())
                asked = replace(asked, level=home[0], slug=home[1])
            level = asked.level or Level.YOURS
            setting = await reader.setting(level, asked.slug)
            if setting is None:
                raise UnknownPlaceError(asked.slug)
            states = await reader.states(level, asked.slug)
            cameras, total = await reader.cameras(asked, PAGE_SIZE)
            recent = await _recent(reader, cameras)
            inside = await reader.inside(setting)
        return CameraList(asked, setting, states, total, tuple(cameras), recent, tuple(inside))

    async def one(
        self, person_id: int, slug: str, preset: Preset, first: date | None = None, last: date | None = None
    ) -> CameraReport:
        """One camera and a period; from one day to another goes before a preset.

        Raises:
            UnknownCameraError: there is no such camera for this person.
            PeriodError: the days make no sense.
            TransientError: the database is away.
        """
        async with self._records.seen_by(person_id) as reader:
            camera = await reader.camera(slug)
            setting = None if camera is None else await reader.setting(Level.SHOP, camera.shop)
            if camera is None or setting is None:
                raise UnknownCameraError(slug)
            today = camera.local_now.date()
            if first or last:
                period = custom_period(first or last or today, last or today)
            else:
                period = preset_period(preset, today)
            by_outcome = await reader.outcomes(slug, period)
            came = await reader.days(slug, period)
            (recent,) = await _recent(reader, [camera])
        days = every_day(period.first, min(period.last, today), came, _opening(camera))
        return CameraReport(camera, setting, period, by_outcome, days, recent)


async def _recent(reader: CameraReader, cameras: Sequence[Camera]) -> tuple[RecentHours, ...]:
    if not cameras:
        return ()
    since = min(camera.local_now.date() for camera in cameras) - timedelta(hours=RECENT_HOURS)
    photos = await reader.recent_photos([camera.camera for camera in cameras], since)
    return tuple(_recent_of(camera, photos.get(camera.camera, {})) for camera in cameras)


def _recent_of(camera: Camera, photos: Mapping[tuple[date, int], int]) -> RecentHours:
    return recent_hours(camera.local_now, photos, _opening(camera))


def _opening(camera: Camera) -> OpeningHours:
    try:
        return parse_opening_hours(camera.opening_hours, camera.holidays)
    except OpeningHoursError:  # from before they were checked: as if always open
        return parse_opening_hours("", camera.holidays)
