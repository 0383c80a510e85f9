"""Groups of shops: the rules, and the page on which they are made."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest

from services.report.domain.groups import GroupError, ShopGroup, draft_group, group_slug, may_change
from services.report.domain.people import Role, Viewer
from services.report.domain.places import Level
from tests.fakes.report_site import FakeSite

BERLINERS = ("berlin-mitte", "berlin-ost", "berlin-west")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
async def signed_in(site: FakeSite) -> AsyncIterator[tuple[httpx.AsyncClient, Viewer]]:
    client, viewer = await site.browser(Role.ANALYST)
    async with client:
        yield client, viewer


async def send(client: httpx.AsyncClient, viewer: Viewer, path: str, **fields: object) -> httpx.Response:
    """A form, as a browser sends it."""
    return await client.post(path, content=urlencode({"csrf": viewer.csrf, **fields}, doseq=True), headers=FORM)


@pytest.mark.parametrize(
    ("name", "shops", "wrong"),
    [
        ("", BERLINERS, "name"),
        (" \n\t ", BERLINERS, "name"),
        ("x" * 61, BERLINERS, "letters at most"),
        ("Two", BERLINERS[:2], "3 shops at least"),
        ("The same one", ("a", "a", "a"), "3 shops at least"),
        ("All", tuple(f"shop-{i}" for i in range(51)), "50 shops at most"),
    ],
)
def test_a_group_has_a_name_and_enough_shops_to_hide_one(name: str, shops: tuple[str, ...], wrong: str) -> None:
    with pytest.raises(GroupError, match=wrong):
        draft_group(name, shops, shared=False)


def test_a_group_is_tidied_up() -> None:
    draft = draft_group("  Near \x00 the\nstation ", ("c", "a", "b", "a"), shared=True)
    assert (draft.name, draft.shops, draft.shared) == ("Near the station", ("a", "b", "c"), True)
    assert len(draft_group("Many", (f"shop-{i}" for i in range(50)), shared=False).shops) == 50


@pytest.mark.parametrize(
    ("name", "number", "slug"),
    [
        ("Bahnhöfe Süd", 1, "bahnhofe-sud"),
        ("Bahnhöfe Süd", 2, "bahnhofe-sud-2"),
        ("駅", 1, "group"),
        ("--A--", 1, "a"),
        ("x" * 60, 1, "x" * 50),
    ],
)
def test_a_short_name_fits_an_address(name: str, number: int, slug: str) -> None:
    assert group_slug(name, number) == slug
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", slug)


@pytest.mark.parametrize(
    ("owner", "shared", "is_admin", "may"),
    [
        (1, False, False, True),
        (2, False, False, False),
        (2, True, False, False),
        (2, True, True, True),
        (2, False, True, False),
    ],
)
def test_owners_change_groups_and_admins_those_of_everybody(
    owner: int, shared: bool, is_admin: bool, may: bool
) -> None:
    assert may_change(ShopGroup("a", "A", owner, shared, BERLINERS), 1, is_admin=is_admin) is may


async def test_an_analyst_makes_changes_and_deletes_a_group(
    site: FakeSite, signed_in: tuple[httpx.AsyncClient, Viewer]
) -> None:
    client, viewer = signed_in
    made = await send(client, viewer, "/groups", name="Stations", shop=BERLINERS)
    assert (made.status_code, made.headers["location"]) == (303, "/groups")
    assert site.tallies.groups == [ShopGroup("stations", "Stations", viewer.person_id, False, BERLINERS)]
    await send(client, viewer, "/groups", name="Stations", shop=[*BERLINERS, "tokyo-ginza"], shared="yes")
    assert [group.slug for group in site.tallies.groups] == ["stations", "stations-2"]
    page = await client.get("/groups")
    assert 'href="/groups/stations"' in page.text
    changed = await send(client, viewer, "/groups/stations/change", name="Berlin", shop=BERLINERS, shared="yes")
    assert changed.status_code == 303
    assert site.tallies.groups[0] == ShopGroup("stations", "Berlin", viewer.person_id, True, BERLINERS)
    gone = await send(client, viewer, "/groups/stations/delete")
    assert gone.status_code == 303
    assert [group.slug for group in site.tallies.groups] == ["stations-2"]
    assert [entry.action for _, entry in site.audit.log if entry.action.startswith("group")] == [
        "group_made",
        "group_made",
        "group_changed",
        "group_deleted",
    ]


async def test_what_is_wrong_is_said_and_nothing_is_lost(
    site: FakeSite, signed_in: tuple[httpx.AsyncClient, Viewer]
) -> None:
    client, viewer = signed_in
    page = await send(client, viewer, "/groups", name="Two <b>", shop=BERLINERS[:2])
    assert page.status_code == 422
    assert "A group has 3 shops at least" in page.text
    assert 'value="Two &lt;b&gt;"' in page.text
    assert page.text.count("checked") == 2
    assert site.tallies.groups == []


async def test_what_is_being_written_lives_in_the_address(signed_in: tuple[httpx.AsyncClient, Viewer]) -> None:
    client, _ = signed_in
    page = await client.get("/groups?name=Mine&shop=berlin-mitte&shop=nowhere&find=berlin&shared=yes")
    assert re.findall(r'name="shop" value="([^"]+)" checked', page.text) == ["berlin-mitte"]
    assert re.findall(r'name="shop" value="([^"]+)">', page.text) == ["berlin-ost", "berlin-west"]
    assert 'name="shared" value="yes" checked' in page.text
    # The token would get into the address with the search: it comes with the button that keeps the group.
    assert 'type="hidden" name="csrf"' not in page.text.split('id="t-form"')[1]


async def test_a_shop_that_somebody_may_not_see_cannot_be_in_their_group(site: FakeSite) -> None:
    client, viewer = await site.browser(Role.ANALYST, ((Level.CITY, "berlin"),))
    async with client:
        page = await send(client, viewer, "/groups", name="Far", shop=[*BERLINERS, "tokyo-ginza"])
        assert page.status_code == 422
        assert "you may not see it" in page.text
        assert "Ginza" not in page.text
        assert "Ginza" not in (await client.get("/groups?name=x&find=gin&shop=tokyo-ginza")).text


async def test_managers_see_groups_and_make_none(site: FakeSite) -> None:
    site.tallies.groups.append(ShopGroup("near", "Near", 99, True, BERLINERS))
    client, viewer = await site.browser(Role.MANAGER)
    async with client:
        page = await client.get("/groups")
        assert "Near" in page.text
        assert "New group" not in page.text
        for path in ("/groups", "/groups/near/change", "/groups/near/delete"):
            assert (await send(client, viewer, path, name="Mine", shop=BERLINERS)).status_code == 403
    assert len(site.tallies.groups) == 1


async def test_others_groups_are_left_alone(site: FakeSite, signed_in: tuple[httpx.AsyncClient, Viewer]) -> None:
    client, viewer = signed_in
    site.tallies.groups += [
        ShopGroup("shared", "Shared", 99, True, BERLINERS),
        ShopGroup("secret", "Secret", 99, False, BERLINERS),
    ]
    before = list(site.tallies.groups)
    for slug in ("shared", "secret", "nowhere"):
        assert (await send(client, viewer, f"/groups/{slug}/change", name="x", shop=BERLINERS)).status_code == 404
        assert (await send(client, viewer, f"/groups/{slug}/delete")).status_code == 404
        assert (await client.get(f"/groups?edit={slug}")).status_code == 404
    assert site.tallies.groups == before
    assert "Secret" not in (await client.get("/groups")).text
    admin, boss = await site.browser(Role.ADMIN)
    async with admin:
        assert (await send(admin, boss, "/groups/shared/delete")).status_code == 303
        assert (await send(admin, boss, "/groups/secret/delete")).status_code == 404


async def test_without_its_token_a_form_does_nothing(
    site: FakeSite, signed_in: tuple[httpx.AsyncClient, Viewer]
) -> None:
    client, _ = signed_in
    body = urlencode({"name": "Mine", "shop": BERLINERS}, doseq=True)
    assert (await client.post("/groups", content=body, headers=FORM)).status_code == 403
    assert (await client.post("/groups", content=body + "&csrf=x", headers=FORM)).status_code == 403
    assert site.tallies.groups == []


async def test_a_group_of_which_a_shop_is_hidden_has_no_numbers(site: FakeSite) -> None:
    site.tallies.groups.append(ShopGroup("far", "Far", 99, True, ("berlin-mitte", "berlin-ost", "tokyo-ginza")))
    berliner, _ = await site.browser(Role.ANALYST, ((Level.CITY, "berlin"),))
    everyone, _ = await site.browser(Role.ANALYST)
    async with berliner, everyone:
        for path in (
            "/groups/far",
            "/explore?place=group:far",
            "/league?place=group:far",
            "/compare?subject=group:far",
        ):
            assert (await everyone.get(path)).status_code == 200, path
            assert (await berliner.get(path)).status_code == 404, path
        assert "Far" not in (await berliner.get("/groups")).text
        assert "Far" not in (await berliner.get("/compare")).text


async def test_a_group_of_ones_own_stays_when_a_shop_is_hidden_and_can_be_deleted(site: FakeSite) -> None:
    client, viewer = await site.browser(Role.ANALYST, ((Level.CITY, "berlin"),))
    site.tallies.groups.append(
        ShopGroup("past", "Past", viewer.person_id, False, ("berlin-mitte", "berlin-ost", "tokyo-ginza"))
    )
    async with client:
        page = await client.get("/groups")
        assert "no numbers" in page.text
        assert 'href="/groups/past"' not in page.text
        assert (await send(client, viewer, "/groups/past/delete")).status_code == 303
    assert site.tallies.groups == []


async def test_an_away_database_is_said(site: FakeSite, signed_in: tuple[httpx.AsyncClient, Viewer]) -> None:
    client, viewer = signed_in
    site.tallies.away = True
    assert (await client.get("/groups")).status_code == 503
    assert (await send(client, viewer, "/groups", name="Mine", shop=BERLINERS)).status_code == 503
