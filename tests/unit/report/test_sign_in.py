"""Signing in, over fakes: what is said, what is counted, what it costs."""

import pytest

from services.report.domain.people import Grant, NewPerson, PeopleError, Role
from services.report.domain.places import Level
from services.report.domain.signing_in import (
    ATTEMPTS_PER_ADDRESS,
    ATTEMPTS_PER_EMAIL,
    ATTEMPTS_WITHIN,
    Identity,
    TooManyAttemptsError,
    UnknownIdentityError,
    WrongLoginError,
)
from services.report.handler.people import People
from services.report.handler.sign_in import SignIn, digest
from tests.fakes.passwords import FakeChance, FakePasswords
from tests.fakes.people_store import FakePeopleStore

EMAIL, PASSWORD = "ana@example.com", "correct horse battery"


class Bench:
    """Sign-in on fakes, and one person."""

    def __init__(self) -> None:
        self.store = FakePeopleStore()
        self.passwords = FakePasswords()
        chance = FakeChance()
        self.people = People(self.store, self.passwords, chance)
        self.sign_in = SignIn(self.store, self.passwords, chance)

    async def add(self, email: str = EMAIL, role: Role = Role.ANALYST) -> int:
        person, _ = await self.people.add(NewPerson(email, "Ana", role, (Grant(Level.WORLD),)), PASSWORD)
        return person.person_id


@pytest.fixture
async def bench() -> Bench:
    made = Bench()
    await made.add()
    return made


async def test_the_right_password_opens_a_session_of_ones_own(bench: Bench) -> None:
    first = await bench.sign_in.with_password(" Ana@Example.com", PASSWORD, "192.0.2.1")
    second = await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.1")
    assert first.token != second.token
    assert first.viewer.csrf != second.viewer.csrf
    assert await bench.sign_in.viewer(first.token) == first.viewer
    await bench.sign_in.sign_out(first.token)
    assert await bench.sign_in.viewer(first.token) is None
    assert await bench.sign_in.viewer(second.token) == second.viewer


async def test_nothing_that_is_kept_opens_a_session(bench: Bench) -> None:
    opened = await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.1")
    token = await bench.people.make_token(opened.viewer.person_id, Role.ANALYST, "nightly", 90)
    kept = [*bench.store.sessions, *(one.sha256 for one in bench.store.kept_tokens.values())]
    assert set(kept) == {digest(opened.token), digest(token)}
    for value in kept:
        for text in (value.hex(), value.decode("latin-1"), f"ft_{value.hex()}"):
            assert await bench.sign_in.viewer(text) is None
            assert await bench.sign_in.machine(text) is None
    assert await bench.sign_in.viewer(token) is None
    assert await bench.sign_in.machine(opened.token) is None


async def refused(bench: Bench, email: str, password: str = "wrong", address: str = "192.0.2.1") -> int:
    with pytest.raises(WrongLoginError) as error:
        await bench.sign_in.with_password(email, password, address)
    return error.value.left


async def test_unknown_people_cost_as_much_and_are_told_the_same(bench: Bench) -> None:
    bench.store.hashes[await bench.add("oidc@example.com")] = None
    off = await bench.add("off@example.com")
    await bench.store.disable(off, disabled=True)
    for email, password in [
        (EMAIL, "wrong"),
        ("nobody@example.com", "wrong"),
        ("oidc@example.com", "wrong"),
        ("off@example.com", PASSWORD),
    ]:
        before = bench.passwords.checked
        assert await refused(bench, email, password) == ATTEMPTS_PER_EMAIL - 1
        assert bench.passwords.checked == before + 1, email
    before = bench.passwords.checked
    await refused(bench, "no address")
    assert bench.passwords.checked == before + 1


async def test_failures_under_one_email_are_limited_until_they_are_old(bench: Bench) -> None:
    left = [await refused(bench, EMAIL, address=f"192.0.2.{i}") for i in range(ATTEMPTS_PER_EMAIL)]
    assert left == [4, 3, 2, 1, 0]
    checked = bench.passwords.checked
    with pytest.raises(TooManyAttemptsError) as limited:
        await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.99")
    assert 0 < limited.value.retry_after_s <= ATTEMPTS_WITHIN.total_seconds()
    assert bench.passwords.checked == checked, "nothing is hashed for who is limited"
    bench.store.now += ATTEMPTS_WITHIN * 1.01
    assert (await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.99")).viewer.email == EMAIL
    assert await refused(bench, EMAIL) == ATTEMPTS_PER_EMAIL - 1, "success forgets the failures"


async def test_failures_from_one_address_are_limited_and_success_is_no_failure(bench: Bench) -> None:
    for _ in range(ATTEMPTS_PER_ADDRESS + 5):
        await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.1")
    for i in range(ATTEMPTS_PER_ADDRESS):
        await refused(bench, f"guess{i}@example.com")
    with pytest.raises(TooManyAttemptsError):
        await bench.sign_in.with_password("another@example.com", "wrong", "192.0.2.1")
    assert (await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.2")).viewer.email == EMAIL


async def test_a_password_is_hashed_again_when_parameters_change(bench: Bench) -> None:
    bench.passwords.version = 2
    opened = await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.1")
    assert bench.store.hashes[opened.viewer.person_id] == f"2:{PASSWORD}"
    hashed = bench.passwords.hashed
    await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.1")
    assert bench.passwords.hashed == hashed


async def test_a_new_password_ends_every_session(bench: Bench) -> None:
    opened = await bench.sign_in.with_password(EMAIL, PASSWORD, "192.0.2.1")
    with pytest.raises(PeopleError, match="another one"):
        await bench.people.change_password(opened.viewer, "wrong", "a wholly new password")
    with pytest.raises(PeopleError, match="old one"):
        await bench.people.change_password(opened.viewer, PASSWORD, PASSWORD)
    assert await bench.sign_in.viewer(opened.token) is not None
    await bench.people.change_password(opened.viewer, PASSWORD, "a wholly new password")
    assert await bench.sign_in.viewer(opened.token) is None
    assert await refused(bench, EMAIL, PASSWORD) == ATTEMPTS_PER_EMAIL - 1
    again = await bench.sign_in.again(opened.viewer)
    assert again.token != opened.token


@pytest.mark.parametrize("days", [0, -1, 366])
async def test_tokens_last_a_year_at_most(bench: Bench, days: int) -> None:
    with pytest.raises(PeopleError, match="365 days"):
        await bench.people.make_token(1, Role.ANALYST, "nightly", days)


async def test_managers_have_no_tokens(bench: Bench) -> None:
    with pytest.raises(PeopleError, match="only analysts"):
        await bench.people.make_token(1, Role.MANAGER, "nightly", 90)


async def test_only_known_people_come_in_through_a_provider(bench: Bench) -> None:
    issuer = "https://id.example.com"
    assert (await bench.sign_in.with_identity(Identity(issuer, "1", EMAIL))).viewer.email == EMAIL
    for identity in (Identity(issuer, "2", None), Identity(issuer, "2", "nobody@example.com")):
        with pytest.raises(UnknownIdentityError):
            await bench.sign_in.with_identity(identity)
    await bench.add("other@example.com", Role.ADMIN)
    await bench.store.disable(1, disabled=True)
    with pytest.raises(UnknownIdentityError):
        await bench.sign_in.with_identity(Identity(issuer, "1", EMAIL))
