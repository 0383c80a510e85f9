"""The page of operations at /docs: Swagger UI out of this service's own files, over the description at /openapi.json."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER: Final = Path(__file__).parents[1] / "static"
_HEADERS: Final = {
    # Nothing from elsewhere, nothing inline. Swagger UI's icons are data in its style sheet.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Kept, and asked for again: what is unchanged is answered 304.
    "Cache-Control": "no-cache",
}


def docs_routes() -> list[BaseRoute]:
    """Where the page and its files are. They are found by the page's own address: a proxy may put a prefix before both."""
    return [
        Route("/", _to_page, name="root"),
        Route("/docs", _page, name="docs"),
        Mount("/static", _Files(directory=_FOLDER), name="static"),
    ]


async def _to_page(_: Request) -> Response:
    return RedirectResponse("docs")  # from wherever this is


async def _page(_: Request) -> Response:
    return FileResponse(_FOLDER / "docs.html", headers=_HEADERS)


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response
