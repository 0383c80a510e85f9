"""How a camera is, and the gravest thing that should be done about it. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from services.common.cameras.health import DRIFT_S, LEAST, REFUSED, SILENCE, TOO_DARK, TOO_SMALL, WITHOUT_FACE
from services.common.cameras.opening_hours import OpeningHours
from services.record.domain.tallies import CameraDay

_SILENCE_STEP: Final = timedelta(minutes=10)


class State(StrEnum):
    """How a camera is."""

    WORKING = "working"
    ATTENTION = "attention"
    OFFLINE = "offline"
    NEW = "new"
    DISABLED = "disabled"


class Trouble(StrEnum):
    """What should be done something about."""

    NONE = "none"
    NO_PHOTOS = "no_photos"
    CLOCK = "clock"
    TOO_DARK = "too_dark"
    TOO_SMALL = "too_small"
    FEW_FACES = "few_faces"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What is known of a camera.

    Args:
        last_photo_at: when its last photo arrived, UTC; None where there never was one.
        drift_s: how fast its clock was then; None where the upload did not say.
        week: of its last `DAYS` days.
    """

    camera_id: int
    shop_id: int
    time_zone: str
    opening_hours: str
    holidays: tuple[date, ...]
    disabled: bool
    last_photo_at: datetime | None
    drift_s: float | None
    week: CameraDay


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """The verdict."""

    facts: CameraFacts
    state: State
    trouble: Trouble


def camera_health(facts: CameraFacts, opening: OpeningHours, zone: ZoneInfo, now: datetime) -> CameraHealth:
    """How a camera is now.

    Args:
        facts: what is known of it.
        opening: of its shop.
        zone: of its shop.
        now: UTC.
    """
    if facts.disabled:
        return CameraHealth(facts, State.DISABLED, Trouble.NONE)
    if facts.last_photo_at is None:
        return CameraHealth(facts, State.NEW, Trouble.NONE)
    if facts.last_photo_at <= now - SILENCE and _open_since(opening, zone, now):
        return CameraHealth(facts, State.OFFLINE, Trouble.NO_PHOTOS)
    trouble = _trouble(facts)
    return CameraHealth(facts, State.WORKING if trouble is Trouble.NONE else State.ATTENTION, trouble)


def _open_since(opening: OpeningHours, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the shop has been open for all of the silence."""
    return all(
        opening.is_open((now - ago * _SILENCE_STEP).astimezone(zone)) for ago in range(SILENCE // _SILENCE_STEP + 1)
    )


def _trouble(facts: CameraFacts) -> Trouble:
    """The gravest."""
    week = facts.week
    if facts.drift_s is not None and abs(facts.drift_s) > DRIFT_S:
        return Trouble.CLOCK
    if _more(week.faces_too_dark, week.faces, TOO_DARK):
        return Trouble.TOO_DARK
    if _more(week.faces_too_small, week.faces + week.faces_too_small, TOO_SMALL):
        return Trouble.TOO_SMALL
    if _more(week.photos_without_face, week.photos, WITHOUT_FACE):
        return Trouble.FEW_FACES
    if _more(week.refused, week.photos + week.refused, REFUSED):
        return Trouble.REFUSED
    return Trouble.NONE


def _more(part: int, whole: int, share: float) -> bool:
    return whole >= LEAST and part > share * whole
