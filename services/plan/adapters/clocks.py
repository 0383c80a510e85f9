"""Regions as they are written on a command line, and what their clocks show."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.plan.domain.estate import EstateError, Region


def region_of(words: str, on: date) -> Region:
    """A region from NAME=SHARE@ZONE[,ZONE...].

    Args:
        words: for instance europe=0.4@Europe/Berlin,Europe/London.
        on: the day whose clocks count.

    Raises:
        EstateError: it is written in another way, or there is no such zone.
    """
    name, is_there, rest = words.partition("=")
    share, has_zones, zones = rest.partition("@")
    if not (name and is_there and share and has_zones and zones):
        raise EstateError(f"{words!r} must be like europe=0.4@Europe/Berlin,Europe/London")
    try:
        return Region(name, float(share), tuple(offset_h(zone, on) for zone in zones.split(",")))
    except ValueError as error:
        raise EstateError(f"{words!r}: {error}") from error


def offset_h(zone: str, on: date) -> float:
    """Hours that a zone's clocks are ahead of UTC at noon.

    Raises:
        EstateError: there is no such zone.
    """
    try:
        # A folder of zones, such as Europe, is an OSError.
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise EstateError(f"there is no time zone {zone!r}") from error
    ahead = there.utcoffset(datetime.combine(on, time(12), tzinfo=UTC).astimezone(there))
    assert ahead is not None
    return ahead.total_seconds() / 3_600
