"""The page on which an installer tries out a camera's photo."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from services.common.cameras.path_patterns import PATTERN_NAMES
from services.common.errors import BadInputError, TransientError
from services.common.streams import MAX_MESSAGE_BYTES
from services.report.handler.check_camera import CheckCamera, CheckedPhoto
from services.report.pages.i18n import _
from services.report.pages.security import SignedIn
from services.report.pages.templating import render

# The photo travels in one message to detect; 64 kB are for what is around it.
MAX_PHOTO_BYTES = MAX_MESSAGE_BYTES - 65536
_MAX_PATH_LETTERS = 512
# Photos in this process at once: 8 MB each, twice.
_AT_ONCE = 4

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What is to be typed into a camera.

    Args:
        host: None where nobody has said so; the page then describes it in words.
        tls_port: of implicit TLS; None where there is none.
        require_tls: nothing goes in the clear.
    """

    host: str | None
    port: int
    tls_port: int | None
    require_tls: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What an installer has typed.

    Args:
        path: as the camera uploads it; empty: the file's own name.
        pattern: empty: any vendor's.
        shared: other cameras upload with the same login.
    """

    path: str = ""
    pattern: str = ""
    shared: bool = False


class CameraCheckPage:
    """What the page needs.

    Args:
        check: tries out a photo.
        settings: shown on it.
    """

    def __init__(self, check: CheckCamera, settings: CameraSettings) -> None:
        self.check = check
        self.settings = settings
        self.turns = asyncio.Semaphore(_AT_ONCE)


def _page(request: Request) -> CameraCheckPage:
    page: CameraCheckPage = request.app.state.camera_check
    return page


@router.get("/camera-check")
async def empty(request: Request, _viewer: SignedIn) -> HTMLResponse:
    """Ask for a photo."""
    return _render(request)


@router.post("/camera-check")
async def check(request: Request, viewer: SignedIn) -> HTMLResponse:
    """Show the photo with its faces, and the verdicts."""
    page = _page(request)
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise HTTPException(411)
    if int(length) > MAX_MESSAGE_BYTES:
        problem = _("The file is larger than %(n)s MB.") % {"n": MAX_PHOTO_BYTES // 1_000_000}
        return _render(request, problem=problem, status=413)
    if page.turns.locked():
        return _render(request, problem=_("Other photos are being looked at. Try again in a moment."), status=503)
    async with page.turns:
        return await _checked(request, viewer, page)


async def _checked(request: Request, viewer: SignedIn, page: CameraCheckPage) -> HTMLResponse:
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            asked = Asked(_text(form.get("path")), _text(form.get("pattern")), bool(form.get("shared")))
            file = form.get("photo")
            chosen = _text(file.filename) if isinstance(file, UploadFile) else ""
            photo = await file.read() if isinstance(file, UploadFile) else b""
    except (MultiPartException, HTTPException) as error:
        raise HTTPException(400) from error
    if not photo:
        problem = _("This file is empty.") if chosen else _("Choose a photo first.")
        return _render(request, asked, problem=problem, status=422)
    try:
        result = await page.check(
            viewer.person_id, photo, asked.path or chosen, asked.pattern, own_login=not asked.shared
        )
    except BadInputError as error:
        return _render(request, asked, problem=str(error), status=422)
    except TransientError:
        problem = _("The face detection does not answer just now. Nothing is wrong with your photo: try again.")
        return _render(request, asked, problem=problem, status=503)
    picture = f"data:image/jpeg;base64,{b64encode(result.photo.preview_jpeg).decode()}"
    return _render(request, asked, result=result, picture=picture)


def _text(value: object) -> str:
    """What somebody has typed, without what cannot be printed."""
    return "".join(filter(str.isprintable, str(value or ""))).strip()[:_MAX_PATH_LETTERS]


def _render(
    request: Request,
    asked: Asked | None = None,
    *,
    problem: str = "",
    result: CheckedPhoto | None = None,
    picture: str = "",
    status: int = 200,
) -> HTMLResponse:
    return render(
        request,
        "camera_check.html",
        status,
        settings=_page(request).settings,
        asked=asked or Asked(),
        patterns=PATTERN_NAMES,
        problem=problem,
        result=result,
        picture=picture,
        max_megabytes=MAX_PHOTO_BYTES // 1_000_000,
    )
