"""Downloads: each view under the address of its page, with the same query."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.exceptions import HTTPException

from services.report.domain.league import Measure
from services.report.domain.people import Viewer
from services.report.domain.places import Level
from services.report.handler.cameras import WatchCameras
from services.report.handler.compare import MOST_SUBJECTS, Compare
from services.report.handler.explore import Explore
from services.report.handler.league import LeagueAsked, ReadLeague
from services.report.handler.overview import ReadOverview
from services.report.pages.cameras import Which
from services.report.pages.compare import subject_names
from services.report.pages.exports import views
from services.report.pages.exports.export import Export
from services.report.pages.exports.making import Format, Maker, UnknownSheetError
from services.report.pages.exports.pdf import PrinterMissingError
from services.report.pages.i18n import _
from services.report.pages.league import Order
from services.report.pages.questions import PlaceWord, When
from services.report.pages.security import SignedIn
from services.report.pages.subjects import SubjectWords, read_subject
from services.report.pages.templating import render
from services.report.pages.where import asked_place

router = APIRouter(prefix="/export", include_in_schema=False)
Asking = Annotated[When, Depends()]
SheetKey = Annotated[str, Query(max_length=40, description="Which table goes into a CSV; left out: the first one")]
Mark = Annotated[bool, Query(description="Begin a CSV with a byte-order mark, by which Excel knows UTF-8")]


async def _place(request: Request, viewer: Viewer, place: str | None) -> tuple[Level, str]:
    found = await asked_place(request, viewer, place)
    if found is None:  # they may see nothing
        raise HTTPException(404)
    return found


async def _send(request: Request, export: Export, form: Format, sheet: str = "", *, mark: bool = True) -> Response:
    maker: Maker = request.app.state.maker
    try:
        file = await maker(export, form, sheet=sheet, byte_order_mark=mark)
    except UnknownSheetError as error:
        raise HTTPException(404) from error
    except PrinterMissingError as error:
        return printer_missing(request, str(error))
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, media_type=file.media_type, headers=headers)


def printer_missing(request: Request, packages: str) -> Response:
    """This machine cannot make PDFs: what to install."""
    return render(
        request,
        "problem.html",
        503,
        title=_("PDFs cannot be made here yet"),
        detail="",
        help=_("The server lacks libraries. On Debian or Ubuntu: apt-get install %(packages)s")
        % {"packages": packages},
        away=False,
    )


@router.get("/overview.{form}")
async def overview(
    request: Request,
    viewer: SignedIn,
    form: Format,
    when: Asking,
    place: PlaceWord = None,
    sheet: SheetKey = "",
    bom: Mark = True,
) -> Response:
    """The overview of a place."""
    read: ReadOverview = request.app.state.read_overview
    seen = await read(viewer.person_id, when.of(*await _place(request, viewer, place)))
    return await _send(request, views.overview(seen, viewer, _now()), form, sheet, mark=bom)


@router.get("/explore.{form}")
async def explore(
    request: Request,
    viewer: SignedIn,
    form: Format,
    when: Asking,
    place: PlaceWord = None,
    sheet: SheetKey = "",
    bom: Mark = True,
) -> Response:
    """Any place, period and step."""
    read: Explore = request.app.state.explore
    seen = await read(viewer.person_id, when.of(*await _place(request, viewer, place)))
    return await _send(request, views.explore(seen, viewer, _now()), form, sheet, mark=bom)


@router.get("/compare.{form}")
async def compare(
    request: Request,
    viewer: SignedIn,
    form: Format,
    when: Asking,
    subject: SubjectWords = [],  # noqa: B006  # FastAPI copies it
    sheet: SheetKey = "",
    bom: Mark = True,
) -> Response:
    """Places, groups or periods side by side."""
    if not subject:
        raise HTTPException(404)
    read: Compare = request.app.state.compare
    seen = await read(viewer.person_id, [read_subject(word, when) for word in subject[:MOST_SUBJECTS]])
    export = views.compare(seen, subject_names(seen), viewer, _now())
    return await _send(request, export, form, sheet, mark=bom)


@router.get("/league.{form}")
async def league(
    request: Request,
    viewer: SignedIn,
    form: Format,
    when: Asking,
    place: PlaceWord = None,
    sort: Annotated[Measure, Query()] = Measure.VISITORS,
    order: Annotated[Order | None, Query()] = None,
    find: Annotated[str, Query(max_length=100)] = "",
    sheet: SheetKey = "",
    bom: Mark = True,
) -> Response:
    """Every shop, not only a page of them."""
    read: ReadLeague = request.app.state.read_league
    ascending = sort is Measure.NAME if order is None else order is Order.UP
    how = LeagueAsked(sort, ascending, find.strip(), limit=None)
    seen = await read(viewer.person_id, when.of(*await _place(request, viewer, place)), how)
    return await _send(request, views.league(seen, viewer, _now()), form, sheet, mark=bom)


@router.get("/cameras.{form}")
async def cameras(
    request: Request,
    viewer: SignedIn,
    form: Format,
    which: Annotated[Which, Depends()],
    place: PlaceWord = None,
    sheet: SheetKey = "",
    bom: Mark = True,
) -> Response:
    """Every camera, not only a page of them."""
    watch: WatchCameras | None = request.app.state.watch_cameras
    asked = replace(which.of(place), page=1)
    if watch is None or asked.level is Level.GROUP:
        raise HTTPException(404)
    seen = await watch.list(viewer.person_id, asked)
    found = list(seen.cameras)
    for page in range(2, seen.pages + 1):
        found += (await watch.list(viewer.person_id, replace(asked, page=page))).cameras
    export = views.cameras(replace(seen, cameras=tuple(found)), viewer, _now())
    return await _send(request, export, form, sheet, mark=bom)


def _now() -> datetime:
    return datetime.now(UTC)
