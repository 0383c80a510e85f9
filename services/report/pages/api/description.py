"""/api/openapi.json."""

from functools import cache
from typing import Any

from fastapi.openapi.utils import get_openapi

from services.report.pages.api.routes import router

_ABOUT = """Visitors of shops by age, gender and mood, as the pages show them.

* Numbers are those that the caller may see; other places answer 404, as if they were not there.
* Counts under `min_cell` are `null` with `hidden: true`, and with them what would give them away.
* A gap is no zero: where no camera sent anything, the count is `null` with `gap: true`.
* Days and hours are each shop's own time, without a zone; `time_zones` says which.
* Shares are 0 to 1 with four decimals, indexes have one.
"""


@cache
def description() -> dict[str, Any]:
    """The OpenAPI description, with both ways to sign in."""
    found = get_openapi(title="facetally", version="1", description=_ABOUT, routes=router.routes)
    found["components"]["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token, made on the account page: `Authorization: Bearer ft_...`",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-facetally",
            "description": "The session of a browser that has signed in",
        },
    }
    found["security"] = [{"token": []}, {"session": []}]
    return found
