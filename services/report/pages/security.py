"""Who asks, and whether they may: the one place where sessions, tokens, roles and forms are checked.

Everything but the login page hangs on `signed_in`; `Analyst` and `Admin` ask for more. Numbers are kept apart in the
database itself, by whoever `Viewer.person_id` is: nothing here has to know of places.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Final, Protocol
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from services.common.streams import MAX_MESSAGE_BYTES
from services.report.domain.audit import AuditEntry
from services.report.domain.openid import Started
from services.report.domain.people import Role, Viewer
from services.report.domain.signing_in import SESSION_LONGEST, Identity
from services.report.handler.audit import AuditTrail
from services.report.handler.people import People
from services.report.handler.sign_in import Opened, SignIn
from services.report.pages import i18n

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_DETAILS = 20
# What a page is asked: noted before anything else that an address says.
_WORDS = (
    "place", "subject", "period", "from", "to", "step", "gender", "band", "mood", "compare", "sort", "order", "find", "page",
    "state", "q", "measure",
)  # fmt: skip


class Provider(Protocol):
    """An OpenID provider."""

    async def begin(self) -> Started:
        """Begin to sign in."""
        ...

    async def finish(self, code: str, nonce: str, verifier: str) -> Identity:
        """Whom the provider vouches for."""
        ...


@dataclass(frozen=True, slots=True)
class Gate:
    """What the pages need to know who asks.

    Args:
        secure_cookies: cookies go over https only; their names say so, which browsers enforce.
        key: signs what browsers keep for a moment before somebody has signed in; all replicas have the same.
        provider: None where nobody signs in through OpenID Connect.
        provider_label: what its button says.
    """

    sign_in: SignIn
    people: People
    trail: AuditTrail
    key: str
    secure_cookies: bool = True
    provider: Provider | None = None
    provider_label: str = ""

    def cookie(self, purpose: str = "") -> str:
        """The name of a cookie."""
        return ("__Host-" if self.secure_cookies else "") + "facetally" + (f"-{purpose}" if purpose else "")

    def signer(self, purpose: str) -> URLSafeTimedSerializer:
        """What signs for a purpose."""
        return URLSafeTimedSerializer(self.key, salt=f"facetally {purpose}")

    def set_cookie(self, response: Response, purpose: str, value: str, max_age_s: int) -> None:
        """Have the browser keep something, out of reach of scripts and of other sites' forms."""
        response.set_cookie(
            self.cookie(purpose), value, max_age=max_age_s, httponly=True, secure=self.secure_cookies, samesite="lax"
        )

    def drop_cookie(self, response: Response, purpose: str = "") -> None:
        """Have the browser forget it."""
        response.delete_cookie(self.cookie(purpose), httponly=True, secure=self.secure_cookies, samesite="lax")

    def let_in(self, response: Response, opened: Opened) -> None:
        """Give the browser its session."""
        self.set_cookie(response, "", opened.token, int(SESSION_LONGEST.total_seconds()))


class NotSignedInError(Exception):
    """Nobody has signed in, or their session has ended."""


def gate_of(request: Request) -> Gate:
    """The application's gate."""
    gate: Gate = request.app.state.gate
    return gate


async def session_viewer(request: Request) -> Viewer | None:
    """Whose session the browser holds, if any."""
    gate = gate_of(request)
    token = request.cookies.get(gate.cookie(), "")
    return await gate.sign_in.viewer(token) if token else None


async def signed_in(request: Request) -> Viewer:
    """Whoever asks; what changes something comes from a form of ours, and an API token changes nothing.

    Raises:
        NotSignedInError: nobody is signed in.
        HTTPException: 403 where a form does not carry its token.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        viewer = await gate_of(request).sign_in.machine(token.strip()) if scheme.lower() == "bearer" else None
    else:
        viewer = await session_viewer(request)
    if viewer is None:
        raise NotSignedInError
    request.state.viewer = viewer
    i18n.speak(viewer.language)
    if request.method not in SAFE_METHODS:
        if viewer.via_token or not is_from_here(request) or not await _has_csrf(request, viewer.csrf):
            raise HTTPException(403)
    elif request.url.path.startswith("/export/"):
        await note_now(request, "exported", request.url.path, **asked_words(request))
    return viewer


def _at_least(role: Role) -> Callable[[Viewer], Awaitable[Viewer]]:
    async def check(viewer: SignedIn) -> Viewer:
        if not viewer.may(role):
            raise HTTPException(403)
        return viewer

    return check


SignedIn = Annotated[Viewer, Depends(signed_in)]
Analyst = Annotated[Viewer, Depends(_at_least(Role.ANALYST))]
Admin = Annotated[Viewer, Depends(_at_least(Role.ADMIN))]


def is_from_here(request: Request) -> bool:
    """Whether a form was sent from a page of ours, as far as the browser says."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _has_csrf(request: Request, expected: str) -> bool:
    """Whether the session's own token comes along, in a header or in the form."""
    sent: str | UploadFile | None = request.headers.get("x-csrf-token")
    if sent is None:
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            raise HTTPException(411)
        if int(length) > MAX_MESSAGE_BYTES:
            raise HTTPException(413)
        try:
            form = await request.form()
        except MultiPartException as error:
            raise HTTPException(400) from error
        sent = form.get("csrf")
    return isinstance(sent, str) and secrets.compare_digest(sent.encode(), expected.encode())


def issue_login_form(gate: Gate) -> tuple[str, str]:
    """A cookie, and what the login form has to carry along with it."""
    cookie = secrets.token_urlsafe(32)
    return cookie, gate.signer("login form").dumps(cookie)


def is_login_form(request: Request, sent: str, max_age_s: int) -> bool:
    """Whether the login form came from a page that this browser got from us."""
    gate = gate_of(request)
    try:
        cookie = gate.signer("login form").loads(sent, max_age=max_age_s)
    except BadData:
        return False
    kept = request.cookies.get(gate.cookie("login"), "")
    return is_from_here(request) and secrets.compare_digest(str(cookie).encode(), kept.encode())


def safe_next(wanted: str) -> str:
    """Where to go after signing in: only ever a page of ours."""
    if not wanted.isprintable() or "\\" in wanted or len(wanted) > 2000 or not wanted.startswith("/"):
        return "/"
    url = urlsplit(wanted)
    is_ours = not url.scheme and not url.netloc and not wanted.startswith("//")
    return wanted if is_ours and not url.path.startswith(("/login", "/logout")) else "/"


async def ask_to_sign_in(request: Request, _error: Exception) -> Response:
    """Answer who has not signed in: people get the login page, machines a 401."""
    if request.url.path.startswith("/api/") or "authorization" in request.headers:
        body = {"error": {"title": "Sign in first", "detail": "Send an API token: Authorization: Bearer ft_..."}}
        return JSONResponse(body, status_code=401, headers={"WWW-Authenticate": "Bearer"})
    is_page = request.method == "GET"
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = f"/login?next={quote(wanted, safe='')}" if is_page and wanted != "/" else "/login"
    if "hx-request" in request.headers:
        # The browser itself shall go there, and not a part of the page.
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _entry(request: Request, action: str, subject: str, details: dict[str, object]) -> AuditEntry:
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    host = request.client.host if request.client else ""
    try:
        address = str(ip_address(host))
    except ValueError:
        address = None
    if viewer is not None and viewer.via_token:
        details = {**details, "via": "API token"}
    return AuditEntry(
        viewer.person_id if viewer else None,
        viewer.email if viewer else "",
        action,
        subject[:500],
        tuple((key[:60], str(value)[:500]) for key, value in list(details.items())[:_MOST_DETAILS]),
        address,
    )


def asked_words(request: Request) -> dict[str, object]:
    """What an address asks for, every value of a word that is there several times; of what means nothing, how much it is."""
    said: dict[str, object] = {}
    for name in _WORDS:
        if values := request.query_params.getlist(name):
            said[name] = ", ".join(values)
    others = sum(name not in _WORDS for name, _ in request.query_params.multi_items())
    return said | ({"other words": others} if others else {})


def note(request: Request, action: str, subject: str = "", /, **details: object) -> None:
    """Write into the audit log, soon: for what somebody only looks at."""
    gate_of(request).trail.note(_entry(request, action, subject, details))


async def note_now(request: Request, action: str, subject: str = "", /, **details: object) -> None:
    """Write into the audit log, before anything is done.

    Raises:
        TransientError: it could not be written, so that it must not be done.
    """
    await gate_of(request).trail.note_now(_entry(request, action, subject, details))


def note_view(request: Request, status: int) -> None:
    """Write down which page somebody has seen, or was refused; called once for every answer."""
    if getattr(request.state, "viewer", None) is None or request.method != "GET":
        return
    if request.url.path.startswith("/export/"):
        return
    if status < 300:
        note(request, "viewed", request.url.path, **asked_words(request))
    elif status in (403, 404):
        note(request, "refused", request.url.path, **asked_words(request))
