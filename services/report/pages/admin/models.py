"""Releases of models, for admins: which ones answer, what a canary says, how far a shadow agrees."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.common.vocabulary import Mood
from services.report.domain.models import Interval
from services.report.handler.models import DAYS, ReadModels
from services.report.pages import words
from services.report.pages.names import NONE
from services.report.pages.security import Admin
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/admin/models")
async def models(request: Request, _viewer: Admin) -> HTMLResponse:
    """The last 30 days."""
    read: ReadModels = request.app.state.read_models
    return render(
        request,
        "admin_models.html",
        seen=await read(),
        days=DAYS,
        min_cell=request.app.state.min_cell,
        moods=tuple(mood for mood in Mood if mood is not Mood.UNKNOWN),
        interval=interval,
    )


def interval(share: Interval | None) -> str:
    """54.3% (51.0–57.5)."""
    if share is None:
        return NONE
    return f"{words.share(share.share)} ({words.decimal(100 * share.low)}\N{EN DASH}{words.decimal(100 * share.high)})"
