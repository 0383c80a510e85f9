"""A camera, for admins: how it is recognised, its login, and whether it is taken."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from services.estate.domain import (
    Change,
    ChangedMeanwhileError,
    EstateError,
    Imported,
    NewSecret,
    RegisteredCamera,
    camera_cells,
    version,
)
from services.report.handler.estate import Noted
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
    text,
)
from services.report.pages.i18n import _
from services.report.pages.questions import Slug
from services.report.pages.security import Admin

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/admin/estate/shops/{slug}/cameras/new")
async def new(request: Request, _viewer: Admin, slug: Slug) -> HTMLResponse:
    """An empty form."""
    return await _new(request, slug, {})


@router.post("/admin/estate/shops/{slug}/cameras/new")
async def add(request: Request, _viewer: Admin, slug: Slug) -> Response:
    """Register a further camera, whose secret is in the answer, and nowhere else."""
    values = camera_values(await request.form())
    try:
        note = noted(request, "camera_added", values["camera"], registered)
        changed = await edit_of(request).add_camera(slug, values, note)
    except EstateError as error:
        return await _new(request, slug, values, error.faults, 422)
    back = f"/admin/estate/shops/{slug}"
    title = _("%(name)s is registered") % {"name": values["camera"]}
    return secrets_page(request, changed.result.new, title, back, cells_know=changed.cells_know)


@router.get("/admin/estate/cameras/{slug}")
async def camera(request: Request, _viewer: Admin, slug: Slug) -> HTMLResponse:
    """One camera."""
    return await _camera(request, slug)


@router.post("/admin/estate/cameras/{slug}")
async def save(request: Request, _viewer: Admin, slug: Slug) -> Response:
    """Change a camera. Where its login is new, the secret is in the answer, and nowhere else."""
    form = await request.form()
    values = camera_values(form) | {"camera": slug}
    try:
        note = noted(request, "camera_changed", slug, _said)
        changed = await edit_of(request).edit_camera(slug, values, text(form, "seen"), note)
    except ChangedMeanwhileError as error:
        conflict = Conflict.between(error.current, error.wanted)
        return await _camera(request, slug, error.wanted, conflict=conflict, status=409)
    except EstateError as error:
        return await _camera(request, slug, values, seen=text(form, "seen"), faults=error.faults, status=422)
    back = f"/admin/estate/cameras/{slug}"
    if new_secrets := changed.result[0].new:
        title = _("%(name)s has another login") % {"name": slug}
        return secrets_page(request, new_secrets, title, back, cells_know=changed.cells_know)
    return go(back, cells_know=changed.cells_know)


@router.post("/admin/estate/cameras/{slug}/disable")
async def disable(request: Request, _viewer: Admin, slug: Slug) -> Response:
    """Refuse its uploads from now on."""
    return await _disable(request, slug, disabled=True)


@router.post("/admin/estate/cameras/{slug}/enable")
async def enable(request: Request, _viewer: Admin, slug: Slug) -> Response:
    """Take its uploads again."""
    return await _disable(request, slug, disabled=False)


@router.post("/admin/estate/cameras/{slug}/secret")
async def rotate(request: Request, _viewer: Admin, slug: Slug) -> Response:
    """Give its login another secret, which is in the answer, and nowhere else. The old one is refused from then on."""
    try:
        note = noted(request, "secret_rotated", slug, _cameras)
        changed = await edit_of(request).rotate(slug, note)
    except EstateError as error:
        raise HTTPException(404) from error
    title = _("New secret of %(name)s") % {"name": changed.result[0].login}
    back = f"/admin/estate/cameras/{slug}"
    return secrets_page(request, changed.result, title, back, cells_know=changed.cells_know)


async def _disable(request: Request, slug: str, *, disabled: bool) -> Response:
    try:
        note: Noted[None] = noted(request, "camera_disabled" if disabled else "camera_enabled", slug)
        changed = await edit_of(request).disable(slug, note, disabled=disabled)
    except EstateError as error:
        raise HTTPException(404) from error
    return go(f"/admin/estate/cameras/{slug}", cells_know=changed.cells_know)


async def _new(
    request: Request, slug: str, values: Mapping[str, str], faults: Sequence[str] = (), status: int = 200
) -> HTMLResponse:
    view = await edit_of(request).shop(slug)
    if view is None:
        raise HTTPException(404)
    return page(
        request,
        "admin_camera.html",
        status,
        camera=None,
        shop=view.shop,
        values=values,
        seen="",
        faults=faults,
        conflict=None,
        logins=_shared(view.cameras),
    )


async def _camera(
    request: Request,
    slug: str,
    values: Mapping[str, str] | None = None,
    *,
    seen: str = "",
    faults: Sequence[str] = (),
    conflict: Conflict | None = None,
    status: int = 200,
) -> HTMLResponse:
    found = await edit_of(request).camera(slug)
    view = await edit_of(request).shop(found.line.shop) if found else None
    if found is None or view is None:
        raise HTTPException(404)
    cells = camera_cells(found.line)
    return page(
        request,
        "admin_camera.html",
        status,
        camera=found,
        shop=view.shop,
        values=cells if values is None else values,
        seen=seen or version(cells),
        faults=faults,
        conflict=conflict,
        logins=_shared(view.cameras),
    )


def _shared(cameras: Sequence[RegisteredCamera]) -> list[str]:
    """Logins that cameras of the shop share."""
    return sorted({camera.line.login for camera in cameras if camera.line.login})


def _said(result: tuple[Imported, Sequence[Change]]) -> Mapping[str, object]:
    return said(result[1])


def _cameras(secrets: Sequence[NewSecret]) -> Mapping[str, object]:
    """Whose secret it is, and not the secret."""
    return {"cameras": ", ".join(secret.camera for secret in secrets)}
