"""What every request leaves behind: how long it took, how it ended, whose it was. No address, no photo."""

import uuid
from time import perf_counter
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.logging import get_logger

REQUESTS = Counter(
    "facetally_faceapi_requests_total",
    "Requests, by operation, by the name of the API key (empty: none that is known) and by HTTP status",
    ["operation", "key", "status"],
)
SECONDS = Histogram(
    "facetally_faceapi_request_seconds",
    "Time from a request's head to the end of its answer, by operation",
    ["operation"],
    buckets=(0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30),
)
IN_FLIGHT = Gauge("facetally_faceapi_requests_in_flight", "Requests that have been let in, and are not answered yet")
# The word by which Azure's clients report a request.
_REQUEST_ID: Final = b"apim-request-id"
_OTHER: Final = "other"
# What says that a request has a body.
_BODY: Final = frozenset({b"content-length", b"transfer-encoding"})

_log = get_logger(__name__)


class Metering:
    """ASGI middleware around the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, request_id = perf_counter(), 500, str(uuid.uuid4())
        comes_more = any(name in _BODY for name, _ in scope["headers"])

        async def reading() -> Message:
            nonlocal comes_more
            message = await receive()
            comes_more = message.get("more_body", False)
            return message

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_REQUEST_ID, request_id.encode())]
                if comes_more:  # it will not be read: whoever keeps connections must not send another request after it
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            await self._app(scope, reading, noting)
        finally:
            route = scope.get("route")
            operation = getattr(route, "name", _OTHER)
            key = scope.get("state", {}).get("key_name", "")
            seconds = perf_counter() - began
            REQUESTS.labels(operation, key, status).inc()
            SECONDS.labels(operation).observe(seconds)
            _log.debug(
                "request", request_id=request_id, operation=operation, key=key, status=status, seconds=round(seconds, 4)
            )
