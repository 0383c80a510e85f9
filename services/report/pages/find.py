"""Places by the letters of their name, for the search that every page has."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.report.handler.tallies import Tallies
from services.report.pages.security import SignedIn
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST = 20


@router.get("/find")
async def find(request: Request, viewer: SignedIn, q: Annotated[str, Query(max_length=120)] = "") -> HTMLResponse:
    """A page with the places found; the search shows only its list."""
    tallies: Tallies = request.app.state.tallies
    letters = q.replace("\0", "").strip()
    sites = []
    if letters:
        async with tallies.seen_by(viewer.person_id) as reader:
            sites = list(await reader.find(letters, _MOST))
    return render(request, "find.html", q=letters, sites=sites, most=_MOST)
