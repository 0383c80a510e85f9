"""Downloads."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from services.report.domain.people import Viewer
from services.report.handler.compare import Compare
from services.report.handler.explore import Explore
from services.report.handler.league import ReadLeague
from services.report.handler.overview import ReadOverview
from services.report.handler.tallies import UnknownPlaceError
from services.report.pages.exports import pdf, routes
from services.report.pages.exports.making import Maker
from services.report.pages.security import signed_in
from tests.fakes.tally_reader import FakeTallies
from tests.unit.report.exports.conftest import VIEWER


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    tallies = FakeTallies()
    app = FastAPI()
    app.include_router(routes.router)
    app.state.tallies = tallies
    app.state.read_overview = ReadOverview(tallies, 10)
    app.state.explore = Explore(tallies, 10)
    app.state.read_league = ReadLeague(tallies, 10)
    app.state.compare = Compare(tallies, 10)
    app.state.maker = Maker()

    def viewer(request: Request) -> Viewer:
        request.state.viewer = VIEWER
        return VIEWER

    app.dependency_overrides[signed_in] = viewer
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "begins", "media_type"),
    [
        ("/export/overview.csv", b"\xef\xbb\xbfDay,Visitors,Coverage", "text/csv; charset=utf-8"),
        ("/export/overview.csv?bom=false&sheet=ages", b"Age,Women", "text/csv; charset=utf-8"),
        ("/export/overview.xlsx?place=city:berlin&period=7d", b"PK", "application/vnd.openxmlformats"),
        ("/export/overview.pdf?place=shop:berlin-mitte", b"%PDF", "application/pdf"),
        ("/export/explore.csv?place=city:berlin&period=7d&step=hour&gender=female", b"\xef\xbb\xbfHour", "text/csv"),
        ("/export/league.csv?bom=no&sort=name", b"Rank,Place", "text/csv"),
        ("/export/compare.csv?bom=0&subject=city:berlin&subject=city:berlin@previous", b"Place,Period", "text/csv"),
    ],
)
async def test_a_view_is_a_file(client: httpx.AsyncClient, path: str, begins: bytes, media_type: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert answer.headers["content-type"].startswith(media_type)
    name = answer.headers["content-disposition"]
    assert name.startswith('attachment; filename="')
    assert name.isascii()


async def test_a_file_is_named_after_its_view_place_and_period(client: httpx.AsyncClient) -> None:
    answer = await client.get("/export/overview.csv?place=city:berlin&from=2026-11-01&to=2026-11-07&sheet=moods")
    assert 'filename="overview-berlin-2026-11-01-2026-11-07-moods.csv"' in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/export/overview.exe", 422),
        ("/export/overview.csv?sheet=secrets", 404),
        ("/export/compare.csv", 404),
        ("/export/overview.csv?place=city:'--", 422),
    ],
)
async def test_what_there_is_not_is_no_file(client: httpx.AsyncClient, path: str, status: int) -> None:
    assert (await client.get(path)).status_code == status


async def test_somebody_elses_place_is_not_there(client: httpx.AsyncClient) -> None:
    with pytest.raises(UnknownPlaceError):
        await client.get("/export/overview.csv?place=city:atlantis")


async def test_without_a_printer_a_pdf_says_what_to_install(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise pdf.PrinterMissingError(pdf.NEEDS)

    monkeypatch.setattr(pdf, "_printer", broken)
    answer = await client.get("/export/overview.pdf")
    assert answer.status_code == 503
    assert "apt-get install libpango-1.0-0" in answer.text
    assert (await client.get("/export/overview.csv")).status_code == 200
