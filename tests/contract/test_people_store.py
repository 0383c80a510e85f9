"""What every store of people and sessions does, the fake and the real one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import asyncpg
import pytest

from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_people import PostgresPeople
from services.report.adapters.postgres_sessions import PostgresSessions
from services.report.domain.people import Grant, NewPerson, PeopleError, Person, Role
from services.report.domain.places import Level
from services.report.domain.signing_in import Identity, Limit, TooManyAttemptsError
from services.report.handler.people import PeopleStore
from services.report.handler.sign_in import SessionStore
from tests.estates import register
from tests.fakes.people_store import FakePeopleStore
from tests.servers.postgres import Database

BERLIN = Grant(Level.CITY, "berlin")
EUROPE = Grant(Level.REGION, "europe")
MITTE = Grant(Level.SHOP, "berlin-mitte")
WORLD = Grant(Level.WORLD)
TOKEN = sha256(b"token").digest()
WITHIN = timedelta(minutes=15)


@dataclass
class Stores:
    people: PeopleStore
    sessions: SessionStore
    # Lets time go by, for all that is kept.
    wait: Callable[[timedelta], Awaitable[None]]


@pytest.fixture(params=["fake", "postgres"])
async def stores(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Stores]:
    if request.param == "fake":
        fake = FakePeopleStore()

        async def turn(by: timedelta) -> None:
            fake.now += by

        yield Stores(fake, fake, turn)
        return
    await register(database)
    owner = await asyncpg.connect(database.dsn("owner"))

    async def age(by: timedelta) -> None:
        await owner.execute(
            "update session set last_seen_at = last_seen_at - $1::interval, expires_at = expires_at - $1::interval", by
        )
        await owner.execute(
            "update api_token set expires_at = expires_at - $1::interval, created_at = created_at - $1::interval", by
        )
        await owner.execute("update login_attempt set at = at - $1::interval", by)

    async with AccountDatabase.connect(database.dsn("account")) as account:
        yield Stores(PostgresPeople(account), PostgresSessions(account), age)
    await owner.close()


async def add(stores: Stores, email: str = "ana@example.com", role: Role = Role.MANAGER, *grants: Grant) -> Person:
    return await stores.people.add(NewPerson(email, "Ana", role, grants or (BERLIN,)), "hash")


async def test_who_was_let_in_is_found(stores: Stores) -> None:
    person = await add(stores, "ana@example.com", Role.ANALYST, MITTE, EUROPE)
    assert person.grants == (EUROPE, MITTE)
    assert person.signs_in_by_password
    assert not person.disabled
    assert await stores.people.person(person.person_id) == person
    assert await stores.people.person_by_email("ana@example.com") == person
    await add(stores, "abe@example.com", Role.ADMIN, WORLD)
    assert [one.email for one in await stores.people.people()] == ["abe@example.com", "ana@example.com"]
    assert await stores.people.person(999_999) is None


async def test_nobody_is_let_in_twice_or_to_a_place_that_is_not_there(stores: Stores) -> None:
    await add(stores)
    with pytest.raises(PeopleError, match="there already"):
        await add(stores)
    with pytest.raises(PeopleError, match="no city:atlantis"):
        await add(stores, "abe@example.com", Role.MANAGER, BERLIN, Grant(Level.CITY, "atlantis"))
    assert await stores.people.person_by_email("abe@example.com") is None, "nothing is left of it"


async def test_places_have_names_from_the_world_down(stores: Stores) -> None:
    names = {place.grant: place.name for place in await stores.people.places()}
    assert names[WORLD] == "World"
    assert names[EUROPE] == "Europe"
    assert names[BERLIN] == "Europe, Berlin"
    assert names[MITTE] == "Europe, Berlin, Berlin-Mitte"


async def test_the_last_admin_stays(stores: Stores) -> None:
    admin = await add(stores, "root@example.com", Role.ADMIN, WORLD)
    with pytest.raises(PeopleError, match="last admin"):
        await stores.people.disable(admin.person_id, disabled=True)
    with pytest.raises(PeopleError, match="last admin"):
        await stores.people.change(admin.person_id, "Root", Role.ANALYST, [WORLD])
    other = await add(stores, "abe@example.com", Role.ADMIN, WORLD)
    assert (await stores.people.change(admin.person_id, "Root", Role.ANALYST, [EUROPE])).grants == (EUROPE,)
    with pytest.raises(PeopleError, match="last admin"):
        await stores.people.disable(other.person_id, disabled=True)
    with pytest.raises(PeopleError, match="nobody"):
        await stores.people.disable(999_999, disabled=True)


async def test_a_session_lives_until_it_is_closed(stores: Stores) -> None:
    person = await add(stores)
    opened = await stores.sessions.open_session(person.person_id, TOKEN, "csrf")
    assert opened is not None
    assert (opened.email, opened.csrf, opened.role, opened.via_token) == (
        "ana@example.com",
        "csrf",
        Role.MANAGER,
        False,
    )
    assert await stores.sessions.viewer_of_session(TOKEN) == opened
    assert (await stores.people.people())[0].signed_in_at is not None
    await stores.sessions.close_session(TOKEN)
    assert await stores.sessions.viewer_of_session(TOKEN) is None


async def test_a_session_ends_when_nobody_uses_it_and_after_a_week(stores: Stores) -> None:
    person = await add(stores)
    await stores.sessions.open_session(person.person_id, TOKEN, "csrf")
    await stores.wait(timedelta(hours=11))
    assert await stores.sessions.viewer_of_session(TOKEN) is not None
    await stores.wait(timedelta(hours=11))
    assert await stores.sessions.viewer_of_session(TOKEN) is not None, "it was used in between"
    for _ in range(14):
        await stores.wait(timedelta(hours=11))
        await stores.sessions.viewer_of_session(TOKEN)
    assert await stores.sessions.viewer_of_session(TOKEN) is None, "a week is over, however often it was used"
    await stores.sessions.open_session(person.person_id, sha256(b"other").digest(), "csrf")
    await stores.wait(timedelta(hours=12, minutes=1))
    assert await stores.sessions.viewer_of_session(sha256(b"other").digest()) is None


@pytest.mark.parametrize("what", ["disable", "password", "role"])
async def test_sessions_end_when_somebody_is_disabled_or_changes(stores: Stores, what: str) -> None:
    person = await add(stores)
    await stores.sessions.open_session(person.person_id, TOKEN, "csrf")
    match what:
        case "disable":
            await stores.people.disable(person.person_id, disabled=True)
            assert await stores.sessions.open_session(person.person_id, sha256(b"new").digest(), "csrf") is None
            await stores.people.disable(person.person_id, disabled=False)
        case "password":
            await stores.people.set_password(person.person_id, "new hash")
            assert await stores.people.password_hash(person.person_id) == "new hash"
        case _:
            await stores.people.change(person.person_id, "Ana", Role.ANALYST, [BERLIN])
    assert await stores.sessions.viewer_of_session(TOKEN) is None


async def test_a_change_of_places_keeps_the_session(stores: Stores) -> None:
    person = await add(stores)
    await stores.sessions.open_session(person.person_id, TOKEN, "csrf")
    await stores.people.change(person.person_id, "Anna", Role.MANAGER, [EUROPE])
    viewer = await stores.sessions.viewer_of_session(TOKEN)
    assert viewer is not None
    assert viewer.name == "Anna"


async def test_tokens_open_until_they_expire_or_are_revoked(stores: Stores) -> None:
    person = await add(stores, role=Role.ANALYST)
    await stores.people.add_token(person.person_id, "nightly", TOKEN, timedelta(days=10))
    (shown,) = await stores.people.tokens(person.person_id)
    assert (shown.name, shown.last_used_at) == ("nightly", None)
    viewer = await stores.sessions.viewer_of_token(TOKEN)
    assert viewer is not None
    assert viewer.via_token
    assert (await stores.people.tokens(person.person_id))[0].last_used_at is not None
    assert await stores.sessions.viewer_of_session(TOKEN) is None, "a token is no session"
    other = await add(stores, "abe@example.com", Role.ANALYST)
    assert not await stores.people.revoke_token(other.person_id, shown.token_id), "it is not theirs"
    await stores.wait(timedelta(days=10, minutes=1))
    assert await stores.sessions.viewer_of_token(TOKEN) is None
    assert await stores.people.revoke_token(person.person_id, shown.token_id)
    assert not await stores.people.tokens(person.person_id)


async def test_a_token_is_worth_nothing_without_the_role(stores: Stores) -> None:
    person = await add(stores, role=Role.ANALYST)
    await stores.people.add_token(person.person_id, "nightly", TOKEN, timedelta(days=10))
    await stores.people.change(person.person_id, "Ana", Role.MANAGER, [BERLIN])
    assert await stores.sessions.viewer_of_token(TOKEN) is None
    await stores.people.change(person.person_id, "Ana", Role.ANALYST, [BERLIN])
    assert await stores.sessions.viewer_of_token(TOKEN) is not None
    await stores.people.disable(person.person_id, disabled=True)
    assert await stores.sessions.viewer_of_token(TOKEN) is None


async def test_attempts_are_counted_until_they_are_taken_back_or_old(stores: Stores) -> None:
    limits = [Limit("email a", 3), Limit("address b", 5)]
    attempts = [await stores.sessions.begin_attempt(limits, WITHIN) for _ in range(3)]
    assert [attempt.left for attempt in attempts] == [2, 1, 0]
    with pytest.raises(TooManyAttemptsError) as refused:
        await stores.sessions.begin_attempt(limits, WITHIN)
    assert 0 < refused.value.retry_after_s <= WITHIN.total_seconds()
    await stores.sessions.take_back(attempts[0], "email a")
    assert (await stores.sessions.begin_attempt(limits, WITHIN)).left == 2
    for _ in range(2):
        await stores.sessions.begin_attempt([limits[1]], WITHIN)
    with pytest.raises(TooManyAttemptsError):
        await stores.sessions.begin_attempt([Limit("email c", 3), limits[1]], WITHIN)
    await stores.wait(WITHIN + timedelta(seconds=1))
    assert (await stores.sessions.begin_attempt(limits, WITHIN)).left == 2


async def test_an_identity_is_bound_once(stores: Stores) -> None:
    person = await add(stores)
    identity = Identity("https://id.example.com", "4711", "ana@example.com")
    assert await stores.sessions.login_by_identity(Identity(identity.issuer, "4711", None)) is None
    login = await stores.sessions.login_by_identity(identity)
    assert login is not None
    assert login.person_id == person.person_id
    assert await stores.sessions.login_by_identity(Identity(identity.issuer, "4711", None)) == login, "by its subject"
    assert await stores.sessions.login_by_identity(Identity(identity.issuer, "0815", "ana@example.com")) is None
    assert await stores.sessions.login_by_identity(Identity(identity.issuer, "1", "nobody@example.com")) is None


async def test_a_newer_hash_replaces_only_the_one_it_was_made_from(stores: Stores) -> None:
    person = await add(stores)
    login = await stores.sessions.login_by_email(person.email)
    assert login is not None
    await stores.sessions.rehash(login, "newer")
    assert await stores.people.password_hash(person.person_id) == "newer"
    await stores.sessions.rehash(login, "stale")
    assert await stores.people.password_hash(person.person_id) == "newer"
