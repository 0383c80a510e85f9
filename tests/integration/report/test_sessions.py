"""Signing in and out, and what a session is worth."""

from datetime import timedelta

import pytest

from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.argon2_passwords import Argon2Passwords
from services.report.adapters.postgres_people import PostgresPeople
from services.report.adapters.postgres_sessions import PostgresSessions
from services.report.adapters.system_chance import SystemChance
from services.report.domain.people import NewPerson, Role, parse_grant
from services.report.handler.people import People
from services.report.handler.sign_in import SignIn
from services.report.pages.security import Gate
from tests.estates import register
from tests.integration.report.doors import PASSWORD, Door, csrf_of, hidden, is_in, sign_in
from tests.servers.postgres import Database


async def test_a_session_that_somebody_planted_is_not_used(door: Door) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    async with door.stranger() as client:
        client.cookies.set("facetally", "planted-by-an-attacker")
        assert (await sign_in(client, "ana@example.com")).status_code == 303
        assert await is_in(client)
    async with door.stranger() as attacker:
        attacker.cookies.set("facetally", "planted-by-an-attacker")
        assert not await is_in(attacker)


async def test_signing_in_again_ends_the_session_before(door: Door) -> None:
    client = await door.browser("ana@example.com", Role.MANAGER)
    before = client.cookies["facetally"]
    form = (await door.stranger().get("/login")).text
    assert form
    async with door.stranger() as again:
        page = await again.get("/login")
        again.cookies.set("facetally", before, domain="localhost.local")
        values = {"email": "ana@example.com", "password": PASSWORD, "login": hidden(page.text, "login")}
        assert (await again.post("/login", data=values)).status_code == 303
        assert again.cookies["facetally"] != before
    assert not await is_in(client)


async def test_signing_out_ends_the_session_for_whoever_holds_it(door: Door) -> None:
    client = await door.browser("ana@example.com", Role.MANAGER)
    stolen = client.cookies["facetally"]
    answer = await client.post("/logout", data={"csrf": await csrf_of(client)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "facetally" not in client.cookies
    async with door.stranger() as thief:
        thief.cookies.set("facetally", stolen)
        assert not await is_in(thief)
    assert (await client.get("/logout")).status_code in (303, 404, 405)
    assert (await door.actions())[-2:] == ["signed_in", "signed_out"]


async def test_what_the_database_holds_opens_nothing(door: Door) -> None:
    await door.browser("ana@example.com", Role.ANALYST)
    kept = await door.owner.fetchrow("select token_sha256, csrf from session")
    assert kept is not None
    assert len(kept["token_sha256"]) == 32
    async with door.stranger() as thief:
        for value in (kept["token_sha256"].hex(), kept["csrf"]):
            thief.cookies.set("facetally", value)
            assert not await is_in(thief)
            assert (await thief.get("/api/v1/places", headers={"Authorization": f"Bearer {value}"})).status_code == 401


async def test_cookies_stay_with_this_site_and_out_of_scripts(door: Door) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    async with door.stranger() as client:
        cookie = (await sign_in(client, "ana@example.com")).headers.get_list("set-cookie")[0].lower()
    assert cookie.startswith("facetally=")
    for attribute in ("httponly", "samesite=lax", "path=/", "max-age=604800"):
        assert attribute in cookie
    assert "domain=" not in cookie
    secure = Gate(door.gate.sign_in, door.gate.people, door.gate.trail, door.gate.key, secure_cookies=True)
    door.app.state.gate = secure
    async with door.stranger("https") as client:
        cookies = (await sign_in(client, "ana@example.com")).headers.get_list("set-cookie")
        assert all(cookie.startswith("__Host-facetally") for cookie in cookies)
        assert all("; secure" in cookie.lower() for cookie in cookies)
        assert await is_in(client)


async def test_a_session_ends_when_nobody_uses_it(door: Door) -> None:
    client = await door.browser("ana@example.com", Role.MANAGER)
    await door.owner.execute("update session set last_seen_at = now() - interval '11 hours'")
    assert await is_in(client)
    assert await door.owner.fetchval("select now() - last_seen_at < interval '1 minute' from session")
    await door.owner.execute("update session set last_seen_at = now() - interval '12 hours 1 second'")
    assert not await is_in(client)


async def test_who_is_disabled_is_out_at_once(door: Door) -> None:
    admin = await door.browser("root@example.com", Role.ADMIN)
    client = await door.browser("ana@example.com", Role.MANAGER)
    person = await door.gate.people.store.person_by_email("ana@example.com")
    assert person is not None
    csrf = await csrf_of(admin)
    assert (await admin.post(f"/admin/people/{person.person_id}/disable", data={"csrf": csrf})).status_code == 303
    assert not await is_in(client)
    async with door.stranger() as again:
        assert (await sign_in(again, "ana@example.com")).status_code == 401
    assert (await admin.post(f"/admin/people/{person.person_id}/enable", data={"csrf": csrf})).status_code == 303
    async with door.stranger() as again:
        assert (await sign_in(again, "ana@example.com")).status_code == 303


async def test_a_new_password_signs_everybody_else_out(door: Door) -> None:
    client = await door.browser("ana@example.com", Role.MANAGER)
    other = door.stranger()
    await sign_in(other, "ana@example.com")
    before = client.cookies["facetally"]
    values = {"old": PASSWORD, "new": "a wholly new password", "again": "a wholly new password"}
    answer = await client.post("/account/password", data=values | {"csrf": await csrf_of(client)})
    assert answer.status_code == 200
    assert client.cookies["facetally"] != before
    assert await is_in(client)
    assert not await is_in(other)
    for wrong in ({"old": "wrong"}, {"new": "short", "again": "short"}, {"again": "another"}):
        answer = await client.post("/account/password", data=values | wrong | {"csrf": await csrf_of(client)})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


async def test_the_login_form_comes_from_us_and_from_this_browser(door: Door) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    values = {"email": "ana@example.com", "password": PASSWORD}
    async with door.stranger() as attacker:
        theirs = hidden((await attacker.get("/login")).text, "login")
    async with door.stranger() as client:
        for login in ("", "forged", theirs):
            assert (await client.post("/login", data=values | {"login": login})).status_code == 400
        mine = hidden((await client.get("/login")).text, "login")
        for evil in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            assert (await client.post("/login", data=values | {"login": mine}, headers=evil)).status_code == 400
        assert not await is_in(client)
        good = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        mine = hidden((await client.get("/login")).text, "login")
        assert (await client.post("/login", data=values | {"login": mine}, headers=good)).status_code == 303
    assert door.passwords.checked == 1, "no form of anybody else's is even looked at"


async def test_five_wrong_passwords_are_enough(door: Door) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    async with door.stranger() as client:
        for left in (4, 3, 2, 1, 0):
            answer = await sign_in(client, "ana@example.com", "wrong")
            assert answer.status_code == 401
            assert f"{left} {'try' if left == 1 else 'tries'} left" in answer.text
        checked = door.passwords.checked
        answer = await sign_in(client, "ana@example.com")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 900
        assert door.passwords.checked == checked
        await door.owner.execute("update login_attempt set at = at - interval '16 minutes'")
        assert (await sign_in(client, "ana@example.com")).status_code == 303
    assert (await door.actions()).count("sign_in_failed") == 5
    assert "sign_in_refused" in await door.actions()


async def test_nobody_learns_who_exists(door: Door) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    answers = []
    async with door.stranger() as client:
        for email in ("ana@example.com", "nobody@example.com"):
            before = door.passwords.checked
            answer = await sign_in(client, email, "wrong")
            assert door.passwords.checked == before + 1
            page = answer.text.replace(email, "").replace(hidden(answer.text, "login"), "")
            answers.append((answer.status_code, page))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "http:evil.example", "///evil.example", "/login", "/logout", "", "evil.example", "/%0d%0aX: y\r\n"],
)  # fmt: skip
async def test_nobody_is_sent_elsewhere(door: Door, wanted: str) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    async with door.stranger() as client:
        answer = await sign_in(client, "ana@example.com", wanted=wanted)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        answer = await client.get("/login", params={"next": wanted})
        assert answer.headers["location"] == "/"


async def test_who_signs_in_goes_where_they_wanted_to(door: Door) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    async with door.stranger() as client:
        away = await client.get("/explore?period=7d&gender=female")
        assert away.headers["location"] == "/login?next=%2Fexplore%3Fperiod%3D7d%26gender%3Dfemale"
        answer = await sign_in(client, "ana@example.com", wanted="/explore?period=7d&gender=female")
        assert answer.headers["location"] == "/explore?period=7d&gender=female"
    async with door.stranger() as client:
        part = await client.get("/explore", headers={"HX-Request": "true"})
        assert (part.status_code, part.headers["hx-redirect"]) == (401, "/login?next=%2Fexplore")


async def test_markup_in_the_login_form_is_text(door: Door) -> None:
    async with door.stranger() as client:
        answer = await sign_in(client, '"><script>alert(1)</script>', "x", wanted='/"><script>')
        assert "<script>alert" not in answer.text
        assert '"><script>' not in answer.text


async def test_a_real_hash_signs_in_too(database: Database) -> None:
    await register(database)
    async with AccountDatabase.connect(database.dsn("account")) as account:
        passwords = Argon2Passwords()
        people = People(PostgresPeople(account), passwords, SystemChance())
        new = NewPerson("ana@example.com", "Ana", Role.MANAGER, (parse_grant("world"),))
        await people.add(new, PASSWORD)
        opened = await SignIn(PostgresSessions(account), passwords, SystemChance()).with_password(
            new.email, PASSWORD, "x"
        )
        assert opened.viewer.email == new.email
        assert (await people.store.password_hash(opened.viewer.person_id) or "").startswith(
            "$argon2id$v=19$m=65536,t=3,p=4$"
        )
        await PostgresSessions(account).sweep(timedelta(minutes=15))
        assert await SignIn(PostgresSessions(account), passwords, SystemChance()).viewer(opened.token) is not None
