"""One's own account: password, language, API tokens."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.report.domain.passwords import SHORTEST_PASSWORD
from services.report.domain.people import (
    TOKEN_LONGEST_DAYS,
    Grant,
    PeopleError,
    Person,
    Role,
    Viewer,
    clean_name,
)
from services.report.domain.places import Level
from services.report.pages import names
from services.report.pages.i18n import _
from services.report.pages.people_words import refusal
from services.report.pages.security import Analyst, SignedIn, gate_of, note_now
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/account")
async def account(request: Request, viewer: SignedIn) -> HTMLResponse:
    """What is known of whoever asks."""
    return await _page(request, viewer)


@router.post("/account/password")
async def change_password(
    request: Request,
    viewer: SignedIn,
    old: Annotated[str, Form(max_length=2000)] = "",
    new: Annotated[str, Form(max_length=2000)] = "",
    again: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Change the password: every other session ends, this one goes on under a new token."""
    gate = gate_of(request)
    try:
        if new != again:
            raise PeopleError("typed_twice", "the new password was typed in two ways")
        await gate.people.change_password(viewer, old, new)
    except PeopleError as error:
        return await _page(request, viewer, problem=refusal(error), status=422)
    await note_now(request, "password_changed", viewer.email)
    opened = await gate.sign_in.again(viewer)
    request.state.viewer = opened.viewer
    page = await _page(request, opened.viewer, done=_("Your password is changed. Other browsers are signed out."))
    gate.let_in(page, opened)
    return page


@router.post("/account/language")
async def change_language(request: Request, viewer: SignedIn, language: Annotated[str, Form()] = "") -> Response:
    """Speak another language from now on."""
    try:
        await gate_of(request).people.set_language(viewer, language)
    except PeopleError as error:
        return await _page(request, viewer, problem=refusal(error), status=422)
    return RedirectResponse("/account", status_code=303)


@router.post("/account/tokens")
async def make_token(
    request: Request,
    viewer: Analyst,
    name: Annotated[str, Form(max_length=200)] = "",
    days: Annotated[int, Form(ge=1, le=TOKEN_LONGEST_DAYS)] = 90,
) -> Response:
    """Make an API token; this answer is the only one that shows it."""
    people = gate_of(request).people
    try:
        name = clean_name(name)
        await note_now(request, "token_made", name, days=days)
        token = await people.make_token(viewer.person_id, viewer.role, name, days)
    except PeopleError as error:
        return await _page(request, viewer, problem=refusal(error), status=422)
    return await _page(request, viewer, token=token)


@router.post("/account/tokens/{token_id}/revoke")
async def revoke_token(request: Request, viewer: SignedIn, token_id: int) -> Response:
    """End one's own API token."""
    people = gate_of(request).people
    for token in await people.store.tokens(viewer.person_id):
        if token.token_id == token_id:
            await note_now(request, "token_revoked", token.name)
            await people.store.revoke_token(viewer.person_id, token_id)
    return RedirectResponse("/account", status_code=303)


async def _page(
    request: Request, viewer: Viewer, *, problem: str = "", done: str = "", token: str = "", status: int = 200
) -> HTMLResponse:
    store = gate_of(request).people.store
    person: Person | None = await store.person(viewer.person_id)
    known = {place.grant: place.name for place in await store.places()} if person and person.grants else {}
    # The world has its name in every language.
    known[Grant(Level.WORLD)] = names.level(Level.WORLD)
    return render(
        request,
        "account.html",
        status,
        person=person,
        places=[known.get(grant, str(grant)) for grant in (person.grants if person else ())],
        tokens=await store.tokens(viewer.person_id) if viewer.may(Role.ANALYST) else [],
        may_make_tokens=viewer.may(Role.ANALYST),
        shortest=SHORTEST_PASSWORD,
        longest_days=TOKEN_LONGEST_DAYS,
        problem=problem,
        done=done,
        token=token,
    )
