"""A list of cameras, for admins: what it would change, and then the change."""

import base64
import binascii
import zlib
from collections.abc import Sequence
from io import StringIO

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from services.estate.adapters.estate_csv import parse_estate, write_estate, write_secrets
from services.estate.domain import COLUMNS, REQUIRED_COLUMNS, CameraLine, ChangedMeanwhileError, EstateError
from services.report.pages.admin.estate_forms import edit_of, go, noted, page, registered
from services.report.pages.i18n import _
from services.report.pages.security import Admin

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST_BYTES = 6_000_000
_MOST_SHOWN = 100


@router.get("/admin/estate/import")
async def empty(request: Request, _viewer: Admin) -> HTMLResponse:
    """Ask for a list."""
    return _form(request)


@router.post("/admin/estate/import")
async def preview(request: Request, _viewer: Admin) -> HTMLResponse:
    """Say what the list would change; nothing is changed yet."""
    async with request.form() as form:
        file = form.get("file")
        content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        return _form(request, [_("Choose a file first.")])
    try:
        return await _preview(request, _read(content))
    except EstateError as error:
        return _form(request, error.faults)


@router.post("/admin/estate/import/confirm")
async def confirm(request: Request, _viewer: Admin) -> Response:
    """Import what the preview has shown. The new secrets are in the answer, and nowhere else."""
    form = await request.form()
    lines = _unpack(str(form.get("list", "")))
    try:
        note = noted(request, "estate_imported", "", registered)
        changed = await edit_of(request).import_lines(lines, str(form.get("seen", "")), note)
    except ChangedMeanwhileError:
        return await _preview(request, lines, changed_meanwhile=True)
    except EstateError as error:
        return _form(request, error.faults)
    if not changed.result.new:
        return go("/admin/estate", cells_know=changed.cells_know)
    file = StringIO()
    write_secrets(changed.result.new, file)
    return page(
        request,
        "admin_secrets.html",
        secrets=changed.result.new,
        title=_("The list is registered"),
        back="/admin/estate",
        cells_know=changed.cells_know,
        download="data:text/csv;base64," + base64.b64encode(file.getvalue().encode()).decode(),
    )


def _read(content: bytes) -> list[CameraLine]:
    """The cameras that a file lists; EstateError names all that is wrong."""
    if len(content) > _MOST_BYTES:
        raise EstateError([_("The file is larger than %(number)s MB.") % {"number": _MOST_BYTES // 1_000_000}])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EstateError([_("The file is no text in UTF-8: save it as “CSV UTF-8”.")]) from error
    return parse_estate(StringIO(text, newline=""))


async def _preview(request: Request, lines: Sequence[CameraLine], *, changed_meanwhile: bool = False) -> HTMLResponse:
    found, seen = await edit_of(request).preview(lines)
    return page(
        request,
        "admin_import_preview.html",
        409 if changed_meanwhile else 200,
        found=found,
        changes=found.changes[:_MOST_SHOWN],
        seen=seen,
        list=_pack(lines),
        changed_meanwhile=changed_meanwhile,
    )


def _form(request: Request, faults: Sequence[str] = ()) -> HTMLResponse:
    return page(
        request,
        "admin_import.html",
        422 if faults else 200,
        faults=faults[:_MOST_SHOWN],
        more=max(0, len(faults) - _MOST_SHOWN),
        required=REQUIRED_COLUMNS,
        optional=[column for column in COLUMNS if column not in REQUIRED_COLUMNS],
    )


def _pack(lines: Sequence[CameraLine]) -> str:
    """A list as the preview's form carries it along: nothing is kept here between two requests."""
    file = StringIO()
    write_estate(lines, file)
    return base64.b64encode(zlib.compress(file.getvalue().encode())).decode()


def _unpack(packed: str) -> list[CameraLine]:
    """The list; it is checked again, since a browser has had it.

    Raises:
        HTTPException: it is none that a preview has made.
    """
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(base64.b64decode(packed, validate=True), 2 * _MOST_BYTES)
        if unpacking.unconsumed_tail:
            raise HTTPException(413)
        return parse_estate(StringIO(content.decode(), newline=""))
    except (binascii.Error, zlib.error, UnicodeDecodeError, EstateError) as error:
        raise HTTPException(400) from error
