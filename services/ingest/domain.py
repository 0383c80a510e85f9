"""Which uploads are photos to keep, who took them and when, and what the camera is told. Pure."""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from facetally.v1.photo_pb2 import Photo

from services.common.cameras.exif import ExifFacts
from services.common.cameras.jpeg import JpegStructure, NotJpegError, TruncatedJpegError, read_structure
from services.common.cameras.opening_hours import OpeningHours
from services.common.cameras.path_patterns import PathFacts, normalise
from services.common.cameras.positions import distance_m, read_position
from services.common.errors import BadInputError
from services.common.ids import CameraId, RegionId, ShopId

# How far a photo's position may be from where its camera is registered.
_NEAR_M: Final = 100.0
# A stamp that is further ahead of arrival than this comes from a wrong clock.
_AHEAD: Final = timedelta(minutes=2)
# What recorders and cameras' own tests upload beside photos.
_NOT_PHOTO: Final = re.compile(
    r"(?:.*/)?(?:dvrworkdirectory|testftp[^/]*|test-\d{6}\.jpe?g"
    r"|[^/]*\.(?:idx|dav|mp4|avi|mkv|mov|ts|h26[45]|26[45]|asf|flv|txt|log|xml|json|html?|ini|db|lock|md5))",
    re.IGNORECASE,
)
# Temple_01.jpg is final, Temp_01.jpg and tmpa4k2.jpg are not.
_FINAL_NAME: Final = re.compile(r"(?:.*/)?(?!\.|~|tmp|temp(?![a-z]))[^/]*\.jpe?g", re.IGNORECASE)
# What cameras call the files that they try their settings with, when they are no photos.
_TEST_NAME: Final = re.compile(r"(?:.*/)?test[^/]*", re.IGNORECASE)
# Uploads are taken in bundles by an ingest that has something to do, and not so much that it has no time to rest, from one
# share of idle processors on until another. Resting makes both less: where it begins is not where it ends.
_BEGINS: Final = (0.05, 0.5, 0.10)
_GOES_ON: Final = (0.02, 0.6, 0.25)


class Outcome(StrEnum):
    """What became of an upload, for metrics."""

    KEPT = "kept"
    HELD = "held"
    AWAY = "away"
    EMPTY = "empty"
    NOT_PHOTO = "not_photo"
    OUTSIDE_HOURS = "outside_hours"
    BURST = "burst"
    DISABLED = "disabled"
    NOT_JPEG = "not_jpeg"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Reply:
    """An FTP reply: 2xx done, 4xx send it again, 5xx do not."""

    code: int
    text: str

    def __str__(self) -> str:
        """As it goes over the wire."""
        return f"{self.code} {self.text}"


# Cameras test their settings with what is no photo, and would try for ever if that were refused.
REPLIES: Final = {
    Outcome.KEPT: Reply(226, "Kept."),
    Outcome.HELD: Reply(226, "Kept; rename it to its final name now."),
    Outcome.AWAY: Reply(451, "Not kept, the store is away: send it again."),
    Outcome.EMPTY: Reply(226, "The file is empty; nothing was kept."),
    Outcome.NOT_PHOTO: Reply(226, "By its name this is no photo; nothing was kept."),
    Outcome.OUTSIDE_HOURS: Reply(226, "The shop is closed; nothing was kept."),
    Outcome.BURST: Reply(226, "Another photo of this moment is kept; this one is not."),
    Outcome.DISABLED: Reply(550, "Not kept: this camera is disabled."),
    Outcome.NOT_JPEG: Reply(550, "Not kept: this is not a JPEG photo."),
    Outcome.TRUNCATED: Reply(451, "Not kept, the photo's end is missing: send it again."),
    Outcome.TOO_LARGE: Reply(552, "Not kept: the file is too large."),
    Outcome.TOO_MANY_PIXELS: Reply(550, "Not kept: the photo has too many pixels."),
    Outcome.NO_ROOM: Reply(452, "Not kept, there is no memory for it: send it again."),
}
NO_DATA_CONNECTION: Final = Reply(425, "There is no data connection: open one, and send it again.")
BUSY: Final = Reply(450, "Busy with other uploads: send it again in a moment.")
RENAMED: Final = Reply(250, "Renamed.")
# Two uploads of one of these are two: nothing of them says that they are the same.
NAMELESS: Final = frozenset({Outcome.EMPTY, Outcome.NOT_PHOTO})


class TimeSource(StrEnum):
    """Where the time of a photo comes from."""

    PATH = "path"
    EXIF = "exif"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True)
class Camera:
    """A registered camera.

    Args:
        identifiers: what uploads may call it, normalised.
        positions: latitude and longitude of where it may be, degrees.
        pattern: of the paths that it uploads.
        burst_window_s: of photos taken within so many seconds one is kept; 0 keeps all.
    """

    camera_id: CameraId
    identifiers: frozenset[str] = frozenset()
    positions: tuple[tuple[float, float], ...] = ()
    pattern: str = "any"
    burst_window_s: int = 0
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Shop:
    """A registered shop."""

    region_id: RegionId
    shop_id: ShopId
    time_zone: ZoneInfo
    hours: OpeningHours


@dataclass(frozen=True, slots=True)
class Login:
    """A user name, how its user proves to be the one, and for whom it uploads.

    Args:
        camera: whose own it is; for a shared one, whom photos are counted for where no camera is recognised.
        shared_by: the cameras that share it; empty for a camera's own.
    """

    name: str
    shop: Shop
    camera: Camera
    shared_by: tuple[Camera, ...]
    salt: bytes
    secret_sha256: bytes

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of the paths that may come."""
        return tuple(dict.fromkeys(camera.pattern for camera in self.shared_by or (self.camera,)))


@dataclass(frozen=True, slots=True)
class Dating:
    """When a photo was taken.

    Args:
        captured_at: UTC.
        source: where that comes from.
        stamped_at: what the camera's clock showed, UTC; None where the upload does not say.
    """

    captured_at: datetime
    source: TimeSource
    stamped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Upload:
    """What was received.

    Args:
        path: as uploaded, folders included.
        content: its bytes; not all of them, or none, where they are not needed.
        refused: what is wrong with it already.
    """

    path: str
    content: bytes | bytearray
    refused: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A photo that waits for its name."""

    number: int
    photo: Photo
    exif: ExifFacts


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an upload; with `held`, the photo waits for a rename."""

    outcome: Outcome
    held: Held | None = None


def may_log_in(login: Login | None, secret: str) -> bool:
    """Whether the secret is the login's. An unknown login costs as much time as a known one.

    Secrets are 128 random bits, so that a fast hash is safe and ten thousand cameras can log in at once.
    """
    salt = login.salt if login else b""
    expected = login.secret_sha256 if login else bytes(32)
    matches = hmac.compare_digest(sha256(salt + secret.encode("utf-8", "surrogateescape")).digest(), expected)
    return matches and login is not None and not login.camera.disabled


def make_camera(camera_id: str, identifiers: list[str], pattern: str, burst_window_s: int, *, disabled: bool) -> Camera:
    """A camera, from what the registry says of it. Its own name always identifies it."""
    positions = [position for position in map(read_position, identifiers) if position]
    names = [identifier for identifier in identifiers if read_position(identifier) is None]
    return Camera(
        CameraId(camera_id),
        frozenset(map(normalise, (camera_id, *names))),
        tuple(positions),
        pattern,
        burst_window_s,
        disabled,
    )


def is_no_photo(path: str) -> bool:
    """Whether a name says that this is a marker file, a video or a camera's test."""
    return _NOT_PHOTO.fullmatch(path) is not None


def is_temporary(path: str) -> bool:
    """Whether a photo's name looks as if the final one were still to come."""
    return _FINAL_NAME.fullmatch(path) is None


def check_photo(path: str, content: bytes | bytearray, max_pixels: int) -> JpegStructure:
    """See that an upload is one whole JPEG of a bearable size, without decoding it.

    Raises:
        BadInputError: with the outcome as its reason.
    """
    if not content:
        raise refusal(Outcome.EMPTY)
    try:
        structure = read_structure(content)
    except NotJpegError as error:
        raise refusal(Outcome.NOT_PHOTO if _TEST_NAME.fullmatch(path) else Outcome.NOT_JPEG) from error
    except TruncatedJpegError as error:
        raise refusal(Outcome.TRUNCATED) from error
    if structure.width_px * structure.height_px > max_pixels:
        raise refusal(Outcome.TOO_MANY_PIXELS)
    return structure


def recognise(login: Login, path: PathFacts, exif: ExifFacts) -> Camera:
    """The camera that took a photo: by what its path says, then by EXIF, else the login's own."""
    serial = (normalise(exif.serial),) if exif.serial else ()
    for identifier in (*path.identifiers, *serial):
        for camera in login.shared_by:
            if identifier in camera.identifiers:
                return camera
    if exif.position:
        near = [
            (distance_m(exif.position, position), camera) for camera in login.shared_by for position in camera.positions
        ]
        if near and (closest := min(near, key=lambda pair: pair[0]))[0] <= _NEAR_M:
            return closest[1]
    return login.shared_by[0] if len(login.shared_by) == 1 else login.camera


def needs_exif(login: Login, path: PathFacts) -> bool:
    """Whether a path leaves something open that EXIF may answer."""
    unrecognised = len(login.shared_by) > 1 and recognise(login, path, ExifFacts()) is login.camera
    return path.taken_at is None or unrecognised


def date_photo(path: PathFacts, exif: ExifFacts, zone: ZoneInfo, received_at: datetime) -> Dating:
    """When a photo was taken: by its path, else by EXIF, else when it arrived.

    A camera without a connection sends its photos late, and so a stamp may lie far back; it cannot lie ahead.
    """
    shown, source = (path.taken_at, TimeSource.PATH) if path.taken_at else (exif.taken_at, TimeSource.EXIF)
    if shown is None:
        return Dating(received_at, TimeSource.ARRIVAL, None)
    stamped_at = _in_utc(shown, zone, received_at)
    if stamped_at > received_at + _AHEAD:
        return Dating(received_at, TimeSource.ARRIVAL, stamped_at)
    return Dating(stamped_at, source, stamped_at)


def _in_utc(shown: datetime, zone: ZoneInfo, received_at: datetime) -> datetime:
    """What a clock shows, in UTC; in the hour that there is twice, the one that is nearer to arrival."""
    if shown.tzinfo is not None:
        return shown.astimezone(UTC)
    both = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return min(both, key=lambda at: abs(at - received_at))


def is_same_moment(a: datetime, b: datetime, window_s: int) -> bool:
    """Whether two photos of a camera belong to one burst."""
    return abs(a - b) <= timedelta(seconds=window_s)


def refusal(outcome: Outcome) -> BadInputError:
    """Nothing is kept."""
    return BadInputError(outcome, REPLIES[outcome].text)


def takes_bundles(idle_share: float, own_cores: float, *, taking: bool) -> bool:
    """Whether uploads are taken in bundles from now on, for the sake of all else that runs on a busy machine.

    Args:
        idle_share: of the machine's processors that have had nothing to do, 0 to 1.
        own_cores: that ingest has kept busy.
        taking: whether it took bundles.
    """
    least_cores, most_cores, most_idle = _GOES_ON if taking else _BEGINS
    return least_cores <= own_cores <= most_cores and idle_share < most_idle
