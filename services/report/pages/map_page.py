"""The map of a place's shops: a card that an overview fetches when somebody gets to it, and a page of its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.report.handler.map import ReadMap
from services.report.pages import shop_map
from services.report.pages.questions import PlaceWord, When
from services.report.pages.security import SignedIn
from services.report.pages.templating import render
from services.report.pages.where import asked_place

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
# Rows of the table beside the map; the league has all of them.
_MOST_ROWS = 100


@router.get("/map")
async def shops_on_map(
    request: Request, viewer: SignedIn, when: Annotated[When, Depends()], place: PlaceWord = None
) -> HTMLResponse:
    """Where shops are."""
    found = await asked_place(request, viewer, place)
    if found is None:
        return render(request, "no_places.html")
    read_map: ReadMap = request.app.state.read_map
    shown = await read_map(viewer.person_id, when.of(*found))
    drawn = shop_map.shop_map(shown.places, shown.min_cell)
    return render(request, "map.html", shown=shown, drawn=drawn, listed=shown.places[:_MOST_ROWS])
