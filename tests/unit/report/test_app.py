"""What the application answers, over a fake of its tallies."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain import Cell
from services.report.handler import CheckCamera, ReadTally
from services.report.pages.app import make_app
from services.report.pages.camera_check import CameraCheckPage, CameraSettings
from tests.fakes import tally_reader
from tests.fakes.examiner import FakeExaminer
from tests.fakes.tally_reader import FakeTallyReader


@pytest.fixture
def reader() -> FakeTallyReader:
    cell = Cell(12, Gender.FEMALE, AgeBand.AGE_25_34, tuple(range(len(Mood))))
    return FakeTallyReader([cell], {"faces": 20, "no_face": 5, "truncated": 1})


@pytest.fixture
async def client(reader: FakeTallyReader) -> AsyncIterator[httpx.AsyncClient]:
    check_page = CameraCheckPage(CheckCamera(FakeExaminer(), reader), CameraSettings(None, 2121, None, False))
    app = make_app(ReadTally(reader), check_page, ["localhost"])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/regions/europe", "/cities/berlin", "/shops/berlin-1"])
async def test_page_and_api_say_the_same(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    answer = await client.get("/api/v1" + ("/world" if path == "/" else path) + "/tally")
    assert (page.status_code, answer.status_code) == (200, 200)
    numbers = answer.json()
    assert numbers["visitors"] == sum(range(len(Mood)))
    assert f'<span class="val">{numbers["visitors"]}</span>' in page.text
    assert numbers["by_mood"]["fear"] == 6
    assert numbers["uploads"] == {"faces": 20, "no_face": 5, "truncated": 1}
    assert numbers["first_day"] == "2026-10-28"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/regions/nowhere", 404),
        ("/nothing", 404),
        ("/static/nothing.js", 404),
        ("/static/../settings.py", 404),
        ("/?period=1y", 422),
        ("/?from=yesterday", 422),
        ("/?from=2026-02-01&to=2026-01-01", 422),
        ("/?from=2000-01-01", 422),
        ("/regions/Europe", 422),
        ("/shops/" + "x" * 200, 422),
        ("/regions/%27%3B%20drop", 422),
    ],
)
async def test_a_wrong_question_gets_a_page_that_helps(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert "Go to the overview" in answer.text
    if not path.startswith(("/nothing", "/static")):
        api = await client.get(
            "/api/v1" + (path.replace("/?", "/world/tally?") if path.startswith("/?") else path + "/tally")
        )
        assert api.status_code == status
        assert api.json()["error"]["title"]


async def test_away_is_said_and_tried_again(client: httpx.AsyncClient, reader: FakeTallyReader) -> None:
    reader.away = True
    answer = await client.get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "data-retry" in answer.text
    reader.away = False
    assert (await client.get("/")).status_code == 200


async def test_names_are_text_and_never_markup(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "</script><script>alert(1)</script>"
    monkeypatch.setattr("tests.fakes.tally_reader.PATH", _renamed(evil))
    answer = await client.get("/regions/europe")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


def _renamed(name: str) -> tuple[object, ...]:
    return tuple(place if place.slug == "" else replace(place, name=name) for place in tally_reader.PATH)


async def test_every_answer_forbids_what_is_not_ours(client: httpx.AsyncClient) -> None:
    for path in ("/", "/api/v1/world/tally", "/static/app.css", "/nothing"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/")).headers["cache-control"] == "no-store"
    assert "immutable" in (await client.get("/static/app.css?v=1")).headers["cache-control"]


async def test_another_name_for_this_machine_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 400


async def test_the_api_describes_itself(client: httpx.AsyncClient) -> None:
    description = (await client.get("/api/openapi.json")).json()
    assert "/api/v1/shops/{slug}/tally" in description["paths"]
    assert "/" not in description["paths"]
    assert json.dumps(description).count("//cdn") == 0


async def test_a_place_without_photos_says_so(client: httpx.AsyncClient, reader: FakeTallyReader) -> None:
    reader.cells_of, reader.uploads_of = [], {}
    answer = await client.get("/shops/berlin-1")
    assert "No photos in 28 days" in answer.text
    assert (await client.get("/api/v1/shops/berlin-1/tally")).json()["mood_index"] is None
