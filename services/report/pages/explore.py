"""Explore: any place, period and step; for everybody or for some; over time, place by place, and step by step.

The address says all of it: `place=city:berlin`, the words of `questions.When`, and `measure`, which the chart over time
begins with.
"""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.report.domain.filters import Filters
from services.report.domain.places import Level
from services.report.handler.explore import Exploration, Explore
from services.report.pages import charts, digests, kpis, names
from services.report.pages.i18n import _
from services.report.pages.questions import PlaceWord, When, place_word
from services.report.pages.security import SignedIn
from services.report.pages.templating import render
from services.report.pages.where import asked_place

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class ChartMeasure(StrEnum):
    """What the chart over time begins with: keys of charts.MEASURES."""

    VISITORS = "visitors"
    AGE = "age"
    WOMEN = "women"
    MOOD = "mood"
    COVERAGE = "coverage"


@router.get("/explore")
async def explore(
    request: Request,
    viewer: SignedIn,
    when: Annotated[When, Depends()],
    place: PlaceWord = None,
    measure: Annotated[ChartMeasure, Query()] = ChartMeasure.VISITORS,
) -> HTMLResponse:
    """One place, from all sides."""
    found = await asked_place(request, viewer, place)
    if found is None:
        return render(request, "no_places.html")
    ask: Explore = request.app.state.explore
    exploration = await ask(viewer.person_id, when.of(*found))
    return render(request, "explore.html", **context(exploration, measure.value))


def context(e: Exploration, measure: str) -> dict[str, Any]:
    """What the template is told."""
    figures = kpis.overview(e)
    # Some measures are not known of those who pass a filter.
    chosen = next((figure for figure in figures if figure.id == measure), figures[0])
    return {
        "e": e,
        "measure": chosen.id,
        "chosen": chosen,
        "place_word": place_word(e.setting.place.level, e.setting.place.slug),
        "inner": inner_levels(e),
        "notice": digests.notice(e),
        "digest": digests.overview(e),
        "facts": _facts(e),
        "figures": figures,
        "most": max((place.visitors or 0 for place in e.inside), default=0),
        "charts": {
            "time": {**charts.time(e.points, e.points_before, e.step), "first": chosen.id},
            "pyramid": charts.pyramid(e.table, e.table_before, e.asked.filters),
            "mood": charts.mood(e.points, e.points_before, e.step),
        },
    }


def _facts(e: Exploration) -> str:
    """Who is meant, where that is not everybody."""
    said = _described(e.asked.filters)
    if not said:
        return ""
    return _("Only: %(who)s") % {"who": ", ".join(said)}


def _described(filters: Filters) -> list[str]:
    return [
        *([names.gender(filters.gender)] if filters.gender else []),
        *([_("Age %(band)s") % {"band": names.band(filters.band)}] if filters.band else []),
        *([names.mood(filters.mood)] if filters.mood else []),
    ]


def inner_levels(e: Exploration) -> str:
    """What the places inside are: Cities, Shops ..."""
    levels = {place.site.place.level for place in e.inside}
    return names.levels(levels.pop()) if len(levels) == 1 else names.levels(Level.YOURS)
