"""The web application: routes, error pages, and the headers that every answer carries."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from services.common.errors import TransientError
from services.common.logging import get_logger
from services.common.streams import MAX_MESSAGE_BYTES
from services.report.domain import PeriodError
from services.report.handler import ReadTally, UnknownPlaceError
from services.report.pages import api, camera_check, overview
from services.report.pages.camera_check import CameraCheckPage
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

PROBLEMS = {
    400: ("That cannot be read", "The form came in a shape that no browser sends."),
    404: ("There is nothing here", "This place is not in the estate, or the address has a slip in it."),
    405: ("That cannot be done here", "This address does not take that."),
    422: ("That period makes no sense", "A period is a first and a last day, such as ?from=2026-11-01&to=2026-11-24."),
    503: ("The numbers are away", "The database does not answer. Nothing is lost; this page tries again by itself."),
}


def make_app(read_tally: ReadTally, check_page: CameraCheckPage, allowed_hosts: list[str]) -> FastAPI:
    """The application.

    Args:
        read_tally: answers every question.
        check_page: tries out photos.
        allowed_hosts: names under which the pages may be asked for; others are refused, so that no other site can
            have a visitor's browser read them through a name of its own.
    """
    MultiPartParser.spool_max_size = MAX_MESSAGE_BYTES  # photos that are tried out stay in memory
    # FastAPI's own documentation pages fetch their scripts from elsewhere; the description itself is enough.
    app = FastAPI(
        title="facetally reports", version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.state.read_tally = read_tally
    app.state.camera_check = check_page
    app.include_router(overview.router)
    app.include_router(camera_check.router)
    app.include_router(api.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts)
    app.middleware("http")(_finish)
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
    response.headers.update(HEADERS)
    forever = page == "static" and "v" in request.query_params
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if forever else "no-store"
    return response


def _kind(path: str) -> str:
    first = path.split("/", 2)[1]
    return (
        first
        if first in {"static", "api", "regions", "cities", "shops", "camera-check"}
        else "world"
        if path == "/"
        else "other"
    )


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
    title, help_ = PROBLEMS.get(status, (HTTPStatus(status).phrase, ""))
    headers = {"Retry-After": str(_RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if request.url.path.startswith("/api/"):
        body = {"error": {"title": title, "detail": detail or help_}}
        return JSONResponse(body, status_code=status, headers=headers)
    page = render("problem.html", status, title=title, detail=detail, help=help_, away=status == 503)
    page.headers.update(headers)
    return page
