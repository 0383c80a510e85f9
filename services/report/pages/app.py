"""The web application: its pages, and what it says when something is wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from services.common.errors import TransientError
from services.common.logging import get_logger
from services.common.streams import MAX_MESSAGE_BYTES
from services.report.domain.periods import PeriodError
from services.report.handler.cameras import CameraRecords, WatchCameras
from services.report.handler.compare import Compare
from services.report.handler.estate import EditEstate
from services.report.handler.explore import Explore
from services.report.handler.groups import Groups, GroupStore
from services.report.handler.league import ReadLeague
from services.report.handler.map import ReadMap
from services.report.handler.models import ReadModels
from services.report.handler.overview import ReadOverview
from services.report.handler.review import FaceRecords
from services.report.handler.schedules import Schedules
from services.report.handler.tallies import Tallies, UnknownPlaceError
from services.report.pages import (
    account,
    api,
    camera_check,
    cameras,
    compare,
    explore,
    find,
    groups,
    league,
    login,
    map_page,
    overview,
    privacy,
    review,
    schedules,
)
from services.report.pages.admin import (
    audit,
    estate,
    estate_camera,
    estate_import,
    estate_off,
    estate_shop,
    models,
    people,
)
from services.report.pages.camera_check import CameraCheckPage
from services.report.pages.exports import routes as exports
from services.report.pages.exports.making import Maker
from services.report.pages.finish import finish
from services.report.pages.i18n import Language
from services.report.pages.privacy import Kept
from services.report.pages.problems import problem
from services.report.pages.security import Gate, NotSignedInError, ask_to_sign_in, signed_in
from services.report.pages.static_files import CompressedStaticFiles
from services.report.pages.templating import STATIC

_log = get_logger(__name__)
_PAGES = (
    overview, map_page, explore, league, compare, groups, find, camera_check, account, people, audit, api, exports, schedules, privacy,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made of.

    Args:
        gate: knows who asks.
        tallies: what everybody may see of the database.
        groups: where groups of shops are kept.
        min_cell: the least count that is shown.
        check_page: tries out photos.
        allowed_hosts: names under which the pages may be asked for; others are refused, so that no other site can
            have a visitor's browser read them through a name of its own.
        cameras: what everybody may see of how cameras are; None: there is no such page.
        edit_estate: changes shops and cameras; None: the reports may not.
        faces: that were drawn to be labelled; None: there is no such page.
        read_models: which releases of models said what; None: there is no such page.
        kept: for how long things are kept, as the page Privacy says it.
        schedules: scheduled reports; None: there is no such page.
        sends_mail: whether there is a mail server to send them by.
        maker: makes files of views.
    """

    gate: Gate
    tallies: Tallies
    groups: GroupStore
    min_cell: int
    check_page: CameraCheckPage
    allowed_hosts: list[str]
    cameras: CameraRecords | None = None
    edit_estate: EditEstate | None = None
    faces: FaceRecords | None = None
    read_models: ReadModels | None = None
    kept: Kept = field(default_factory=Kept)
    schedules: Schedules | None = None
    sends_mail: bool = False
    maker: Maker = field(default_factory=Maker)


def make_app(site: Site) -> FastAPI:
    """The application."""
    MultiPartParser.spool_max_size = MAX_MESSAGE_BYTES  # photos that are tried out stay in memory
    # FastAPI's own documentation pages fetch their scripts from elsewhere; the description itself is enough.
    app = FastAPI(
        title="facetally reports", version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.openapi = api.description  # type: ignore[method-assign] # as FastAPI's manual has it
    app.state.gate = site.gate
    app.state.tallies = site.tallies
    app.state.read_overview = ReadOverview(site.tallies, site.min_cell)
    app.state.read_map = ReadMap(site.tallies, site.min_cell)
    app.state.explore = Explore(site.tallies, site.min_cell)
    app.state.read_league = ReadLeague(site.tallies, site.min_cell)
    app.state.compare = Compare(site.tallies, site.min_cell)
    app.state.groups = Groups(site.tallies, site.groups)
    app.state.camera_check = site.check_page
    app.state.watch_cameras = site.cameras and WatchCameras(site.cameras)
    app.state.edit_estate = site.edit_estate
    app.state.faces = site.faces
    app.state.read_models = site.read_models
    app.state.kept = site.kept
    app.state.maker = site.maker
    app.state.schedules = site.schedules
    app.state.sends_mail = site.sends_mail
    app.state.min_cell = site.min_cell
    app.include_router(login.router)
    of_cameras = [cameras] if site.cameras else []
    of_models = [models] if site.read_models else []
    of_faces = [review] if site.faces else []
    of_estate = [estate_shop, estate_camera, estate_import, estate] if site.edit_estate else [estate_off]
    # Nothing else is answered to somebody who has not signed in, whatever a page forgets.
    for pages in (*_PAGES, *of_cameras, *of_models, *of_faces, *of_estate):
        app.include_router(pages.router, dependencies=[Depends(signed_in)])
    app.include_router(login.leaving)
    app.mount("/static", CompressedStaticFiles(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Language)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=site.allowed_hosts)
    app.middleware("http")(finish)
    app.exception_handler(NotSignedInError)(ask_to_sign_in)
    app.exception_handler(UnknownPlaceError)(_answer(404))
    app.exception_handler(PeriodError)(_answer(422))
    app.exception_handler(RequestValidationError)(_answer(422))
    app.exception_handler(TransientError)(_answer(503))
    app.exception_handler(HTTPException)(_http_error)
    return app


def _answer(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, TransientError):
            _log.warning("tallies_away", error=str(error))
        return problem(request, status, str(error) if isinstance(error, PeriodError) else "")

    return answer


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = problem(request, error.status_code)
    response.headers.update(error.headers or {})
    return response
