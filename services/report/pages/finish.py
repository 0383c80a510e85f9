"""What every answer gets on its way out: it is measured, noted, and carries the headers that keep a browser safe."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from prometheus_client import Counter, Histogram

from services.report.pages.security import SAFE_METHODS, note_view

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
    {"static", "api", "regions", "cities", "shops", "groups", "map", "explore", "compare", "league", "cameras", "camera-check",
     "privacy", "review", "find", "export", "schedules", "login", "logout", "account", "admin"}
)  # fmt: skip


async def finish(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Measure, and add the headers."""
    page = _kind(request.url.path)
    with SECONDS.labels(page).time():
        response = await call_next(request)
    REQUESTS.labels(page, response.status_code).inc()
    note_view(request, response.status_code)
    response.headers.update(HEADERS)
    if request.method not in SAFE_METHODS:
        # What answers a form has no address of its own: whoever loads the page again gets the one with the form.
        response.headers["HX-Push-Url"] = "false"
    response.headers["Cache-Control"] = _kept(page, request)
    return response


def _kept(page: str, request: Request) -> str:
    """How long browsers may keep an answer: files for ever where their address has their digest, fonts for a day."""
    if page != "static":
        return "no-store"
    return "public, max-age=31536000, immutable" if "v" in request.query_params else "public, max-age=86400"


def _kind(path: str) -> str:
    first = path.split("/", 2)[1]
    return first if first in _PAGES else "home" if path == "/" else "other"
