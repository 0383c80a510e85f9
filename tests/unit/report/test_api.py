"""The JSON API over fakes: its answers, its refusals, and what they have to do with the pages."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.common.vocabulary import Mood
from services.report.domain.people import Role
from services.report.domain.places import Level
from services.report.pages.api import description
from tests.fakes.report_site import FakeSite

ASKING = ("overview", "series", "cells", "heat", "breakdown", "league")
BERLIN = ((Level.CITY, "berlin"),)


@pytest.fixture(scope="module")
def site() -> FakeSite:
    """One for all: nothing here changes it."""
    return FakeSite()


@pytest.fixture
async def client(site: FakeSite) -> AsyncIterator[httpx.AsyncClient]:
    opened, _ = await site.browser()
    async with opened:
        yield opened


async def ask(client: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def test_the_places_are_a_tree(client: httpx.AsyncClient) -> None:
    places = await ask(client, "places")
    assert places["home"] == "world"
    assert [
        (region["place"], [(city["place"], [shop["place"] for shop in city["shops"]]) for city in region["cities"]])
        for region in places["regions"]
    ] == [
        ("region:asia", [("city:tokyo", ["shop:tokyo-ginza"])]),
        (
            "region:europe",
            [
                ("city:berlin", ["shop:berlin-mitte", "shop:berlin-ost", "shop:berlin-west"]),
                ("city:paris", ["shop:paris-louvre"]),
            ],
        ),
    ]


async def test_a_manager_of_one_city_begins_there_and_gets_no_numbers_of_its_region(site: FakeSite) -> None:
    client, _ = await site.browser(Role.MANAGER, BERLIN)
    places = await ask(client, "places")
    assert places["home"] == "city:berlin"
    assert [(region["place"], region["numbers"]) for region in places["regions"]] == [("region:europe", False)]
    assert [(city["place"], city["numbers"]) for city in places["regions"][0]["cities"]] == [("city:berlin", True)]
    assert (await ask(client, "overview"))["place"] == {"place": "city:berlin", "level": "city", "name": "Berlin"}


@pytest.mark.parametrize("what", ASKING)
@pytest.mark.parametrize("place", ["world", "region:europe", "city:paris", "shop:tokyo-ginza", "yours", "shop:nowhere"])
async def test_another_place_is_as_if_it_were_not_there(site: FakeSite, what: str, place: str) -> None:
    client, _ = await site.browser(Role.MANAGER, BERLIN)
    if place == "yours":
        assert (await ask(client, f"{what}?place=yours"))["place"]["place"] == "yours"
    else:
        there = await ask(client, f"{what}?place={place}", 404)
        assert there == await ask(client, f"{what}?place=city:no-such-place", 404)
        assert set(there) == {"error"}


async def test_one_place_that_may_not_be_seen_spoils_a_comparison(site: FakeSite) -> None:
    client, _ = await site.browser(Role.MANAGER, BERLIN)
    assert set(await ask(client, "compare?place=shop:berlin-ost&place=shop:tokyo-ginza", 404)) == {"error"}
    assert len((await ask(client, "compare?place=shop:berlin-ost&place=shop:berlin-mitte"))["subjects"]) == 2


async def test_small_counts_are_null_and_say_that_they_are_hidden(client: httpx.AsyncClient) -> None:
    found = await ask(client, "overview?place=shop:paris-louvre&period=7d")
    now = found["now"]
    assert (now["visitors"], now["hidden"]) == (None, True)
    assert set(now["by_gender"].values()) == set(now["by_band"].values()) == set(now["by_mood"].values()) == {None}
    assert now["women_share"] is now["mood_index"] is now["median_age_years"] is found["change"] is None
    assert now["coverage"] == 1
    assert found["min_cell"] == 10


async def test_gaps_are_null_and_not_hidden(client: httpx.AsyncClient) -> None:
    found = await ask(client, "series?place=shop:berlin-mitte&from=2026-11-16&to=2026-11-21&step=day")
    gaps = [point for point in found["points"] if point["gap"]]
    assert len(gaps) == 3
    for point in gaps:
        assert (point["visitors"], point["hidden"], point["closed"], point["coverage"]) == (None, False, False, 0)
        assert set(point["by_mood"].values()) == {None}
    assert found["points"][0]["start"] == "2026-11-16T00:00:00"


async def test_the_cells_are_one_table_with_its_sums_and_filters_are_rows_of_it(client: httpx.AsyncClient) -> None:
    table = (await ask(client, "cells?place=world&period=28d"))["cells"]
    assert len(table) == 4 * 9 * 9
    by_key = {(row["gender"], row["band"], row["mood"]): row["visitors"] for row in table}
    assert by_key["all", "all", "all"] == sum(by_key["all", "all", mood] for mood in Mood)
    some = (await ask(client, "cells?place=world&period=28d&gender=female&mood=happiness"))["cells"]
    assert {(row["gender"], row["mood"]) for row in some} == {("female", "happiness")}
    assert all(by_key[row["gender"], row["band"], row["mood"]] == row["visitors"] for row in some)
    women = await ask(client, "overview?place=world&period=28d&gender=female&mood=happiness")
    assert women["now"]["visitors"] == by_key["female", "all", "happiness"]


async def test_everything_that_is_asked_for_is_said_again(client: httpx.AsyncClient) -> None:
    found = await ask(client, "overview?place=city:berlin&from=2026-11-01&to=2026-11-07&band=25-34&compare=year")
    assert found["period"] == {"first": "2026-11-01", "last": "2026-11-07"}
    assert found["other"] == {"first": "2025-11-02", "last": "2025-11-08"}
    assert (found["gender"], found["band"], found["mood"]) == (None, "25-34", None)
    assert found["time_zones"] == ["Europe/Berlin"]
    assert [place["place"] for place in found["path"]] == ["world", "region:europe", "city:berlin"]


async def test_the_league_has_pages(client: httpx.AsyncClient) -> None:
    everybody = (await ask(client, "league?limit=200"))["standings"]
    second = await ask(client, "league?offset=1&limit=1")
    assert second["standings"] == everybody[1:2]
    assert second["found"] == len(everybody) == 5
    assert (await ask(client, "league?q=berlin"))["found"] == 3


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("overview?gendr=female", "gendr"),
        ("overview?gender=both", "gender"),
        ("overview?gender=", "gender"),
        ("overview?period=7d&period=28d", "period"),
        ("overview?place=planet:mars", "place"),
        ("overview?place=city:Berlin%27--", "place"),
        ("overview?from=yesterday", "from"),
        ("overview?from=2026-02-01&to=2026-01-01", "ends before it begins"),
        ("overview?from=2000-01-01&to=2026-01-01", "longer than"),
        ("me?place=world", "place"),
        ("compare", "place"),
        ("compare?" + "&".join(["place=world"] * 7), "place"),
        ("league?limit=201", "limit"),
        ("league?offset=-1", "offset"),
        ("league?sort=salary", "sort"),
        ("cameras/%27%3B%20drop", "slug"),
    ],
)
async def test_a_question_that_makes_no_sense_is_told_why(client: httpx.AsyncClient, path: str, what: str) -> None:
    problem = (await ask(client, path, 422))["error"]
    assert what in problem["detail"]
    assert set(problem) == {"title", "detail"}


async def test_what_is_not_there_is_said_in_json(client: httpx.AsyncClient) -> None:
    assert set(await ask(client, "nothing", 404)) == {"error"}
    assert set((await client.post("/api/v1/overview", headers={"x-csrf-token": "?"})).json()) == {"error"}
    assert set((await client.delete("/api/v1/overview")).json()) == {"error"}


async def test_without_a_session_or_a_token_there_is_nothing(site: FakeSite) -> None:
    async with site.stranger() as stranger:
        for path in description()["paths"]:
            answer = await stranger.get(path.replace("{slug}", "x"))
            assert answer.status_code == 401
            assert set(answer.json()) == {"error"}
            answer = await stranger.get(path.replace("{slug}", "x"), headers={"authorization": "Bearer ft_wrong"})
            assert answer.status_code == 401


async def test_a_token_reads_what_its_person_may_see(site: FakeSite) -> None:
    _, viewer = await site.browser(Role.ANALYST, BERLIN)
    token = await site.people.make_token(viewer.person_id, viewer.role, "test", 1)
    async with site.stranger() as machine:
        machine.headers["authorization"] = f"Bearer {token}"
        assert (await ask(machine, "me"))["via_token"] is True
        assert (await ask(machine, "overview"))["place"]["place"] == "city:berlin"
        await ask(machine, "overview?place=world", 404)


async def test_other_sites_may_not_read_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/me", headers={"origin": "https://example.com"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_away_is_said_in_json() -> None:
    site = FakeSite()
    client, _ = await site.browser()
    site.tallies.away = True
    answer = await client.get("/api/v1/overview")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert set(answer.json()) == {"error"}


def test_the_description_says_how_to_sign_in_and_what_goes_wrong() -> None:
    found = description()
    assert set(found["components"]["securitySchemes"]) == {"token", "session"}
    assert len(found["paths"]) == 11
    for path in found["paths"].values():
        assert set(path) == {"get"}
        assert {"401", "403", "404", "405", "422", "429", "503"} <= set(path["get"]["responses"])
        assert path["get"]["description"]
        assert all(word["description"] for word in path["get"].get("parameters", ()))
