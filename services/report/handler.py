"""Put a report together for a place and a period; try out a camera's photo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from facetally.v1.face_pb2 import PhotoExamined

from services.common.cameras.acceptance import Verdict, judge
from services.common.cameras.exif import read_exif
from services.common.cameras.jpeg import NotJpegError, TruncatedJpegError, read_structure
from services.common.cameras.path_patterns import ANY, PatternError, normalise, read_path
from services.common.errors import BadInputError
from services.report.domain import (
    INSIDE,
    CameraUploads,
    Cell,
    Child,
    Level,
    Period,
    Preset,
    Setting,
    Tally,
    custom_period,
    preset_period,
    ranked,
    visitors,
)


class UnknownPlaceError(Exception):
    """There is no such region, city or shop."""


class TallyReader(Protocol):
    """Where tallies are kept."""

    async def setting(self, level: Level, slug: str) -> Setting | None:
        """The place with all that it lies in; None when there is no such place."""
        ...

    async def cells(self, level: Level, slug: str, period: Period) -> Sequence[Cell]:
        """Visitors of the place."""
        ...

    async def children(self, level: Level, slug: str, period: Period) -> Sequence[Child]:
        """Every place one level further in, also those without visitors."""
        ...

    async def uploads(self, level: Level, slug: str, period: Period) -> dict[str, int]:
        """Uploads by outcome."""
        ...

    async def cameras(self, shop: str, period: Period) -> Sequence[CameraUploads]:
        """Every camera of a shop, also those without uploads."""
        ...

    async def latest(self, level: Level, slug: str) -> tuple[date, int] | None:
        """Local day and hour of the latest photo."""
        ...


class Examiner(Protocol):
    """What sees all that is in a photo."""

    async def __call__(self, photo: bytes) -> PhotoExamined:
        """Faces and measures; BadInputError when it cannot be decoded, TransientError when nobody answers."""
        ...


class CameraRegistry(Protocol):
    """Where cameras are registered."""

    async def camera_called(self, identifiers: Sequence[str]) -> str | None:
        """A camera that has one of these identifiers, each normalised."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see; a period from one day to another goes before a preset."""

    level: Level
    slug: str
    preset: Preset = Preset.FOUR_WEEKS
    first: date | None = None
    last: date | None = None


class ReadTally:
    """A question in, a report's numbers out."""

    def __init__(self, reader: TallyReader) -> None:
        self._reader = reader

    async def __call__(self, asked: Asked) -> Tally:
        """All numbers of one place and period.

        Raises:
            UnknownPlaceError: there is no such place.
            PeriodError: the period makes no sense.
            TransientError: the tallies are away.
        """
        level, slug = asked.level, asked.slug
        setting = await self._reader.setting(level, slug)
        if setting is None:
            raise UnknownPlaceError(slug)
        period = _period(asked, setting.today)
        return Tally(
            setting=setting,
            period=period,
            visitors=visitors(await self._reader.cells(level, slug, period)),
            uploads=await self._reader.uploads(level, slug, period),
            children=ranked(await self._reader.children(level, slug, period)) if level in INSIDE else (),
            cameras=tuple(await self._reader.cameras(slug, period)) if level is Level.SHOP else (),
            latest=await self._reader.latest(level, slug),
        )


def _period(asked: Asked, today: date) -> Period:
    if asked.first or asked.last:
        return custom_period(asked.first or asked.last or today, asked.last or today)
    return preset_period(asked.preset, today)


@dataclass(frozen=True, slots=True)
class CheckedPhoto:
    """A photo that was tried out.

    Args:
        name: as uploaded.
    """

    name: str
    photo: PhotoExamined
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> int:
        """Requirements that it meets."""
        return sum(verdict.passed for verdict in self.verdicts)


class CheckCamera:
    """A sample photo in, a verdict on each requirement out. Nothing of it is kept."""

    def __init__(self, examiner: Examiner, registry: CameraRegistry) -> None:
        self._examiner = examiner
        self._registry = registry

    async def __call__(self, photo: bytes, path: str, pattern: str, *, own_login: bool) -> CheckedPhoto:
        """Try out a photo.

        Args:
            photo: a JPEG.
            path: folders and name, as the camera uploads it.
            pattern: a vendor's name, or a template.
            own_login: no other camera uploads with the same login.

        Raises:
            BadInputError: it is no photo, or the pattern means nothing.
            TransientError: detect or the database is away.
        """
        try:
            exif = read_exif(read_structure(photo).exif)
        except NotJpegError as error:
            raise BadInputError("not_jpeg", "This file is not a JPEG photo.") from error
        except TruncatedJpegError as error:
            raise BadInputError("truncated", "The end of this photo is missing.") from error
        try:
            facts = read_path(path, (pattern or ANY,))
        except PatternError as error:
            raise BadInputError("pattern", f"{error}.") from error
        identifiers = (*facts.identifiers, *((normalise(exif.serial),) if exif.serial else ()))
        registered_as = (await self._registry.camera_called(identifiers) if identifiers else None) or ""
        examined = await self._examiner(photo)
        verdicts = judge(examined, facts, exif, own_login=own_login, registered_as=registered_as)
        return CheckedPhoto(path, examined, tuple(verdicts))
