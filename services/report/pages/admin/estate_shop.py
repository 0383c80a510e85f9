"""A shop, for admins: what is known of it, its cameras, and new ones."""

from collections.abc import Mapping, Sequence
from zoneinfo import available_timezones

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from services.estate.domain import ChangedMeanwhileError, EstateError, shop_cells, version
from services.report.pages.admin.estate_forms import (
    Conflict,
    camera_values,
    edit_of,
    go,
    noted,
    page,
    registered,
    said,
    secrets_page,
    shop_values,
    text,
)
from services.report.pages.i18n import _
from services.report.pages.questions import Slug
from services.report.pages.security import Admin

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/admin/estate/new-shop")
async def new(request: Request, _viewer: Admin) -> HTMLResponse:
    """An empty form."""
    return await _new(request, {})


@router.post("/admin/estate/new-shop")
async def add(request: Request, _viewer: Admin) -> Response:
    """Register a shop with its first camera, whose secret is in the answer, and nowhere else."""
    form = await request.form()
    values = shop_values(form) | camera_values(form)
    try:
        note = noted(request, "shop_added", values["shop"], registered)
        changed = await edit_of(request).add_shop(values, note)
    except EstateError as error:
        return await _new(request, values, error.faults, 422)
    title = _("%(name)s is registered") % {"name": values["shop_name"]}
    back = f"/admin/estate/shops/{values['shop']}"
    return secrets_page(request, changed.result.new, title, back, cells_know=changed.cells_know)


@router.get("/admin/estate/shops/{slug}")
async def shop(request: Request, _viewer: Admin, slug: Slug) -> HTMLResponse:
    """One shop."""
    return await _shop(request, slug)


@router.post("/admin/estate/shops/{slug}")
async def save(request: Request, _viewer: Admin, slug: Slug) -> Response:
    """Change a shop, or move it to another city."""
    form = await request.form()
    values = shop_values(form) | {"shop": slug}
    try:
        note = noted(request, "shop_changed", slug, said)
        changed = await edit_of(request).edit_shop(slug, values, text(form, "seen"), note)
    except ChangedMeanwhileError as error:
        conflict = Conflict.between(error.current, error.wanted)
        return await _shop(request, slug, error.wanted, conflict=conflict, status=409)
    except EstateError as error:
        return await _shop(request, slug, values, seen=text(form, "seen"), faults=error.faults, status=422)
    return go(f"/admin/estate/shops/{slug}", cells_know=changed.cells_know)


async def _new(
    request: Request, values: Mapping[str, str], faults: Sequence[str] = (), status: int = 200
) -> HTMLResponse:
    cities, regions = await edit_of(request).places()
    return page(
        request,
        "admin_shop_new.html",
        status,
        values=values,
        faults=faults,
        cities=cities,
        regions=regions,
        zones=sorted(available_timezones()),
        logins=[],
    )


async def _shop(
    request: Request,
    slug: str,
    values: Mapping[str, str] | None = None,
    *,
    seen: str = "",
    faults: Sequence[str] = (),
    conflict: Conflict | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page; `values` are what somebody has typed, where that is not what is registered."""
    view = await edit_of(request).shop(slug)
    if view is None:
        raise HTTPException(404)
    cells = shop_cells(view.shop)
    return page(
        request,
        "admin_shop.html",
        status,
        view=view,
        shop=view.shop,
        values=cells if values is None else values,
        seen=seen or version(cells),
        faults=faults,
        conflict=conflict,
        cities=view.cities,
        regions=view.regions,
        zones=sorted(available_timezones()),
    )
