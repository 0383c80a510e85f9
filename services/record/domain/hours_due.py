"""In which hours a shop's cameras have to send photos: those that it is open. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.common.cameras.opening_hours import OpeningHours

_HOUR: Final = timedelta(hours=1)
_QUARTERS: Final = tuple(timedelta(minutes=minutes) for minutes in (0, 15, 30, 45))
# An hour counts as open when the shop is, at this many of its quarters: half the hour.
_LEAST_QUARTERS: Final = 2


@dataclass(frozen=True, slots=True)
class ShopHours:
    """What is known of a shop's hours.

    Args:
        cameras: enabled ones.
        through: up to when its hours have been looked at, UTC; None for a new shop.
    """

    shop_id: int
    scope_id: int
    time_zone: str
    opening_hours: str
    holidays: tuple[date, ...]
    cameras: int
    through: datetime | None


@dataclass(frozen=True, slots=True)
class DueHour:
    """An hour that has ended, in which a shop was open, and so many cameras had to send photos."""

    shop_id: int
    scope_id: int
    local_day: date
    local_hour: int
    cameras: int


@dataclass(frozen=True, slots=True)
class Due:
    """What has become due of one shop.

    Args:
        through: up to when its hours have been looked at now, UTC.
    """

    shop_id: int
    hours: tuple[DueHour, ...]
    through: datetime


def hours_due(shop: ShopHours, opening: OpeningHours, zone: ZoneInfo, now: datetime, most: int) -> Due:
    """The hours of a shop's own clock that have ended since it was last looked at.

    A new shop begins with its present hour. Where clocks go back, the repeated hour is one hour.

    Args:
        opening: of the shop.
        zone: of the shop.
        now: UTC.
        most: hours, open or not, to look at; the others come next time.
    """
    if shop.through is None:
        return Due(shop.shop_id, (), _full_hour(now - _HOUR + timedelta.resolution, zone))
    start = _full_hour(shop.through, zone)
    found: dict[tuple[date, int], DueHour] = {}
    for _ in range(most):
        if start + _HOUR > now:
            break
        local = start.astimezone(zone)
        if sum(opening.is_open((start + quarter).astimezone(zone)) for quarter in _QUARTERS) >= _LEAST_QUARTERS:
            hour = DueHour(shop.shop_id, shop.scope_id, local.date(), local.hour, shop.cameras)
            found[(hour.local_day, hour.local_hour)] = hour
        start = _full_hour(start + _HOUR, zone)
    return Due(shop.shop_id, tuple(found.values()), start)


def at_most(dues: Sequence[Due], hours: int) -> list[Due]:
    """The first shops that have no more hours than this together; one shop at least."""
    kept: list[Due] = []
    total = 0
    for due in dues:
        total += len(due.hours)
        if kept and total > hours:
            break
        kept.append(due)
    return kept


def _full_hour(at: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or the next, at which the shop's clock shows a full hour."""
    local = at.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return at + _HOUR - past if past else at
