"""When a shop is open, as a person writes it: `Mo-Fr 08:00-20:00; Sa 09:00-13:00,14:00-18:00; Su off`. Pure.

A part of OpenStreetMap's opening_hours. Later rules replace earlier ones for their days; hours past midnight belong to the
day on which they begin. No text means open at all times.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

_DAYS: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")
_RULE: Final = re.compile(r"(?P<days>[a-z]{2}(?:\s*[-,]\s*[a-z]{2})*)\s+(?P<hours>off|closed|\d.*)", re.IGNORECASE)
_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY_MINUTES: Final = 24 * 60


class OpeningHoursError(ValueError):
    """Opening hours that cannot be read."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """A week's hours, and the days on which the shop stays closed.

    Args:
        week: for each weekday from Monday on, spans of minutes since its midnight; the end is not included, and lies
            beyond 1440 where the shop is open past midnight. None: open at all times.
        holidays: days without opening.
    """

    week: tuple[tuple[tuple[int, int], ...], ...] | None
    holidays: frozenset[date] = frozenset()

    def is_open(self, local: datetime) -> bool:
        """Whether the shop is open at a moment of its own local time."""
        return any(
            self._is_open(local.date() - timedelta(days=ago), local.hour * 60 + local.minute + ago * _DAY_MINUTES)
            for ago in (0, 1)
        )

    def _is_open(self, day: date, minute: int) -> bool:
        if day in self.holidays:
            return False
        if self.week is None:
            return minute < _DAY_MINUTES
        return any(opens <= minute < closes for opens, closes in self.week[day.weekday()])


def parse_opening_hours(text: str, holidays: Iterable[date] = ()) -> OpeningHours:
    """Read opening hours.

    Raises:
        OpeningHoursError: saying which part cannot be read.
    """
    closed = frozenset(holidays)
    if not text.strip() or text.strip() == "24/7":
        return OpeningHours(None, closed)
    week: list[tuple[tuple[int, int], ...]] = [()] * 7
    for rule in filter(None, (part.strip() for part in text.split(";"))):
        match = _RULE.fullmatch(rule)
        if match is None:
            raise OpeningHoursError(f"'{rule}' is not like 'Mo-Fr 08:00-20:00' or 'Su off'")
        off = match["hours"].lower() in ("off", "closed")
        spans = () if off else tuple(_span(span) for span in match["hours"].split(","))
        for day in _days(match["days"]):
            week[day] = spans
    return OpeningHours(tuple(week), closed)


def _days(text: str) -> list[int]:
    days: list[int] = []
    for part in text.lower().split(","):
        first, _, last = (name.strip() for name in part.partition("-"))
        if first not in _DAYS or (last and last not in _DAYS):
            raise OpeningHoursError(f"'{part.strip()}' is no weekday; they are Mo Tu We Th Fr Sa Su")
        start = _DAYS.index(first)
        length = (_DAYS.index(last) - start) % 7 if last else 0
        days += [(start + i) % 7 for i in range(length + 1)]
    return days


def _span(text: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise OpeningHoursError(f"'{text.strip()}' is not like 08:00-20:00")
    opens_hour, opens_minute, closes_hour, closes_minute = (int(number) for number in match.groups())
    opens, closes = opens_hour * 60 + opens_minute, closes_hour * 60 + closes_minute
    if opens >= _DAY_MINUTES or closes > _DAY_MINUTES or opens_minute > 59 or closes_minute > 59:
        raise OpeningHoursError(f"'{text.strip()}' is no time of day")
    return opens, closes if closes > opens else closes + _DAY_MINUTES
