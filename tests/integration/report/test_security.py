"""Who gets in, and what they get: every route of the pages, tried by somebody who should not."""

import re

import pytest

from services.report.domain.people import Role
from tests.integration.report.doors import (
    OPEN,
    PASSWORD,
    Door,
    csrf_of,
    filled,
    is_in,
    routes,
    sign_in,
)


async def test_nothing_is_answered_to_a_stranger(door: Door) -> None:
    async with door.stranger() as client:
        for method, path in routes(door.app):
            answer = await client.request(method, filled(path))
            if path in OPEN:
                continue
            if path.startswith("/api/"):
                assert answer.status_code == 401, path
                assert answer.headers["www-authenticate"] == "Bearer"
            else:
                assert answer.status_code == 303, (method, path, answer.status_code)
                assert answer.headers["location"].startswith("/login"), path


async def test_nothing_is_changed_without_the_sessions_own_token(door: Door) -> None:
    client = await door.browser("root@example.com", Role.ADMIN)
    other = await door.browser("eve@example.com", Role.ADMIN)
    foreign = await csrf_of(other)
    unsafe = [(method, path) for method, path in routes(door.app) if method not in ("GET", "HEAD")]
    assert len(unsafe) > 10
    for method, path in unsafe:
        if path in OPEN:
            continue
        for values in ({}, {"csrf": ""}, {"csrf": "wrong"}, {"csrf": foreign}):
            answer = await client.request(method, filled(path), data={"x": "y", **values})
            assert answer.status_code == 403, (method, path, values)
        answer = await client.request(method, filled(path), headers={"X-CSRF-Token": foreign})
        assert answer.status_code == 403, (method, path)
        right = {"X-CSRF-Token": await csrf_of(client)}
        for evil in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ):
            assert (await client.request(method, filled(path), headers=right | evil)).status_code == 403, (path, evil)
    assert await is_in(client), "not even signing out"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ANALYST])
async def test_admin_pages_are_for_admins(door: Door, role: Role) -> None:
    client = await door.browser("ana@example.com", role)
    headers = {"X-CSRF-Token": await csrf_of(client)}
    paths = [(method, path) for method, path in routes(door.app) if path.startswith("/admin")]
    assert len(paths) > 5
    for method, path in paths:
        answer = await client.request(method, filled(path), headers=headers)
        assert answer.status_code == 403, (method, path)
    assert (await client.get("/admin/audit")).status_code == 403


async def test_a_manager_of_one_city_sees_no_other_by_any_address(door: Door) -> None:
    client = await door.browser("ana@example.com", Role.MANAGER, "city:berlin")
    everything = await door.browser("root@example.com", Role.ADMIN)
    await door.owner.execute(
        "insert into shop_group (slug, name, owner_id, shared) select 'everywhere', 'Everywhere', person_id, false "
        "from person where email = 'root@example.com'"
    )
    await door.owner.execute("insert into shop_group_member select group_id, shop_id from shop_group, shop")
    asked = [
        {}, {"place": "shop:tokyo-ginza"}, {"place": "city:tokyo"}, {"place": "region:asia"}, {"place": "world"},
        {"place": "group:everywhere"}, {"q": "tokyo"}, {"a": "shop:tokyo-ginza", "b": "city:tokyo"},
    ]  # fmt: skip
    shown = set()
    for method, path in routes(door.app):
        if method != "GET" or path in OPEN or "pdf" in path:
            continue
        for query in asked:
            answer = await client.get(filled(path), params=query)
            assert answer.status_code < 500, (path, query)
            said = re.sub(r"\b[A-Z]\w+(/[A-Z][\w-]+)+", "a time zone", answer.text)
            for name in ("Tokyo", "Asia", "Denver", "America"):
                assert name not in said, (path, query, name)
            if "{slug}" in path and answer.status_code < 300:
                shown.add(path)
        if "Tokyo" in (await everything.get(filled(path))).text:
            shown.add(f"admin: {path}")
    assert not [path for path in shown if not path.startswith("admin: ")], "places elsewhere are not there"
    assert "admin: /shops/{slug}" in shown, "and would be, for somebody who may see them"


async def test_no_form_field_makes_anybody_more_than_they_are(door: Door) -> None:
    client = await door.browser("ana@example.com", Role.MANAGER, "city:berlin")
    csrf = await csrf_of(client)
    more = {
        "csrf": csrf,
        "role": "admin",
        "person_id": "1",
        "place": "world",
        "email": "root@example.com",
        "disabled": "no",
    }
    await client.post("/account/language", data=more | {"language": "de"})
    await client.post(
        "/account/password",
        data=more | {"old": PASSWORD, "new": "a wholly new password", "again": "a wholly new password"},
    )
    person = await door.gate.people.store.person_by_email("ana@example.com")
    assert person is not None
    assert (person.role, [str(grant) for grant in person.grants]) == (Role.MANAGER, ["city:berlin"])
    answer = await client.post("/account/tokens", data=more | {"csrf": await csrf_of(client), "name": "x", "days": "9"})
    assert answer.status_code == 403


async def test_an_admin_lets_people_in_and_the_last_one_stays(door: Door) -> None:
    admin = await door.browser("root@example.com", Role.ADMIN)
    csrf = {"csrf": await csrf_of(admin)}
    new = {
        "email": "Ana@Example.com",
        "name": "Ana",
        "role": "manager",
        "place": ["city:berlin"],
        "more": "Asia, Tokyo (city:tokyo)",
    }
    staged = await admin.post("/admin/people/new", data=csrf | new | {"do": "add"})
    assert 'value="city:tokyo" checked' in staged.text
    assert await door.gate.people.store.person_by_email("ana@example.com") is None
    added = await admin.post("/admin/people/new", data=csrf | new | {"do": "save"})
    assert added.status_code == 200
    (password,) = re.findall(r'class="secret">([^<]+)<', added.text)
    async with door.stranger() as client:
        assert (await sign_in(client, "ana@example.com", password)).status_code == 303
        person = await door.gate.people.store.person_by_email("ana@example.com")
        assert person is not None
        assert [str(grant) for grant in person.grants] == ["city:berlin", "city:tokyo"]
        change = {"name": "Ana", "role": "analyst", "place": ["city:berlin"], "do": "save"}
        assert (await admin.post(f"/admin/people/{person.person_id}", data=csrf | change)).status_code == 200
        assert not await is_in(client), "another role is another session"
    root = await door.gate.people.store.person_by_email("root@example.com")
    assert root is not None
    demoted = await admin.post(f"/admin/people/{root.person_id}", data=csrf | change | {"name": "Root"})
    assert (demoted.status_code, "last admin" in demoted.text) == (422, True)
    disabled = await admin.post(f"/admin/people/{root.person_id}/disable", data=csrf)
    assert (disabled.status_code, "last admin" in disabled.text) == (422, True)
    for wrong in (
        {"email": "nobody"},
        {"email": "ana@example.com"},
        {"role": "root"},
        {"place": ["city:atlantis"], "more": ""},
        {"place": [], "more": ""},
    ):
        answer = await admin.post(
            "/admin/people/new", data=csrf | new | {"email": "b@example.com", "do": "save"} | wrong
        )
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True), wrong
    page = await admin.get("/admin/people")
    assert "ana@example.com" in page.text
    reset = await admin.post(f"/admin/people/{person.person_id}/reset-password", data=csrf)
    (newer,) = re.findall(r'class="secret">([^<]+)<', reset.text)
    async with door.stranger() as client:
        assert (await sign_in(client, "ana@example.com", password)).status_code == 401
        assert (await sign_in(client, "ana@example.com", newer)).status_code == 303


async def test_a_token_reads_what_its_owner_sees_until_it_ends(door: Door) -> None:
    client = await door.browser("ana@example.com", Role.ANALYST, "city:berlin")
    csrf = {"csrf": await csrf_of(client)}
    made = await client.post("/account/tokens", data=csrf | {"name": "nightly", "days": "90"})
    (token,) = re.findall(r'class="secret">(ft_[^<]+)<', made.text)
    assert token not in (await client.get("/account")).text
    bearer = {"Authorization": f"Bearer {token}"}
    async with door.stranger() as machine:
        assert (await machine.get("/cities/berlin", headers=bearer)).status_code == 200
        assert (await machine.get("/cities/tokyo", headers=bearer)).status_code == 404
        for method, path in routes(door.app):
            if method not in ("GET", "HEAD") and path not in OPEN:
                assert (await machine.request(method, filled(path), headers=bearer)).status_code == 403, path
        for wrong in (f"Bearer {token}x", "Bearer ft_", "Bearer", f"Basic {token}", f"bearer  {token} x"):
            answer = await machine.get("/cities/berlin", headers={"Authorization": wrong})
            assert answer.status_code == 401, wrong
        await door.owner.execute("update api_token set expires_at = now() - interval '1 second'")
        assert (await machine.get("/cities/berlin", headers=bearer)).status_code == 401
        await door.owner.execute("update api_token set expires_at = now() + interval '1 day'")
        number = await door.owner.fetchval("select token_id from api_token")
        other = await door.browser("eve@example.com", Role.ANALYST)
        await other.post(f"/account/tokens/{number}/revoke", data={"csrf": await csrf_of(other)})
        assert (await machine.get("/cities/berlin", headers=bearer)).status_code == 200, "it is not theirs"
        await client.post(f"/account/tokens/{number}/revoke", data=csrf)
        assert (await machine.get("/cities/berlin", headers=bearer)).status_code == 401
    too_long = await client.post("/account/tokens", data=csrf | {"name": "x", "days": "366"})
    assert too_long.status_code == 422
