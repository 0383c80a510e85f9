"""What can be asked, and who answers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.exceptions import HTTPException

from services.report.domain.cameras import CameraState
from services.report.domain.league import Measure
from services.report.domain.places import Level, Place
from services.report.handler.cameras import CamerasAsked, UnknownCameraError, WatchCameras
from services.report.handler.compare import Compare
from services.report.handler.explore import Exploration, Explore
from services.report.handler.groups import Groups
from services.report.handler.league import LeagueAsked, ReadLeague
from services.report.handler.overview import Overview, ReadOverview
from services.report.handler.places import list_shops
from services.report.pages.api import answers
from services.report.pages.api.schemas import (
    BreakdownAnswer,
    CameraAnswer,
    CameraDay,
    CamerasAnswer,
    CellsAnswer,
    CompareAnswer,
    ErrorAnswer,
    HeatAnswer,
    LeagueAnswer,
    MeAnswer,
    OverviewAnswer,
    PlacesAnswer,
    SeriesAnswer,
    Standing,
    Subject,
)
from services.report.pages.api.words import (
    MOST_PAGES,
    MOST_STANDINGS,
    ApiRoute,
    Asking,
    CameraSlug,
    PlaceWords,
    Question,
    Span,
    home_of,
    only_known_words,
)
from services.report.pages.questions import PlaceWord, place_word, read_place
from services.report.pages.security import SignedIn

_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorAnswer, "description": "No session, and no valid token"},
    403: {"model": ErrorAnswer, "description": "Your role may not do this"},
    404: {"model": ErrorAnswer, "description": "There is no such place, or you may not see it: nobody is told which"},
    405: {"model": ErrorAnswer, "description": "The API only answers GET"},
    422: {"model": ErrorAnswer, "description": "A word of the query makes no sense, or there is no such word"},
    429: {"model": ErrorAnswer, "description": "Too many requests"},
    503: {"model": ErrorAnswer, "description": "The database is away; `Retry-After` says when to ask again"},
}
router = APIRouter(
    prefix="/api/v1",
    tags=["numbers"],
    route_class=ApiRoute,
    responses=_ERRORS,
    dependencies=[Depends(only_known_words)],
)


async def _overview(request: Request, viewer: SignedIn, question: Question) -> Overview:
    read: ReadOverview = request.app.state.read_overview
    return await read(viewer.person_id, question)


def _watch(request: Request) -> WatchCameras:
    watch: WatchCameras | None = request.app.state.watch_cameras
    if watch is None:
        raise HTTPException(404)
    return watch


async def _explored(request: Request, viewer: SignedIn, question: Question) -> Exploration:
    explore: Explore = request.app.state.explore
    return await explore(viewer.person_id, question)


Overviewed = Annotated[Overview, Depends(_overview)]
Explored = Annotated[Exploration, Depends(_explored)]


@router.get("/me")
async def me(request: Request, viewer: SignedIn) -> MeAnswer:
    """Who asks, and where they begin."""
    found = await home_of(request, viewer.person_id)
    return MeAnswer(
        email=viewer.email,
        name=viewer.name,
        role=viewer.role,
        language=viewer.language,
        via_token=viewer.via_token,
        home=place_word(*found) if found else None,
    )


@router.get("/places")
async def places(request: Request, viewer: SignedIn) -> PlacesAnswer:
    """All places that you may see: regions, their cities, their shops."""
    found = await home_of(request, viewer.person_id)
    shops = await list_shops(request.app.state.tallies, viewer.person_id)
    groups: Groups = request.app.state.groups
    return PlacesAnswer(
        home=place_word(*found) if found else None,
        regions=answers.tree(shops),
        groups=[
            answers.place(Place(Level.GROUP, group.slug, group.name))
            for group in await groups.usable(viewer.person_id)
            if group.is_whole
        ],
    )


@router.get("/overview")
async def overview(found: Overviewed) -> OverviewAnswer:
    """A place and a period in one set of numbers, beside those of another period."""
    return OverviewAnswer(
        **answers.about(found, found.min_cell),
        now=answers.numbers(found.now),
        hours=answers.hours(found.hours),
        other=answers.other_days(found.other),
        before=answers.numbers(found.before) if found.before else None,
        change=answers.share(found.change),
        year_change=answers.share(found.year_change),
        latest_hour=found.latest,
    )


@router.get("/series")
async def series(found: Explored) -> SeriesAnswer:
    """Visitors over time, in hours, days, weeks or months. A period that is too long for a step is shown in another."""
    return SeriesAnswer(
        **answers.about(found, found.min_cell),
        step=found.step,
        steps=list(found.steps),
        points=answers.points(found.points),
        other=answers.other_days(found.other),
        points_before=answers.points(found.points_before),
    )


@router.get("/cells")
async def cells(found: Explored) -> CellsAnswer:
    """Visitors by gender, age band and mood, with all sums. `gender`, `band` and `mood` choose rows."""
    filters = found.asked.filters
    return CellsAnswer(
        **answers.about(found, found.min_cell),
        hours=answers.hours(found.hours),
        cells=answers.cells(found.table, filters.gender, filters.band, filters.mood),
    )


@router.get("/heat")
async def heat(found: Overviewed) -> HeatAnswer:
    """Visitors by weekday and hour of the day."""
    return HeatAnswer(
        **answers.about(found, found.min_cell), hours=answers.hours(found.hours), cells=answers.heat(found.heat)
    )


@router.get("/breakdown")
async def breakdown(found: Explored) -> BreakdownAnswer:
    """The places one level further in, the busiest first: regions of the world, cities of a region, shops of a city."""
    return BreakdownAnswer(
        **answers.about(found, found.min_cell),
        hours=answers.hours(found.hours),
        other=answers.other_days(found.other),
        places=[answers.place_numbers(place) for place in found.inside],
    )


@router.get("/league")
async def league(
    request: Request,
    viewer: SignedIn,
    question: Question,
    sort: Annotated[Measure, Query(description="What shops are ranked by")] = Measure.VISITORS,
    ascending: Annotated[bool, Query(description="The least first")] = False,
    q: Annotated[str, Query(max_length=120, description="Letters of a shop's or its city's name")] = "",
    offset: Annotated[int, Query(ge=0, le=100_000, description="Standings to leave out")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_STANDINGS, description="Standings to send")] = 20,
) -> LeagueAnswer:
    """Shops of a place, ranked; fair to shops that were open or seen for less time."""
    read: ReadLeague = request.app.state.read_league
    how = LeagueAsked(sort, ascending, q.strip(), offset, limit)
    found = await read(viewer.person_id, question, how)
    return LeagueAnswer(
        **answers.about(found, found.min_cell),
        other=answers.other_days(found.other),
        sort=sort,
        standings=[
            Standing(**answers.place_values(one.place), rank=one.rank, unranked=one.unranked) for one in found.standings
        ],
        found=found.found,
        ranked=found.ranked,
    )


@router.get("/compare")
async def compare(request: Request, viewer: SignedIn, when: Asking, place: PlaceWords) -> CompareAnswer:
    """Up to six places side by side, each measured by the first."""
    ask: Compare = request.app.state.compare
    found = await ask(viewer.person_id, [when.of(*read_place(word)) for word in place])
    return CompareAnswer(
        step=found.step,
        subjects=[
            Subject(
                **answers.about(subject, found.min_cell),
                now=answers.numbers(subject.now),
                hours=answers.hours(subject.hours),
                change=answers.share(subject.change),
                points=answers.points(subject.points),
            )
            for subject in found.subjects
        ],
    )


@router.get("/cameras")
async def cameras(
    request: Request,
    viewer: SignedIn,
    place: PlaceWord = None,
    state: Annotated[CameraState | None, Query(description="Only cameras that are so")] = None,
    q: Annotated[str, Query(max_length=120, description="Letters of a camera's, shop's or city's name")] = "",
    page: Annotated[int, Query(ge=1, le=MOST_PAGES, description="Of 20 cameras each")] = 1,
) -> CamerasAnswer:
    """How cameras are, the worst first. Groups have none of their own."""
    level, slug = (None, "") if place in (None, "world", "yours") else read_place(place or "")
    if level is Level.GROUP:
        raise HTTPException(404)
    text = "".join(filter(str.isprintable, q)).strip()
    seen = await _watch(request).list(viewer.person_id, CamerasAsked(level, slug, state, text, page))
    return CamerasAnswer(
        place=answers.place(seen.setting.place) if seen.setting else None,
        by_state=dict(seen.by_state),
        total=seen.total,
        page=page,
        pages=seen.pages,
        cameras=[answers.camera(one) for one in seen.cameras],
    )


@router.get("/cameras/{slug}")
async def camera(
    request: Request, viewer: SignedIn, slug: CameraSlug, days: Annotated[Span, Depends()]
) -> CameraAnswer:
    """One camera: how it is, and what became of its uploads."""
    try:
        seen = await _watch(request).one(viewer.person_id, slug, days.period, days.first, days.last)
    except UnknownCameraError as error:
        raise HTTPException(404) from error
    return CameraAnswer(
        camera=answers.camera(seen.camera),
        period=answers.days(seen.period),
        uploads=dict(seen.by_outcome),
        days=[
            CameraDay(day=day.day, photos=day.photos, refused=day.refused, closed=day.was_closed) for day in seen.days
        ],
    )
