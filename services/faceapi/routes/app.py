"""The web application: a router for each protocol."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware

from services.faceapi.routes import analyze, answers, azure, compreface
from services.faceapi.routes.desk import Desk
from services.faceapi.routes.docs import docs_routes
from services.faceapi.routes.metering import IN_FLIGHT, Metering

_ABOUT = """
Faces in photos: where they are, and age, gender, emotion and more of each. Speaks the protocol of Azure Face's `detect`, that of
CompreFace's detection service, and one of its own for several photos at once.
"""


_PROTOCOLS = (azure, analyze, compreface)


def make_app(desk: Desk, cors_allowed_origins: Sequence[str] = ()) -> FastAPI:
    """The application.

    Args:
        desk: what its routes stand on.
        cors_allowed_origins: sites whose pages may ask from a browser.
    """
    # FastAPI's own documentation pages fetch their scripts from elsewhere.
    app = FastAPI(docs_url=None, redoc_url=None, routes=docs_routes(), redirect_slashes=False)
    app.openapi = description  # type: ignore[method-assign] # as FastAPI's manual has it
    app.state.desk = desk
    for protocol in _PROTOCOLS:
        app.include_router(protocol.router)
    answers.add_handlers(app)
    if cors_allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=cors_allowed_origins,
            allow_methods=["POST"],
            allow_headers=["*"],
            expose_headers=["*"],
        )
    app.add_middleware(Metering)
    IN_FLIGHT.set_function(lambda: desk.admission.inside)
    return app


@cache
def description() -> dict[str, Any]:
    """The description of the API, as OpenAPI has it."""
    routes = [route for protocol in _PROTOCOLS for route in protocol.router.routes]
    described: dict[str, Any] = get_openapi(title="facetally Face API", version="1", description=_ABOUT, routes=routes)
    for operations in described["paths"].values():
        for operation in operations.values():
            # FastAPI's own answer to what it cannot read is never given: it is a 400 in each protocol's words.
            operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(unused, None)
    return described
