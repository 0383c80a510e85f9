"""The overview page: one template for the world, a region, a city and a shop."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain import OUTCOMES, Preset, Tally
from services.report.pages import charts, words
from services.report.pages.questions import CityTally, RegionTally, ShopTally, WorldTally
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def world(tally: WorldTally) -> HTMLResponse:
    """The whole estate."""
    return _page(tally)


@router.get("/regions/{slug}")
async def region(tally: RegionTally) -> HTMLResponse:
    """One region."""
    return _page(tally)


@router.get("/cities/{slug}")
async def city(tally: CityTally) -> HTMLResponse:
    """One city."""
    return _page(tally)


@router.get("/shops/{slug}")
async def shop(tally: ShopTally) -> HTMLResponse:
    """One shop."""
    return _page(tally)


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
