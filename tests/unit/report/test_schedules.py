"""When reports are due, and how they are sent."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import PermanentError, TransientError
from services.report.domain.audit import AuditEntry
from services.report.domain.people import PeopleError, Role
from services.report.domain.places import Level
from services.report.domain.schedules import (
    LEASE,
    MOST_ATTEMPTS,
    Cadence,
    Draft,
    Failure,
    Mail,
    Owner,
    Run,
    ScheduleError,
    ScheduleProblem,
    Timing,
    draft_schedule,
    next_due,
    pause_after,
)
from services.report.handler.schedules import ReportFailedError, Schedules, SendReports, UnknownScheduleError
from tests.fakes.schedule_store import FakeScheduleStore

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
WEEKLY = Timing(Cadence.WEEKLY, 7, "Europe/Berlin", 1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
timings = st.builds(
    Timing, st.sampled_from([Cadence.DAILY, Cadence.MONTHLY]), st.integers(0, 23), st.sampled_from(ZONES)
) | (st.builds(Timing, st.just(Cadence.WEEKLY), st.integers(0, 23), st.sampled_from(ZONES), st.integers(0, 6)))
LONGEST = {Cadence.DAILY: 1, Cadence.WEEKLY: 7, Cadence.MONTHLY: 31}


@given(timings, moments)
def test_the_next_time_is_later_at_its_hour_and_not_too_late(timing: Timing, after: datetime) -> None:
    due = next_due(timing, after)
    local = due.astimezone(ZoneInfo(timing.time_zone))
    assert after < due <= after + timedelta(days=LONGEST[timing.cadence], hours=25 if "Apia" in timing.time_zone else 2)
    # An hour that clocks leave out is the hour after it, or half of it on Lord Howe.
    assert timedelta() <= timedelta(hours=local.hour - timing.hour, minutes=local.minute) <= timedelta(hours=1)
    assert timing.weekday in (None, local.weekday())
    assert timing.cadence is not Cadence.MONTHLY or local.day == 1


@given(timings, moments)
def test_every_day_that_fits_has_one_time(timing: Timing, after: datetime) -> None:
    zone = ZoneInfo(timing.time_zone)
    first = next_due(timing, after)
    following = next_due(timing, first)
    days = [due.astimezone(zone).date() for due in (first, following)]
    assert days[0] < days[1]
    assert next_due(timing, following - timedelta(seconds=1)) == following


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (date(2026, 3, 29), 2, datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # 02:00 is left out: it is 03:00
        (date(2026, 10, 25), 2, datetime(2026, 10, 25, 0, 0, tzinfo=UTC)),  # 02:00 comes twice: the first
        (date(2026, 7, 1), 7, datetime(2026, 7, 1, 5, 0, tzinfo=UTC)),
        (date(2026, 12, 1), 7, datetime(2026, 12, 1, 6, 0, tzinfo=UTC)),
    ],
)
def test_clocks_that_are_put_forward_or_back(day: date, hour: int, expected: datetime) -> None:
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo("Europe/Berlin"))
    assert next_due(Timing(Cadence.DAILY, hour, "Europe/Berlin"), midnight - timedelta(seconds=1)) == expected


def test_pauses_grow_and_end() -> None:
    pauses = [pause_after(attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    known = [pause for pause in pauses if pause is not None]
    assert pauses[-1] is None
    assert len(known) == MOST_ATTEMPTS - 1
    assert known == sorted(known)
    assert timedelta(hours=4) < sum(known, timedelta()) < timedelta(hours=24)


def draft(**changes: object) -> Draft:
    values: dict[str, object] = {
        "name": "Morning", "place": (Level.CITY, "berlin"), "query": "period=7d", "timing": WEEKLY,
        "recipients": ["Ann@Example.com", "ann@example.com", ""], "known_zones": ZONES, **changes,
    }  # fmt: skip
    return draft_schedule(**values)  # type: ignore[arg-type]


def test_a_recipient_is_there_once() -> None:
    assert draft().recipients == ("ann@example.com",)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"timing": Timing(Cadence.WEEKLY, 7, "UTC")}, ScheduleProblem.WEEKDAY),
        ({"timing": Timing(Cadence.DAILY, 7, "UTC", 1)}, ScheduleProblem.WEEKDAY),
        ({"timing": Timing(Cadence.WEEKLY, 7, "UTC", 9)}, ScheduleProblem.WEEKDAY),
        ({"timing": Timing(Cadence.DAILY, 24, "UTC")}, ScheduleProblem.HOUR),
        ({"timing": Timing(Cadence.DAILY, 7, "Europe/Atlantis")}, ScheduleProblem.ZONE),
        ({"timing": Timing(Cadence.DAILY, 7, "../../etc/passwd")}, ScheduleProblem.ZONE),
        ({"recipients": ["", " "]}, ScheduleProblem.NO_RECIPIENT),
        ({"recipients": [f"a{i}@example.com" for i in range(21)]}, ScheduleProblem.RECIPIENTS),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], problem: ScheduleProblem) -> None:
    with pytest.raises(ScheduleError) as caught:
        draft(**changes)
    assert caught.value.problem is problem


@pytest.mark.parametrize("address", ["nobody", "a@b\nBcc: c@example.com", "a b@example.com", "a@example.com,b@"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(PeopleError):
        draft(recipients=[address])


class Post:
    """A mail server that can be away, and what it got; and a clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.mails: list[Mail] = []
        self.noted: list[AuditEntry] = []
        self.trouble: Callable[[], Exception] | None = None
        self.composed = 0
        owner = Owner(1, "ann@example.com", "Ann", Role.MANAGER)
        self.store = FakeScheduleStore({1: owner, 2: Owner(2, "bob@example.com", "Bob", Role.MANAGER)})
        self.schedules = Schedules(self.store, lambda: self.now)
        self.sender = SendReports(self.store, self.compose, self, self.noted.append, lambda: self.now)

    async def compose(self, run: Run) -> Mail:
        self.composed += 1
        return Mail(run.message_name, run.draft.recipients, "Report", "text", "html")

    async def send(self, mail: Mail) -> None:
        if self.trouble:
            raise self.trouble()
        self.mails.append(mail)


@pytest.fixture
def post() -> Post:
    return Post()


async def test_a_report_is_sent_when_it_is_due_and_once(post: Post) -> None:
    await post.schedules.add(1, draft())
    assert await post.sender.send_due() == 0
    post.now = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    assert [await post.sender.send_due() for _ in range(3)] == [1, 0, 0]
    (schedule,) = await post.schedules.of(1)
    assert (schedule.last_at, schedule.last_error) == (post.now, None)
    assert schedule.next_at == post.now + timedelta(days=7)
    assert [(entry.action, entry.email) for entry in post.noted] == [("report_sent", "ann@example.com")]


async def test_what_was_missed_is_sent_once(post: Post) -> None:
    await post.schedules.add(1, draft())
    post.now += timedelta(days=60)
    assert await post.sender.send_due() == 1
    assert (await post.schedules.of(1))[0].next_at > post.now


async def test_while_mail_is_away_it_is_tried_again_under_the_same_name_and_then_no_more(post: Post) -> None:
    await post.schedules.add(1, draft())
    post.now, post.trouble = datetime(2026, 12, 1, 6, 0, tzinfo=UTC), lambda: TransientError("away")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await post.sender.send_due() == 0
        assert post.composed == attempt
        assert await post.sender.send_due() == 0
        assert post.composed == attempt
        post.now += pause_after(attempt) or timedelta(days=1)
    assert (await post.schedules.of(1))[0].last_error == "mail_away: away"
    post.trouble = None
    assert await post.sender.send_due() == 0


async def test_a_later_attempt_that_works_clears_the_error(post: Post) -> None:
    await post.schedules.add(1, draft())
    post.now, post.trouble = datetime(2026, 12, 1, 6, 0, tzinfo=UTC), lambda: TransientError("away")
    await post.sender.send_due()
    post.trouble, post.now = None, post.now + timedelta(minutes=2)
    assert await post.sender.send_due() == 1
    assert (await post.schedules.of(1))[0].last_error is None
    assert post.mails[0].name == f"schedule-1-{int(datetime(2026, 12, 1, 6, 0, tzinfo=UTC).timestamp())}"


async def test_what_is_refused_is_not_tried_again(post: Post) -> None:
    await post.schedules.add(1, draft())
    post.now, post.trouble = datetime(2026, 12, 1, 6, 0, tzinfo=UTC), lambda: PermanentError("no such address")
    await post.sender.send_due()
    post.now += timedelta(days=1)
    assert await post.sender.send_due() == 0
    assert post.composed == 1
    assert (await post.schedules.of(1))[0].last_error == "refused: no such address"


@pytest.mark.parametrize("failure", list(Failure))
async def test_a_report_that_cannot_be_made_says_why(post: Post, failure: Failure) -> None:
    await post.schedules.add(1, draft())
    post.now, post.trouble = datetime(2026, 12, 1, 6, 0, tzinfo=UTC), lambda: ReportFailedError(failure)
    await post.sender.send_due()
    assert (await post.schedules.of(1))[0].last_error == failure.value


async def test_a_bug_in_one_report_does_not_stop_the_next(post: Post) -> None:
    await post.schedules.add(1, draft(name="A"))
    await post.schedules.add(1, draft(name="B"))
    post.now = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    errors = iter([ZeroDivisionError()])
    original = post.send

    async def send(mail: Mail) -> None:
        for error in errors:
            raise error
        await original(mail)

    post.send = send  # type: ignore[method-assign]
    assert await post.sender.send_due() == 1
    assert [schedule.last_error for schedule in await post.schedules.of(1)] == ["broken: ZeroDivisionError", None]


async def test_a_run_of_somebody_who_died_is_taken_over(post: Post) -> None:
    await post.schedules.add(1, draft())
    post.now = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    await post.store.note_due(post.now, lambda d: next_due(d.timing, post.now))
    assert await post.store.claim(post.now, post.now + LEASE)
    assert await post.sender.send_due() == 0
    post.now += LEASE
    assert await post.sender.send_due() == 1


async def test_paused_schedules_and_those_of_disabled_people_stop(post: Post) -> None:
    mine, theirs = await post.schedules.add(1, draft()), await post.schedules.add(2, draft())
    await post.schedules.pause(1, mine)
    post.store.disabled.add(2)
    post.now += timedelta(days=30)
    assert await post.sender.send_due() == 0
    await post.schedules.go_on(1, mine)
    assert await post.sender.send_due() == 0
    await post.schedules.send_now(1, mine)
    assert await post.sender.send_due() == 1
    await post.schedules.send_now(2, theirs)
    assert await post.sender.send_due() == 0


async def test_nobody_touches_schedules_of_others(post: Post) -> None:
    number = await post.schedules.add(1, draft())
    for action in (post.schedules.pause, post.schedules.go_on, post.schedules.delete, post.schedules.send_now):
        with pytest.raises(UnknownScheduleError):
            await action(2, number)
    with pytest.raises(UnknownScheduleError):
        await post.schedules.change(2, number, draft())
    assert len(await post.schedules.of(1)) == 1
