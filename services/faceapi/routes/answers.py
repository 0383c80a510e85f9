"""How it is said that there is no answer, in each protocol's words."""

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.common.errors import BadInputError, TransientError
from services.common.logging import get_logger
from services.faceapi.domain import compreface
from services.faceapi.domain.azure import ErrorBody, ErrorDetail
from services.faceapi.domain.problems import ProblemError, busy, not_found, of_reason, wrong_argument

_log = get_logger(__name__)
COMPREFACE_PATH: Final = "/api/v1/detection/detect"
_NAMES: Final = {
    400: "Something in the request makes no sense, or the photo cannot be read",
    401: "There is no key, or nobody knows it",
    403: "An attribute that is not offered",
    404: "There is no such version",
    408: "The request did not arrive within 20 seconds",
    415: "The content type is none that can be read",
    429: "The key has had its share for now",
    503: "There is more to do than can be done now, or nobody answers",
}
_RETRY: Final = {
    "Retry-After": {"description": "Seconds until it makes sense to ask again", "schema": {"type": "integer"}}
}


def described(*statuses: int, body: type = ErrorBody) -> dict[int | str, dict[str, Any]]:
    """Answers with these statuses, for the description of the API."""
    return {
        status: {"model": body, "description": _NAMES[status]} | ({"headers": _RETRY} if status in (429, 503) else {})
        for status in statuses
    }


PROBLEMS: Final = described(*_NAMES)


def add_handlers(app: FastAPI) -> None:
    """Let the application say what is wrong."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return _said(request, error)

    async def on_bad_input(request: Request, error: Exception) -> Response:
        assert isinstance(error, BadInputError)
        return _said(request, of_reason(error.reason))

    async def on_transient(request: Request, error: Exception) -> Response:
        _log.warning("models_away", error=str(error))
        return _said(request, busy())

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        place = [str(part) for part in error.errors()[0]["loc"]]
        if place[0] == "path":
            return _said(request, not_found())
        return _said(request, wrong_argument(f"'{place[1]}' is invalid."))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = error.status_code
        response = _said(
            request, not_found() if status == 404 else ProblemError(status, str(status), str(error.detail))
        )
        response.headers.update(error.headers or {})
        return response

    async def on_bug(request: Request, error: Exception) -> Response:
        return _said(request, ProblemError(500, "InternalServerError", "Internal server error."))

    async def on_gone(request: Request, error: Exception) -> Response:
        return Response(status_code=400)  # nobody reads it

    for kind, handler in (
        (ProblemError, on_problem),
        (BadInputError, on_bad_input),
        (TransientError, on_transient),
        (RequestValidationError, on_invalid),
        (HTTPException, on_http),
        (ClientDisconnect, on_gone),
        (Exception, on_bug),
    ):
        app.exception_handler(kind)(handler)


def _said(request: Request, problem: ProblemError) -> Response:
    if request.url.path == COMPREFACE_PATH:
        status, said = compreface.error(problem)
        body = said.model_dump_json()
    else:
        status, body = (
            problem.status,
            ErrorBody(error=ErrorDetail(code=problem.code, message=problem.message)).model_dump_json(),
        )
    headers = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    return Response(body, status, headers, media_type="application/json")
