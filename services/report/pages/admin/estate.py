"""The estate, for admins: its shops, and the names of its cities and regions."""

from io import StringIO
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from services.common.errors import TransientError
from services.estate.adapters.estate_csv import write_estate
from services.estate.domain import ChangedMeanwhileError, EstateError
from services.estate.domain import Query as ShopQuery
from services.report.pages.admin.estate_forms import Conflict, edit_of, go, noted, page, text
from services.report.pages.i18n import _
from services.report.pages.questions import SLUG_PATTERN, Slug
from services.report.pages.security import Admin, note_now

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
PAGE_SIZE = 50
_FOLDERS = {"regions": "region", "cities": "city"}

Chosen = Annotated[str, Query(pattern=f"^({SLUG_PATTERN})?$")]


@router.get("/admin/estate")
async def shops(
    request: Request,
    _viewer: Admin,
    q: Annotated[str, Query(max_length=120)] = "",
    region: Chosen = "",
    city: Chosen = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """Shops, by region, city and name."""
    letters = "".join(filter(str.isprintable, q)).strip()
    query = ShopQuery(letters, region or None, city or None, (number - 1) * PAGE_SIZE, PAGE_SIZE)
    found, cities, regions = await edit_of(request).search(query)
    return page(
        request,
        "admin_estate.html",
        found=found,
        cities=cities,
        regions=regions,
        q=letters,
        region=region,
        city=city,
        number=number,
        size=PAGE_SIZE,
    )


@router.get("/admin/estate/{folder}/{slug}")
async def place(request: Request, _viewer: Admin, folder: str, slug: Slug) -> HTMLResponse:
    """A region's or a city's name."""
    return await _place(request, folder, slug)


@router.post("/admin/estate/{folder}/{slug}")
async def rename(request: Request, _viewer: Admin, folder: str, slug: Slug) -> Response:
    """Call it something else."""
    kind = _kind(folder)
    form = await request.form()
    name, seen = text(form, "name"), text(form, "seen")
    note = noted(request, f"{kind}_renamed", slug, lambda _result: {"name": f"{seen} -> {name}"})
    try:
        changed = await edit_of(request).rename(kind, slug, name, seen, note)
    except ChangedMeanwhileError as error:
        return await _place(request, folder, slug, name, Conflict.between(error.current, error.wanted), status=409)
    except EstateError as error:
        return await _place(request, folder, slug, name, faults=error.faults, status=422)
    return go(f"/admin/estate/{folder}/{slug}", cells_know=changed.cells_know)


@router.post("/admin/estate/publish")
async def publish(request: Request, _viewer: Admin) -> Response:
    """Tell the cells again."""
    await note_now(request, "estate_published")
    try:
        await edit_of(request).publish()
    except TransientError:
        return go("/admin/estate", cells_know=False)
    return go("/admin/estate", cells_know=True)


@router.get("/admin/estate/export.csv")
async def export(request: Request, _viewer: Admin) -> Response:
    """All cameras, as they are imported. Without secrets: nobody has them."""
    await note_now(request, "estate_exported")
    file = StringIO()
    write_estate(await edit_of(request).lines(), file)
    headers = {"Content-Disposition": 'attachment; filename="estate.csv"'}
    return Response(file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _kind(folder: str) -> str:
    kind = _FOLDERS.get(folder)
    if kind is None:
        raise HTTPException(404)
    return kind


async def _place(
    request: Request,
    folder: str,
    slug: str,
    typed: str | None = None,
    conflict: Conflict | None = None,
    *,
    faults: list[str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    kind = _kind(folder)
    cities, regions = await edit_of(request).places()
    names = regions if kind == "region" else {city.city: city.city_name for city in cities}
    if slug not in names:
        raise HTTPException(404)
    return page(
        request,
        "admin_place.html",
        status,
        folder=folder,
        kind=kind,
        slug=slug,
        name=names[slug],
        typed=names[slug] if typed is None else typed,
        conflict=conflict,
        faults=faults or [],
        title=_("Region") if kind == "region" else _("City"),
    )
