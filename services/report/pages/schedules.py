"""One's scheduled reports: which there are, new ones, changed, paused, sent at once, deleted."""

import re
from dataclasses import dataclass
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.people import PeopleError, Viewer
from services.report.domain.periods import Preset
from services.report.domain.schedules import (
    Cadence,
    Draft,
    Failure,
    Schedule,
    ScheduleError,
    ScheduleProblem,
    Timing,
    draft_schedule,
)
from services.report.handler.schedules import Schedules, UnknownScheduleError
from services.report.handler.tallies import Tallies
from services.report.pages import names, words
from services.report.pages.i18n import _
from services.report.pages.people_words import refusal
from services.report.pages.questions import PLACE_PATTERN, PlaceWord, When, place_word, read_place
from services.report.pages.schedule_mail import query_of, when_of
from services.report.pages.security import SignedIn, note_now
from services.report.pages.templating import render
from services.report.pages.where import asked_place

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
# Of a running period nothing is complete.
PERIODS: Final = tuple(preset for preset in Preset if preset is not Preset.TODAY)
Number = Annotated[int, Path(ge=1, le=2_147_483_647)]


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as somebody filled it: a dependency."""

    name: Annotated[str, Form(max_length=200)] = ""
    place: Annotated[str, Form(max_length=80)] = ""
    period: Annotated[str, Form(max_length=20)] = Preset.WEEK.value
    gender: Annotated[str, Form(max_length=20)] = ""
    band: Annotated[str, Form(max_length=20)] = ""
    mood: Annotated[str, Form(max_length=20)] = ""
    cadence: Annotated[str, Form(max_length=20)] = Cadence.WEEKLY.value
    weekday: Annotated[str, Form(max_length=2)] = "0"
    hour: Annotated[str, Form(max_length=2)] = "7"
    time_zone: Annotated[str, Form(max_length=60)] = "UTC"
    recipients: Annotated[str, Form(max_length=6000)] = ""


def _schedules(request: Request) -> Schedules:
    schedules: Schedules | None = request.app.state.schedules
    if schedules is None:
        raise HTTPException(404)
    return schedules


@router.get("/schedules")
async def schedules_page(request: Request, viewer: SignedIn) -> HTMLResponse:
    """All of somebody's schedules."""
    found = await _schedules(request).of(viewer.person_id)
    return render(
        request,
        "schedules.html",
        schedules=[
            (schedule, said(schedule), next_time(schedule), _failure(schedule.last_error)) for schedule in found
        ],
        sends_mail=request.app.state.sends_mail,
        place_word=place_word,
    )


@router.get("/schedules/new")
async def new(
    request: Request, viewer: SignedIn, when: Annotated[When, Depends()], place: PlaceWord = None
) -> HTMLResponse:
    """The form of a new one, about what the address says."""
    found = await asked_place(request, viewer, place)
    if found is None:
        return render(request, "no_places.html")
    zone, name = "UTC", ""
    tallies: Tallies = request.app.state.tallies
    async with tallies.seen_by(viewer.person_id) as reader:
        setting = await reader.setting(*found)
    if setting:
        zone = setting.time_zones[0] if len(setting.time_zones) == 1 else "UTC"
        name = names.place(setting.place)
    period = when.period if when.period in PERIODS else Preset.WEEK
    filled = Filled(
        name,
        place_word(*found),
        period.value,
        when.gender or "",
        when.band or "",
        when.mood or "",
        time_zone=zone,
        recipients=viewer.email,
    )
    return _form(request, filled)


@router.get("/schedules/{number}")
async def change_form(request: Request, viewer: SignedIn, number: Number) -> HTMLResponse:
    """The form of one that there is."""
    return _form(request, _filled(await _one(request, viewer, number)), number)


@router.post("/schedules")
async def make(request: Request, viewer: SignedIn, filled: Annotated[Filled, Depends()]) -> Response:
    """Keep a new one."""
    try:
        draft = await _draft(request, viewer, filled)
        await _schedules(request).add(viewer.person_id, draft)
    except (PeopleError, ScheduleError) as error:
        return _form(request, filled, error=error)
    await note_now(request, "schedule_made", draft.name, recipients=", ".join(draft.recipients), place=filled.place)
    return RedirectResponse("/schedules", 303)


@router.post("/schedules/{number}")
async def change(request: Request, viewer: SignedIn, number: Number, filled: Annotated[Filled, Depends()]) -> Response:
    """Change one."""
    await _one(request, viewer, number)
    try:
        draft = await _draft(request, viewer, filled)
        await _schedules(request).change(viewer.person_id, number, draft)
    except (PeopleError, ScheduleError) as error:
        return _form(request, filled, number, error)
    await note_now(request, "schedule_changed", draft.name, recipients=", ".join(draft.recipients), place=filled.place)
    return RedirectResponse("/schedules", 303)


@router.post("/schedules/{number}/{what}")
async def act(request: Request, viewer: SignedIn, number: Number, what: str) -> Response:
    """Pause one, go on with it, send it now, or delete it."""
    schedules = _schedules(request)
    actions = {
        "pause": (schedules.pause, "schedule_paused"),
        "go-on": (schedules.go_on, "schedule_resumed"),
        "send": (schedules.send_now, "schedule_sent_now"),
        "delete": (schedules.delete, "schedule_deleted"),
    }
    if what not in actions:
        raise HTTPException(404)
    schedule = await _one(request, viewer, number)
    action, noted = actions[what]
    await note_now(request, noted, schedule.draft.name)
    await action(viewer.person_id, number)
    return RedirectResponse("/schedules", 303)


async def _one(request: Request, viewer: Viewer, number: int) -> Schedule:
    try:
        return await _schedules(request).one(viewer.person_id, number)
    except UnknownScheduleError as error:
        raise HTTPException(404) from error


async def _draft(request: Request, viewer: Viewer, filled: Filled) -> Draft:
    """What was filled in, if it can be.

    Raises:
        PeopleError: a name or an address is wrong, or the place is not there for them.
        ScheduleError: anything else is wrong.
    """
    # The form offers nothing else: a slip must not become a mail about everybody.
    for value, values in (
        (filled.period, Preset), (filled.cadence, Cadence), (filled.gender or None, Gender), (filled.band or None, AgeBand),
        (filled.mood or None, Mood),
    ):  # fmt: skip
        if value is not None and value not in list(values):
            raise HTTPException(422)
    word = filled.place.strip().lower()
    no_place = PeopleError(
        "no_place",
        "%(place)s is not a place: world, region:europe, city:berlin or shop:berlin-1",
        place=word[:80] or "nothing",
    )
    if not re.fullmatch(PLACE_PATTERN, word):
        raise no_place
    place = read_place(word)
    tallies: Tallies = request.app.state.tallies
    async with tallies.seen_by(viewer.person_id) as reader:
        if await reader.setting(*place) is None:
            raise no_place
    when = when_of(f"period={filled.period}&gender={filled.gender}&band={filled.band}&mood={filled.mood}")
    cadence = Cadence(filled.cadence) if filled.cadence in list(Cadence) else Cadence.WEEKLY
    hour = int(filled.hour) if filled.hour.isdecimal() else -1
    weekday = int(filled.weekday) if filled.weekday.isdecimal() else -1
    timing = Timing(cadence, hour, filled.time_zone.strip(), weekday if cadence is Cadence.WEEKLY else None)
    addresses = re.split(r"[\s,;]+", filled.recipients)
    return draft_schedule(filled.name, place, query_of(when), timing, addresses, available_timezones())


def _filled(schedule: Schedule) -> Filled:
    draft, timing, when = schedule.draft, schedule.draft.timing, when_of(schedule.draft.query)
    return Filled(
        draft.name,
        place_word(draft.level, draft.slug),
        when.period.value,
        when.gender or "",
        when.band or "",
        when.mood or "",
        timing.cadence.value,
        str(timing.weekday or 0),
        str(timing.hour),
        timing.time_zone,
        "\n".join(draft.recipients),
    )


def _form(
    request: Request, filled: Filled, number: int | None = None, error: PeopleError | ScheduleError | None = None
) -> HTMLResponse:
    return render(
        request,
        "schedule.html",
        422 if error else 200,
        filled=filled,
        number=number,
        problem=_wrong(error) if error else "",
        periods=[(preset.value, names.preset(preset)) for preset in PERIODS],
        genders=[("", _("Everybody")), *((one.value, names.gender(one)) for one in Gender)],
        bands=[("", _("Every age")), *((one.value, names.band(one)) for one in AgeBand)],
        moods=[("", _("Every mood")), *((one.value, names.mood(one)) for one in Mood)],
        cadences=[(one.value, _cadence(one)) for one in Cadence],
        weekdays=[(str(day), words.weekday(day, long=True)) for day in range(7)],
        hours=[(str(hour), words.hour(hour)) for hour in range(24)],
        zones=sorted(available_timezones()),
        sends_mail=request.app.state.sends_mail,
    )


def said(schedule: Schedule) -> str:
    """Every Monday at 07:00 (Europe/Berlin)."""
    timing = schedule.draft.timing
    values = {"hour": words.hour(timing.hour), "zone": timing.time_zone}
    match timing.cadence:
        case Cadence.DAILY:
            return _("Every day at %(hour)s (%(zone)s)") % values
        case Cadence.WEEKLY:
            day = words.weekday(timing.weekday or 0, long=True)
            return _("Every %(day)s at %(hour)s (%(zone)s)") % {**values, "day": day}
        case Cadence.MONTHLY:
            return _("On the first of the month at %(hour)s (%(zone)s)") % values


def next_time(schedule: Schedule) -> str:
    """When it is sent next, in its own time zone."""
    return words.moment(schedule.next_at.astimezone(ZoneInfo(schedule.draft.timing.time_zone)))


def _cadence(cadence: Cadence) -> str:
    return {
        Cadence.DAILY: _("Every day"),
        Cadence.WEEKLY: _("Every week"),
        Cadence.MONTHLY: _("On the first of every month"),
    }[cadence]


def _wrong(error: PeopleError | ScheduleError) -> str:
    if isinstance(error, PeopleError):
        return refusal(error)
    return {
        ScheduleProblem.WEEKDAY: _("Choose a weekday."),
        ScheduleProblem.HOUR: _("Choose an hour."),
        ScheduleProblem.ZONE: _("There is no such time zone: write it as Europe/Berlin."),
        ScheduleProblem.NO_RECIPIENT: _("Somebody has to get it: write an e-mail address."),
        ScheduleProblem.RECIPIENTS: _("These are too many addresses."),
        ScheduleProblem.TOO_MANY: _("You have too many schedules: delete some first."),
    }[error.problem]


def _failure(error: str | None) -> str:
    """What went wrong at the last attempt; empty: nothing."""
    if not error:
        return ""
    value, _colon, detail = error.partition(": ")
    sentences = {
        Failure.PLACE_GONE: _("You may not see this place any more, or it is gone."),
        Failure.NO_PRINTER: _("The server cannot make PDFs: it lacks libraries."),
        Failure.NUMBERS_AWAY: _("The database did not answer."),
        Failure.MAIL_AWAY: _("The mail server did not take it."),
        Failure.REFUSED: _("The mail server refuses it."),
        Failure.BROKEN: _("The report could not be made."),
    }
    sentence = sentences[Failure(value)] if value in list(Failure) else _("It was not sent.")
    return f"{sentence} ({detail})" if detail else sentence
