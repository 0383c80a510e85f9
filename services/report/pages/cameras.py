"""How cameras are: all that somebody may see, and each by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from services.common.cameras import health
from services.report.domain.cameras import OUTCOMES, CameraDay, CameraState, RecentHours
from services.report.domain.places import Level
from services.report.handler.cameras import CamerasAsked, UnknownCameraError, WatchCameras
from services.report.pages import camera_words, charts, graphics, words
from services.report.pages.i18n import _
from services.report.pages.questions import PlaceWord, Slug, When, read_place
from services.report.pages.security import SignedIn
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST_PAGES = 5000
# In the order of the mock: what works first.
_ON_TOP = (
    CameraState.WORKING,
    CameraState.ATTENTION,
    CameraState.OFFLINE,
    CameraState.NEW,
    CameraState.DISABLED,
)


@dataclass(frozen=True, slots=True)
class Which:
    """The part of an address that says which cameras: a dependency."""

    state: Annotated[CameraState | None, Query(description="Only cameras that are so")] = None
    q: Annotated[str, Query(max_length=120, description="Part of a camera's, shop's or city's name")] = ""
    page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1

    def of(self, place: str | None) -> CamerasAsked:
        """The question about a place.

        Args:
            place: its word; None: wherever the viewer begins.
        """
        level, slug = (None, "") if place in (None, "world", "yours") else read_place(place or "")
        text = "".join(filter(str.isprintable, self.q)).strip()
        return CamerasAsked(level, slug, self.state, text, self.page)


def _watch(request: Request) -> WatchCameras:
    watch: WatchCameras = request.app.state.watch_cameras
    return watch


@router.get("/cameras")
async def cameras(
    request: Request, viewer: SignedIn, which: Annotated[Which, Depends()], place: PlaceWord = None
) -> HTMLResponse:
    """All cameras of a place, the worst first."""
    asked = which.of(place)
    if asked.level is Level.GROUP:
        raise HTTPException(404)
    seen = await _watch(request).list(viewer.person_id, asked)
    return render(
        request,
        "cameras.html",
        seen=seen,
        on_top=_ON_TOP,
        said=camera_words,
        sparks=[_spark(recent) for recent in seen.recent],
        days=health.DAYS,
    )


@router.get("/cameras/{slug}")
async def camera(request: Request, viewer: SignedIn, slug: Slug, when: Annotated[When, Depends()]) -> HTMLResponse:
    """One camera."""
    try:
        seen = await _watch(request).one(viewer.person_id, slug, when.period, when.first, when.last)
    except UnknownCameraError as error:
        raise HTTPException(404) from error
    return render(
        request,
        "camera.html",
        seen=seen,
        camera=seen.camera,
        said=camera_words,
        outcomes=[outcome for outcome in OUTCOMES if seen.by_outcome.get(outcome)],
        total=sum(seen.by_outcome.values()),
        spark_line=_spark(seen.recent, width=240),
        charts={"photos": _bars(seen.days)},
        days=health.DAYS,
    )


def _spark(recent: RecentHours, width: int = 112) -> graphics.Sparkline:
    return graphics.sparkline(recent.photos, closed=recent.closed, width=width, height=24, from_zero=True)


def _bars(days: Sequence[CameraDay]) -> charts.Data:
    """Photos per day. A closed day is blank, and not hatched: nothing is missing."""
    heights = [0 if day.was_closed else day.photos for day in days]
    return charts.bars([words.day(day.day) for day in days], heights, _("Photos"))
