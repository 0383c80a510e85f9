"""The web application: routes, error pages, and the headers that every answer carries."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from services.common.errors import TransientError
from services.common.logging import get_logger
from services.common.streams import MAX_MESSAGE_BYTES
from services.report.domain.periods import PeriodError
from services.report.handler.cameras import CameraRecords, WatchCameras
from services.report.handler.compare import Compare
from services.report.handler.estate import EditEstate
from services.report.handler.explore import Explore
from services.report.handler.groups import Groups, GroupStore
from services.report.handler.league import ReadLeague
from services.report.handler.overview import ReadOverview
from services.report.handler.schedules import Schedules
from services.report.handler.tallies import Tallies, UnknownPlaceError
from services.report.pages import (
    account,
    api,
    camera_check,
    cameras,
    compare,
    explore,
    find,
    groups,
    league,
    login,
    overview,
    privacy,
    schedules,
)
from services.report.pages.admin import audit, estate, estate_camera, estate_import, estate_off, estate_shop, people
from services.report.pages.camera_check import CameraCheckPage
from services.report.pages.exports import routes as exports
from services.report.pages.exports.making import Maker
from services.report.pages.i18n import Language, _
from services.report.pages.privacy import Kept
from services.report.pages.security import Gate, NotSignedInError, ask_to_sign_in, note_view, signed_in
from services.report.pages.static_files import CompressedStaticFiles
from services.report.pages.templating import STATIC, render

_log = get_logger(__name__)
_RETRY_AFTER_S = 5

REQUESTS = Counter("facetally_report_requests_total", "Answers, by kind of page and status", ["page", "status"])
SECONDS = Histogram(
    "facetally_report_request_seconds",
    "Time to answer, by kind of page",
    ["page"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)

HEADERS = {
    # Nothing from elsewhere, nothing inline: a shop's name can never become a script.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_PAGES = frozenset(
    {"static", "api", "regions", "cities", "shops", "groups", "explore", "compare", "league", "cameras", "camera-check",
     "privacy", "find", "export", "schedules", "login", "logout", "account", "admin"}
)  # fmt: skip


def _words(status: int) -> tuple[str, str]:
    """What is wrong and what to do, in a title and a sentence."""
    match status:
        case 400:
            return _("That cannot be read"), _("The form came in a shape that no browser sends.")
        case 403:
            return _("That is not for you"), _(
                "Your account may not do this, or the form was too old: go back, load the page again and try once more."
            )
        case 404:
            return _("There is nothing here"), _(
                "This place is not among those that you may see, or the address has a slip in it."
            )
        case 405:
            return _("That cannot be done here"), _("This address does not take that.")
        case 413:
            return _("That is too large"), _("Send %(n)s MB at most.") % {"n": MAX_MESSAGE_BYTES // 1_000_000}
        case 422:
            return _("That question makes no sense"), _(
                "A period is a first and a last day, such as ?from=2026-11-01&to=2026-11-24."
            )
        case 503:
            return _("The numbers are away"), _(
                "The database does not answer. Nothing is lost; this page tries again by itself."
            )
        case _:
            return HTTPStatus(status).phrase, ""


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made of.

    Args:
        gate: knows who asks.
        tallies: what everybody may see of the database.
        groups: where groups of shops are kept.
        min_cell: the least count that is shown.
        check_page: tries out photos.
        allowed_hosts: names under which the pages may be asked for; others are refused, so that no other site can
            have a visitor's browser read them through a name of its own.
        cameras: what everybody may see of how cameras are; None: there is no such page.
        edit_estate: changes shops and cameras; None: the reports may not.
        kept: for how long things are kept, as the page Privacy says it.
        schedules: scheduled reports; None: there is no such page.
        sends_mail: whether there is a mail server to send them by.
        maker: makes files of views.
    """

    gate: Gate
    tallies: Tallies
    groups: GroupStore
    min_cell: int
    check_page: CameraCheckPage
    allowed_hosts: list[str]
    cameras: CameraRecords | None = None
    edit_estate: EditEstate | None = None
    kept: Kept = field(default_factory=Kept)
    schedules: Schedules | None = None
    sends_mail: bool = False
    maker: Maker = field(default_factory=Maker)


def make_app(site: Site) -> FastAPI:
    """The application."""
    MultiPartParser.spool_max_size = MAX_MESSAGE_BYTES  # photos that are tried out stay in memory
    # FastAPI's own documentation pages fetch their scripts from elsewhere; the description itself is enough.
    app = FastAPI(
        title="facetally reports", version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.openapi = api.description  # type: ignore[method-assign] # as FastAPI's manual has it
    app.state.gate = site.gate
    app.state.tallies = site.tallies
    app.state.read_overview = ReadOverview(site.tallies, site.min_cell)
    app.state.explore = Explore(site.tallies, site.min_cell)
    app.state.read_league = ReadLeague(site.tallies, site.min_cell)
    app.state.compare = Compare(site.tallies, site.min_cell)
    app.state.groups = Groups(site.tallies, site.groups)
    app.state.camera_check = site.check_page
    app.state.watch_cameras = site.cameras and WatchCameras(site.cameras)
    app.state.edit_estate = site.edit_estate
    app.state.kept = site.kept
    app.state.maker = site.maker
    app.state.schedules = site.schedules
    app.state.sends_mail = site.sends_mail
    app.state.min_cell = site.min_cell
    app.include_router(login.router)
    # Nothing else is answered to somebody who has not signed in, whatever a page forgets.
    for pages in (
        overview,
        explore,
        league,
        compare,
        groups,
        find,
        camera_check,
        account,
        people,
        audit,
        api,
        exports,
        schedules,
    ):
        app.include_router(pages.router, dependencies=[Depends(signed_in)])
    of_cameras = [cameras] if site.cameras else []
    of_estate = [estate_shop, estate_camera, estate_import, estate] if site.edit_estate else [estate_off]
    for pages in (privacy, *of_cameras, *of_estate):
        app.include_router(pages.router, dependencies=[Depends(signed_in)])
    app.include_router(login.leaving)
    app.mount("/static", CompressedStaticFiles(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Language)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=site.allowed_hosts)
    app.middleware("http")(_finish)
    app.exception_handler(NotSignedInError)(ask_to_sign_in)
    app.exception_handler(UnknownPlaceError)(_answer(404))
    app.exception_handler(PeriodError)(_answer(422))
    app.exception_handler(RequestValidationError)(_answer(422))
    app.exception_handler(TransientError)(_answer(503))
    app.exception_handler(HTTPException)(_http_error)
    return app


async def _finish(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Measure, and add the headers."""
    page = _kind(request.url.path)
    with SECONDS.labels(page).time():
        response = await call_next(request)
    REQUESTS.labels(page, response.status_code).inc()
    note_view(request, response.status_code)
    response.headers.update(HEADERS)
    forever = page == "static" and "v" in request.query_params
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if forever else "no-store"
    return response


def _kind(path: str) -> str:
    first = path.split("/", 2)[1]
    return first if first in _PAGES else "home" if path == "/" else "other"


def _answer(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, TransientError):
            _log.warning("tallies_away", error=str(error))
        return _problem(request, status, str(error) if isinstance(error, PeriodError) else "")

    return answer


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(request, error.status_code, "")


def _problem(request: Request, status: int, detail: str) -> Response:
    """What is wrong and what to do, as a page or as JSON."""
    title, help_ = _words(status)
    headers = {"Retry-After": str(_RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if request.url.path.startswith("/api/"):
        body = {"error": {"title": title, "detail": detail or help_}}
        return JSONResponse(body, status_code=status, headers=headers)
    page = render(request, "problem.html", status, title=title, detail=detail, help=help_, away=status == 503)
    page.headers.update(headers)
    return page
