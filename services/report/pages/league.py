"""The league of shops: ranked by any measure, searched, and cut to a place.

The address says all of it: `place`, the words of `questions.When`, `sort` (a league.Measure), `order` (up or down;
left out: what suits the measure), `find` (letters of a shop's or its city's name) and `page`, from 1.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.report.domain.league import Measure, Standing, Unranked
from services.report.handler.league import League, LeagueAsked, ReadLeague
from services.report.pages import graphics, kpis, words
from services.report.pages.i18n import _, ngettext
from services.report.pages.questions import PlaceWord, When, place_word
from services.report.pages.security import SignedIn
from services.report.pages.templating import render
from services.report.pages.where import asked_place

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
PAGE_SIZE: Final = 20
_MOST_PAGES: Final = 10_000


class Order(StrEnum):
    """Whether the least or the most comes first."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Column:
    """A measure that the table can be sorted by.

    Args:
        starts_up: whether the least comes first when it is first chosen.
    """

    measure: Measure
    label: str
    starts_up: bool = False


@router.get("/league")
async def league(
    request: Request,
    viewer: SignedIn,
    when: Annotated[When, Depends()],
    place: PlaceWord = None,
    sort: Annotated[Measure, Query()] = Measure.VISITORS,
    order: Annotated[Order | None, Query()] = None,
    find: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1,
) -> HTMLResponse:
    """Every shop of a place, twenty at a time."""
    found = await asked_place(request, viewer, place)
    if found is None:
        return render(request, "no_places.html")
    starts_up = sort is Measure.NAME
    how = LeagueAsked(
        measure=sort,
        ascending=starts_up if order is None else order is Order.UP,
        find=find.strip(),
        offset=(page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )
    read: ReadLeague = request.app.state.read_league
    answer = await read(viewer.person_id, when.of(*found), how)
    return render(request, "league.html", page=page, **context(answer))


def context(league: League) -> dict[str, Any]:
    """What the template is told."""
    place = league.setting.place
    return {
        "league": league,
        "size": PAGE_SIZE,
        "columns": {column.measure.value: column for column in columns()},
        "facts": _facts(league),
        "place_word": place_word(place.level, place.slug),
        "ranked": [standing for standing in league.standings if standing.rank is not None],
        "unranked": [(standing, why(standing, league.min_cell)) for standing in league.standings if not standing.rank],
        "sparks": {scope: kpis.shape(points) for scope, points in league.lines.items()},
        "no_spark": graphics.sparkline([]),
    }


def columns() -> tuple[Column, ...]:
    """Every measure that shops can be ranked by, in the order of the table."""
    return (
        Column(Measure.NAME, _("Shop"), starts_up=True),
        Column(Measure.VISITORS, _("Visitors")),
        Column(Measure.PER_OPEN_HOUR, _("Per open hour")),
        Column(Measure.CHANGE, _("Change")),
        Column(Measure.MEDIAN_AGE, _("Median age")),
        Column(Measure.WOMEN, _("Women")),
        Column(Measure.MOOD, _("Mood index")),
        Column(Measure.COVERAGE, _("Coverage")),
    )


def why(standing: Standing, min_cell: int) -> str:
    """Why a shop has no rank."""
    match standing.unranked:
        case Unranked.CLOSED:
            return _("Not open in this period")
        case Unranked.COVERAGE:
            return _("Photos of only %(share)s of its opening hours") % {"share": words.share(standing.place.coverage)}
        case _:
            return _("Fewer than %(threshold)s visitors, or it would give away such a number") % {"threshold": min_cell}


def _facts(league: League) -> str:
    shops = ngettext("%(number)s shop", "%(number)s shops", league.shops) % {"number": words.count(league.shops)}
    ranked = ngettext("%(number)s has a rank", "%(number)s have a rank", league.ranked)
    return f"{shops}. {ranked % {'number': words.count(league.ranked)}}."
