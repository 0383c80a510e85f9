"""People, for admins: who may sign in, as what, and which places they see."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from services.report.domain.people import (
    Grant,
    NewPerson,
    PeopleError,
    Person,
    Role,
    clean_email,
    clean_name,
    parse_grant,
    parse_role,
)
from services.report.domain.places import Level
from services.report.pages import names, people_words
from services.report.pages.i18n import _
from services.report.pages.security import Admin, gate_of, note, note_now
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Text = Annotated[str, Form(max_length=400)]
Places = Annotated[list[str], Form(max_length=2000)]


@router.get("/admin/people")
async def people(request: Request, _viewer: Admin) -> HTMLResponse:
    """Everybody."""
    return render(request, "admin_people.html", people=await gate_of(request).people.store.people(), say=people_words)


@router.get("/admin/people/new")
async def new(request: Request, _viewer: Admin) -> HTMLResponse:
    """An empty form."""
    return await _form(request, None, {"email": "", "name": "", "role": Role.MANAGER}, [])


@router.post("/admin/people/new")
async def add(
    request: Request,
    _viewer: Admin,
    email: Text = "",
    name: Text = "",
    role: Text = "",
    place: Places = [],  # noqa: B006 - FastAPI copies it
    more: Text = "",
    do: Text = "save",
) -> Response:
    """Let somebody in; their password is in the answer, and nowhere else."""
    typed: dict[str, object] = {"email": email, "name": name, "role": role}
    grants: list[Grant] = []
    try:
        grants = _grants([*place, *([more] if more.strip() else [])])
        if do == "add":
            return await _form(request, None, typed, grants)
        person = NewPerson(clean_email(email), clean_name(name), parse_role(role), tuple(grants))
        _check_sees_something(person)
        await note_now(request, "person_added", person.email, role=person.role, places=_said(grants))
        added, password = await gate_of(request).people.add(person)
    except PeopleError as error:
        note(request, "refused", request.url.path, why=error.reason)
        return await _form(request, None, typed, grants, problem=people_words.refusal(error), status=422)
    return await _form(request, added, _values(added), added.grants, password=password or "")


@router.get("/admin/people/{person_id}")
async def one(request: Request, _viewer: Admin, person_id: int) -> HTMLResponse:
    """One of them."""
    person = await _person(request, person_id)
    return await _form(request, person, _values(person), person.grants)


@router.post("/admin/people/{person_id}")
async def change(
    request: Request,
    _viewer: Admin,
    person_id: int,
    name: Text = "",
    role: Text = "",
    place: Places = [],  # noqa: B006 - FastAPI copies it
    more: Text = "",
    do: Text = "save",
) -> Response:
    """Change a name, a role, places."""
    person = await _person(request, person_id)
    typed: dict[str, object] = {"email": person.email, "name": name, "role": role}
    grants: list[Grant] = list(person.grants)
    try:
        grants = _grants([*place, *([more] if more.strip() else [])])
        if do == "add":
            return await _form(request, person, typed, grants)
        wanted = NewPerson(person.email, clean_name(name), parse_role(role), tuple(grants))
        _check_sees_something(wanted)
        await note_now(
            request,
            "person_changed",
            person.email,
            role=f"{person.role} -> {wanted.role}",
            places=f"{_said(person.grants)} -> {_said(grants)}",
        )
        changed = await gate_of(request).people.store.change(person_id, wanted.name, wanted.role, wanted.grants)
    except PeopleError as error:
        note(request, "refused", request.url.path, why=error.reason)
        return await _form(request, person, typed, grants, problem=people_words.refusal(error), status=422)
    return await _form(request, changed, _values(changed), changed.grants, done=_("Saved."))


@router.post("/admin/people/{person_id}/disable")
async def disable(request: Request, _viewer: Admin, person_id: int) -> Response:
    """Keep somebody out; their sessions end at once."""
    return await _disable(request, person_id, disabled=True)


@router.post("/admin/people/{person_id}/enable")
async def enable(request: Request, _viewer: Admin, person_id: int) -> Response:
    """Let somebody in again."""
    return await _disable(request, person_id, disabled=False)


@router.post("/admin/people/{person_id}/reset-password")
async def reset_password(request: Request, _viewer: Admin, person_id: int) -> Response:
    """Give somebody a new password, which is in the answer, and nowhere else."""
    person = await _person(request, person_id)
    await note_now(request, "password_reset", person.email)
    password = await gate_of(request).people.reset_password(person)
    return await _form(request, person, _values(person), person.grants, password=password)


async def _disable(request: Request, person_id: int, *, disabled: bool) -> Response:
    person = await _person(request, person_id)
    try:
        await note_now(request, "person_disabled" if disabled else "person_enabled", person.email)
        await gate_of(request).people.store.disable(person_id, disabled=disabled)
    except PeopleError as error:
        note(request, "refused", request.url.path, why=error.reason)
        problem = people_words.refusal(error)
        return await _form(request, person, _values(person), person.grants, problem=problem, status=422)
    return RedirectResponse(f"/admin/people/{person_id}", status_code=303)


async def _person(request: Request, person_id: int) -> Person:
    person = await gate_of(request).people.store.person(person_id) if 0 < person_id < 2**31 else None
    if person is None:
        raise HTTPException(404)
    return person


def _grants(places: Sequence[str]) -> list[Grant]:
    """Places as typed or chosen; what follows a name in brackets, where a list has suggested it."""
    return sorted({parse_grant(place.rpartition("(")[2].rstrip(") ")) for place in places})


def _said(grants: Sequence[Grant]) -> str:
    return ", ".join(map(str, grants)) or "nothing"


def _check_sees_something(person: NewPerson) -> None:
    if not person.grants:
        raise PeopleError("no_places", "a place is missing: the world, or what they may see of it")


def _values(person: Person) -> dict[str, object]:
    return {"email": person.email, "name": person.name, "role": person.role}


async def _form(
    request: Request,
    person: Person | None,
    values: dict[str, object],
    grants: Sequence[Grant],
    *,
    problem: str = "",
    done: str = "",
    password: str = "",
    status: int = 200,
) -> HTMLResponse:
    places = await gate_of(request).people.store.places()
    known = {place.grant: place.name for place in places} | {Grant(Level.WORLD): names.level(Level.WORLD)}
    return render(
        request,
        "admin_person.html",
        status,
        person=person,
        values=values,
        chosen=[(str(grant), known.get(grant, str(grant))) for grant in grants],
        places=[(str(grant), name) for grant, name in known.items() if grant not in set(grants)],
        roles=list(Role),
        say=people_words,
        problem=problem,
        done=done,
        password=password,
    )
