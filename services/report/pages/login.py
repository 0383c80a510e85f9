"""Signing in and out: with a password, or at an OpenID provider."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadData
from prometheus_client import Counter
from starlette.exceptions import HTTPException

from services.common.errors import TransientError
from services.common.logging import get_logger
from services.report.domain.openid import OpenidError, Started
from services.report.domain.people import PeopleError, clean_email
from services.report.domain.signing_in import TooManyAttemptsError, UnknownIdentityError, WrongLoginError
from services.report.pages.i18n import _, ngettext
from services.report.pages.security import (
    SignedIn,
    gate_of,
    is_login_form,
    issue_login_form,
    note_now,
    safe_next,
    session_viewer,
)
from services.report.pages.templating import render

_log = get_logger(__name__)
_FORM_LASTS_S = 12 * 3600
_AT_PROVIDER_S = 600
# Where the provider sends browsers back to; it has to know this address.
OPENID_BACK = "/login/openid/back"

SIGN_INS = Counter("facetally_report_sign_ins_total", "Attempts to sign in, by what came of them", ["outcome"])

# The only pages that nobody has to be signed in for.
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
# Signing out is a form of somebody's session.
leaving = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/login")
async def form(request: Request, wanted: Annotated[str, Query(alias="next", max_length=2000)] = "/") -> Response:
    """Ask who it is; who is signed in already goes on."""
    if await session_viewer(request) is not None:
        return RedirectResponse(safe_next(wanted), status_code=303)
    return _page(request, wanted)


@router.post("/login")
async def sign_in(
    request: Request,
    email: Annotated[str, Form(max_length=400)] = "",
    password: Annotated[str, Form(max_length=2000)] = "",
    sent: Annotated[str, Form(alias="login", max_length=400)] = "",
    wanted: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> Response:
    """Begin a session, under a token that nobody has seen before."""
    if not is_login_form(request, sent, _FORM_LASTS_S):
        return _page(request, wanted, email, _("The page was open for too long. Please try again."), 400)
    gate = gate_of(request)
    address = request.client.host if request.client else "unknown"
    try:
        opened = await gate.sign_in.with_password(email, password, address)
    except TooManyAttemptsError as error:
        SIGN_INS.labels("limited").inc()
        await note_now(request, "sign_in_refused", _address(email), why="too many attempts")
        minutes = -(-error.retry_after_s // 60)
        problem = ngettext(
            "Too many attempts. Try again in %(number)s minute.",
            "Too many attempts. Try again in %(number)s minutes.",
            minutes,
        ) % {"number": minutes}
        page = _page(request, wanted, email, problem, 429)
        page.headers["Retry-After"] = str(error.retry_after_s)
        return page
    except WrongLoginError as error:
        SIGN_INS.labels("wrong").inc()
        await note_now(request, "sign_in_failed", _address(email))
        left = ngettext("%(number)s try left.", "%(number)s tries left.", error.left) % {"number": error.left}
        return _page(request, wanted, email, f"{_('E-mail and password do not match.')} {left}", 401)
    SIGN_INS.labels("password").inc()
    request.state.viewer = opened.viewer
    await _end_present_session(request)
    await note_now(request, "signed_in", how="password")
    response = RedirectResponse(safe_next(wanted), status_code=303)
    gate.let_in(response, opened)
    gate.drop_cookie(response, "login")
    return response


@router.get("/login/openid")
async def to_provider(request: Request, wanted: Annotated[str, Query(alias="next", max_length=2000)] = "/") -> Response:
    """Send the browser to the OpenID provider."""
    gate = gate_of(request)
    if gate.provider is None:
        raise HTTPException(404)
    try:
        started = await gate.provider.begin()
    except (OpenidError, TransientError) as error:
        _log.warning("openid_provider_away", error=str(error))
        return _page(request, wanted, problem=_("Company sign-on does not answer. Try again in a moment."), status=503)
    response = RedirectResponse(started.url, status_code=303)
    kept = [started.state, started.nonce, started.verifier, safe_next(wanted)]
    gate.set_cookie(response, "openid", gate.signer("openid").dumps(kept), _AT_PROVIDER_S)
    return response


@router.get(OPENID_BACK)
async def from_provider(request: Request, code: str = "", state: str = "", error: str = "") -> Response:
    """Begin a session of whoever the provider vouches for."""
    gate = gate_of(request)
    if gate.provider is None:
        raise HTTPException(404)
    try:
        started, wanted = _begun(request)
        if error or not code or not secrets.compare_digest(state.encode(), started.state.encode()):
            raise OpenidError(f"came back with {error[:40] or 'another state'}")
        identity = await gate.provider.finish(code, started.nonce, started.verifier)
        opened = await gate.sign_in.with_identity(identity)
    except TransientError as away:
        _log.warning("openid_provider_away", error=str(away))
        return _page(request, problem=_("Company sign-on does not answer. Try again in a moment."), status=503)
    except (OpenidError, UnknownIdentityError) as refused:
        SIGN_INS.labels("openid_refused").inc()
        _log.warning("openid_refused", error=str(refused))
        why = "unknown person" if isinstance(refused, UnknownIdentityError) else "no valid identity"
        await note_now(request, "sign_in_failed", how="OpenID Connect", why=why)
        page = _page(
            request,
            problem=_("Company sign-on does not let you in here. Ask an admin of the reports."),
            status=403,
        )
        gate.drop_cookie(page, "openid")
        return page
    SIGN_INS.labels("openid").inc()
    request.state.viewer = opened.viewer
    await _end_present_session(request)
    await note_now(request, "signed_in", how="OpenID Connect")
    response = RedirectResponse(wanted, status_code=303)
    gate.let_in(response, opened)
    gate.drop_cookie(response, "openid")
    return response


@leaving.post("/logout")
async def sign_out(request: Request, viewer: SignedIn) -> Response:
    """End the session, here and in the database."""
    gate = gate_of(request)
    await _end_present_session(request)
    await note_now(request, "signed_out", viewer.email)
    response = RedirectResponse("/login", status_code=303)
    gate.drop_cookie(response)
    return response


def _begun(request: Request) -> tuple[Started, str]:
    gate = gate_of(request)
    try:
        kept = gate.signer("openid").loads(request.cookies.get(gate.cookie("openid"), ""), max_age=_AT_PROVIDER_S)
    except BadData as error:
        raise OpenidError("nobody has begun here, or too long ago") from error
    state, nonce, verifier, wanted = kept
    return Started("", state, nonce, verifier), wanted


async def _end_present_session(request: Request) -> None:
    gate = gate_of(request)
    if token := request.cookies.get(gate.cookie()):
        await gate.sign_in.sign_out(token)


def _address(typed: str) -> str:
    """What was typed, where it is an e-mail address: people also type passwords into the wrong field."""
    try:
        return clean_email(typed)
    except PeopleError:
        return ""


def _page(request: Request, wanted: str = "/", email: str = "", problem: str = "", status: int = 200) -> HTMLResponse:
    gate = gate_of(request)
    cookie, sent = issue_login_form(gate)
    page = render(
        request,
        "login.html",
        status,
        email=email,
        problem=problem,
        next=safe_next(wanted),
        login=sent,
        openid=gate.provider_label if gate.provider else "",
        host=request.url.hostname,
    )
    gate.set_cookie(page, "login", cookie, _FORM_LASTS_S)
    return page
