"""The overview page: one template for the world, a region, a city and a shop."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain import OUTCOMES, Level, Preset, Tally
from services.report.pages import charts, words
from services.report.pages.api import FirstDay, LastDay, Period, Slug, read
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def world(
    request: Request, period: Period = Preset.FOUR_WEEKS, first: FirstDay = None, last: LastDay = None
) -> HTMLResponse:
    """The whole estate."""
    return _page(await read(request, Level.WORLD, "", period, first, last))


@router.get("/regions/{slug}")
async def region(
    request: Request, slug: Slug, period: Period = Preset.FOUR_WEEKS, first: FirstDay = None, last: LastDay = None
) -> HTMLResponse:
    """One region."""
    return _page(await read(request, Level.REGION, slug, period, first, last))


@router.get("/cities/{slug}")
async def city(
    request: Request, slug: Slug, period: Period = Preset.FOUR_WEEKS, first: FirstDay = None, last: LastDay = None
) -> HTMLResponse:
    """One city."""
    return _page(await read(request, Level.CITY, slug, period, first, last))


@router.get("/shops/{slug}")
async def shop(
    request: Request, slug: Slug, period: Period = Preset.FOUR_WEEKS, first: FirstDay = None, last: LastDay = None
) -> HTMLResponse:
    """One shop."""
    return _page(await read(request, Level.SHOP, slug, period, first, last))


def _page(tally: Tally) -> HTMLResponse:
    return render(
        "overview.html",
        tally=tally,
        place=tally.setting.place,
        visitors=tally.visitors,
        outcomes=[outcome for outcome in OUTCOMES if tally.uploads.get(outcome)],
        charts={"hours": charts.hours(tally.visitors), "pyramid": charts.pyramid(tally.visitors)},
        genders=list(Gender),
        bands=list(AgeBand),
        moods=list(words.MOODS),
        mood_shares={mood: tally.visitors.by_mood[mood] / (tally.visitors.total or 1) for mood in Mood},
        presets=list(Preset),
    )
