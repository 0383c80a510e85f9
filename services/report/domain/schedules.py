"""Reports that are sent by themselves: when they are due, to whom they go, what is tried again."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from services.report.domain.people import LANGUAGES, Role, clean_email, clean_name
from services.report.domain.places import Level

MOST_RECIPIENTS: Final = 20
MOST_SCHEDULES: Final = 50
MOST_ATTEMPTS: Final = 6
# For so long somebody may work on a run before another one takes it over.
LEASE: Final = timedelta(minutes=10)
_FIRST_PAUSE: Final = timedelta(minutes=1)
_ZONE: Final = re.compile(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+){0,5}")


class Cadence(StrEnum):
    """How often a report is sent: every day, on a weekday, on the first of the month."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class ScheduleProblem(StrEnum):
    """What is wrong with a schedule as somebody describes it."""

    WEEKDAY = "weekday"
    HOUR = "hour"
    ZONE = "zone"
    NO_RECIPIENT = "no_recipient"
    RECIPIENTS = "recipients"
    TOO_MANY = "too_many"


class ScheduleError(Exception):
    """A schedule that cannot be."""

    def __init__(self, problem: ScheduleProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class Failure(StrEnum):
    """Why a report was not sent."""

    PLACE_GONE = "place_gone"
    NO_PRINTER = "no_printer"
    NUMBERS_AWAY = "numbers_away"
    MAIL_AWAY = "mail_away"
    REFUSED = "refused"
    BROKEN = "broken"

    @property
    def is_lasting(self) -> bool:
        """Whether it would be the same in an hour."""
        return self in (Failure.PLACE_GONE, Failure.NO_PRINTER, Failure.REFUSED)


@dataclass(frozen=True, slots=True)
class Timing:
    """When a report is sent.

    Args:
        hour: 0 to 23, in the time zone.
        time_zone: a name such as Europe/Berlin.
        weekday: 0 is Monday; only where it is sent weekly.
    """

    cadence: Cadence
    hour: int
    time_zone: str
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule as somebody describes it.

    Args:
        query: the rest of the page's address, such as period=7d&gender=female.
        recipients: e-mail addresses, each once.
    """

    name: str
    level: Level
    slug: str
    query: str
    timing: Timing
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule that there is.

    Args:
        next_at: when it is due next, in UTC.
        last_at: when it was sent last.
        last_error: a Failure's value, after it a colon and what the other side said; None: it went well.
    """

    schedule_id: int
    owner_id: int
    draft: Draft
    active: bool
    next_at: datetime
    last_at: datetime | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose schedule it is: the report is made as they see things."""

    person_id: int
    email: str
    name: str
    role: Role
    language: str = LANGUAGES[0]


@dataclass(frozen=True, slots=True)
class Run:
    """A report that is to be sent now.

    Args:
        due_at: for when it was meant, in UTC.
        attempt: from 1.
    """

    schedule_id: int
    due_at: datetime
    attempt: int
    draft: Draft
    owner: Owner

    @property
    def message_name(self) -> str:
        """The same for every attempt: whoever gets it twice has programs that show it once."""
        return f"schedule-{self.schedule_id}-{int(self.due_at.timestamp())}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail: the same said as text and as HTML, and files."""

    name: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


def draft_schedule(
    name: str,
    place: tuple[Level, str],
    query: str,
    timing: Timing,
    recipients: Iterable[str],
    known_zones: Iterable[str],
) -> Draft:
    """A schedule as it is kept.

    Raises:
        PeopleError: it has no name, or an address is none.
        ScheduleError: anything else is wrong.
    """
    if not 0 <= timing.hour <= 23:
        raise ScheduleError(ScheduleProblem.HOUR)
    if (timing.weekday is not None) != (timing.cadence is Cadence.WEEKLY):
        raise ScheduleError(ScheduleProblem.WEEKDAY)
    if timing.weekday is not None and not 0 <= timing.weekday <= 6:
        raise ScheduleError(ScheduleProblem.WEEKDAY)
    if not _ZONE.fullmatch(timing.time_zone) or timing.time_zone not in known_zones:
        raise ScheduleError(ScheduleProblem.ZONE)
    addresses = tuple(dict.fromkeys(clean_email(text) for text in recipients if text.strip()))
    if not addresses:
        raise ScheduleError(ScheduleProblem.NO_RECIPIENT)
    if len(addresses) > MOST_RECIPIENTS:
        raise ScheduleError(ScheduleProblem.RECIPIENTS)
    return Draft(clean_name(name), *place, query[:500], timing, addresses)


def next_due(timing: Timing, after: datetime) -> datetime:
    """The first time after a moment at which a report is due.

    An hour that clocks leave out is the hour after it; of an hour that they repeat it is the first.

    Args:
        timing: when it is sent.
        after: with a time zone.

    Returns:
        In UTC.
    """
    zone = ZoneInfo(timing.time_zone)
    day = after.astimezone(zone).date()
    while True:
        if _fits(timing, day):
            due = datetime.combine(day, time(timing.hour), zone).astimezone(UTC)
            if due > after:
                return due
        day += timedelta(days=1)


def _fits(timing: Timing, day: date) -> bool:
    match timing.cadence:
        case Cadence.DAILY:
            return True
        case Cadence.WEEKLY:
            return day.weekday() == timing.weekday
        case Cadence.MONTHLY:
            return day.day == 1


def pause_after(attempt: int) -> timedelta | None:
    """How long to wait after an attempt that failed; None: that was the last one.

    Args:
        attempt: from 1.
    """
    return None if attempt >= MOST_ATTEMPTS else _FIRST_PAUSE * 4 ** (attempt - 1)
