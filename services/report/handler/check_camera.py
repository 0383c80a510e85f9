"""Try out a camera's photo."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from facetally.v1.face_pb2 import PhotoExamined

from services.common.cameras.acceptance import Verdict, judge
from services.common.cameras.exif import read_exif
from services.common.cameras.jpeg import NotJpegError, TruncatedJpegError, read_structure
from services.common.cameras.path_patterns import ANY, PatternError, normalise, read_path
from services.common.errors import BadInputError


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


class Registries(Protocol):
    """The database."""

    def seen_by(self, person_id: int) -> AbstractAsyncContextManager[CameraRegistry]:
        """What this person may see of the registry."""
        ...


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

    def __init__(self, examiner: Examiner, registries: Registries) -> None:
        self._examiner = examiner
        self._registries = registries

    async def __call__(self, person_id: int, photo: bytes, path: str, pattern: str, *, own_login: bool) -> CheckedPhoto:
        """Try out a photo.

        Args:
            person_id: who asks; cameras that they may not see are not recognised.
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
        registered_as = ""
        if identifiers:
            async with self._registries.seen_by(person_id) as registry:
                registered_as = await registry.camera_called(identifiers) or ""
        examined = await self._examiner(photo)
        verdicts = judge(examined, facts, exif, own_login=own_login, registered_as=registered_as)
        return CheckedPhoto(path, examined, tuple(verdicts))
