"""What is wrong and what to do about it, as a page or as JSON."""

from http import HTTPStatus
from typing import Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from services.common.streams import MAX_MESSAGE_BYTES
from services.report.pages.i18n import _
from services.report.pages.templating import render

_RETRY_AFTER_S: Final = 5


def problem(request: Request, status: int, detail: str = "") -> Response:
    """Answer with a problem.

    Args:
        request: what was asked for; machines get JSON.
        status: of the answer.
        detail: what is wrong in this very case, as a sentence; empty: what usually is.
    """
    title, help_ = words(status)
    headers = {"Retry-After": str(_RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if request.url.path.startswith("/api/"):
        body = {"error": {"title": title, "detail": detail or help_}}
        return JSONResponse(body, status_code=status, headers=headers)
    away = status == HTTPStatus.SERVICE_UNAVAILABLE
    page = render(request, "problem.html", status, title=title, detail=detail, help=help_, away=away)
    page.headers.update(headers)
    return page


def words(status: int) -> tuple[str, str]:
    """A title, and a sentence that helps."""
    known = {
        400: (_("That cannot be read"), _("The form came in a shape that no browser sends.")),
        403: (
            _("That is not for you"),
            _("Your account may not do this, or the form was too old: go back, load the page again and try once more."),
        ),
        404: (
            _("There is nothing here"),
            _("This place is not among those that you may see, or the address has a slip in it."),
        ),
        405: (_("That cannot be done here"), _("This address does not take that.")),
        413: (_("That is too large"), _("Send %(n)s MB at most.") % {"n": MAX_MESSAGE_BYTES // 1_000_000}),
        422: (
            _("That question makes no sense"),
            _("A period is a first and a last day, such as ?from=2026-11-01&to=2026-11-24."),
        ),
        503: (
            _("The numbers are away"),
            _("The database does not answer. Nothing is lost; this page tries again by itself."),
        ),
    }
    return known.get(status) or (HTTPStatus(status).phrase, "")
