"""What admins see instead of the estate where the reports may not change it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.report.pages.security import Admin
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/admin/estate")
@router.get("/admin/estate/{rest:path}")
async def off(request: Request, _viewer: Admin, rest: str = "") -> HTMLResponse:
    """Say so, and what to do."""
    return render(request, "admin_estate_off.html")
