"""The overview: one page for the world, a region, a city, a shop, a group, and all places of somebody."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.report.domain.places import Level, Place
from services.report.handler.overview import Overview, ReadOverview
from services.report.handler.tallies import Tallies
from services.report.pages import charts, digests, names
from services.report.pages.questions import Slug, When
from services.report.pages.security import SignedIn
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Asking = Annotated[When, Depends()]


@router.get("/")
async def home(request: Request, viewer: SignedIn, when: Asking) -> Response:
    """Where somebody begins: the world, their one place, or all that they may see."""
    tallies: Tallies = request.app.state.tallies
    async with tallies.seen_by(viewer.person_id) as reader:
        found = await reader.home()
    if found is None:
        return render(request, "no_places.html")
    level, slug = found
    if slug:
        address = names.path(Place(level, slug, ""))
        return RedirectResponse(address + (f"?{request.url.query}" if request.url.query else ""), 303)
    return await _page(request, viewer, when, level)


@router.get("/regions/{slug}")
async def region(request: Request, viewer: SignedIn, slug: Slug, when: Asking) -> HTMLResponse:
    """One region."""
    return await _page(request, viewer, when, Level.REGION, slug)


@router.get("/cities/{slug}")
async def city(request: Request, viewer: SignedIn, slug: Slug, when: Asking) -> HTMLResponse:
    """One city."""
    return await _page(request, viewer, when, Level.CITY, slug)


@router.get("/shops/{slug}")
async def shop(request: Request, viewer: SignedIn, slug: Slug, when: Asking) -> HTMLResponse:
    """One shop."""
    return await _page(request, viewer, when, Level.SHOP, slug)


@router.get("/groups/{slug}")
async def group(request: Request, viewer: SignedIn, slug: Slug, when: Asking) -> HTMLResponse:
    """A group of shops."""
    return await _page(request, viewer, when, Level.GROUP, slug)


async def _page(request: Request, viewer: SignedIn, when: When, level: Level, slug: str = "") -> HTMLResponse:
    read_overview: ReadOverview = request.app.state.read_overview
    overview = await read_overview(viewer.person_id, when.of(level, slug))
    return render(request, "overview.html", 200, **context(overview))


def context(overview: Overview) -> dict[str, object]:
    """What the template is told."""
    return {"o": overview, "digest": digests.overview(overview), "charts": charts.overview(overview)}
