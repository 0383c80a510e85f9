"""Rules about people: names, places, roles, passwords, and the last admin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report.domain.passwords import check_password
from services.report.domain.people import (
    Grant,
    PeopleError,
    Person,
    Role,
    check_keeps_an_admin,
    clean_email,
    clean_name,
    parse_grant,
    parse_role,
)
from services.report.domain.places import Level

EMAIL = "ana.keller@example.com"


@pytest.mark.parametrize("password", ["correct horse battery", "Zwölf kleine Affen", "k7-mm2-99x-qqa"])
def test_a_long_password_that_nobody_guesses_is_good(password: str) -> None:
    check_password(password, EMAIL)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "12 characters"),
        ("x" * 257, "at most"),
        ("Password1234", "first that are tried"),
        ("qwertyuiop123", "first that are tried"),
        ("aaaaaaaaaaaaaaa", "first that are tried"),
        ("121212121212", "first that are tried"),
        (EMAIL.upper(), "e-mail"),
        (f"{EMAIL}!1", "e-mail"),
    ],
)
def test_what_would_be_guessed_is_refused(password: str, why: str) -> None:
    with pytest.raises(PeopleError, match=why):
        check_password(password, EMAIL)


@pytest.mark.parametrize(
    "text", ["", "ana", "ana@", "@example.com", "a b@example.com", "a@b@c", "a@exa mple", "a,b@example.com"]
)
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(PeopleError, match="not an e-mail"):
        clean_email(text)


def test_an_email_is_kept_in_lower_case() -> None:
    assert clean_email("  Ana.Keller@Example.COM ") == EMAIL
    assert clean_email("admin@localhost") == "admin@localhost"


@given(st.text())
def test_a_name_is_one_line_that_can_be_printed(text: str) -> None:
    try:
        name = clean_name(text)
    except PeopleError:
        return
    assert name == name.strip()
    assert name.isprintable()
    assert 0 < len(name) <= 100


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        ("world", Grant(Level.WORLD)),
        ("Region:europe", Grant(Level.REGION, "europe")),
        (" city:berlin ", Grant(Level.CITY, "berlin")),
        ("shop:berlin-1", Grant(Level.SHOP, "berlin-1")),
    ],
)
def test_places_are_read_as_people_type_them_and_written_the_same_way(text: str, grant: Grant) -> None:
    assert parse_grant(text) == grant
    assert parse_grant(str(grant)) == grant


@pytest.mark.parametrize(
    "text", ["", "berlin", "city:", "world:all", "planet:mars", "yours", "group:a", "city:Ber lin", "city:a'b"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(PeopleError, match="not a place"):
        parse_grant(text)


def test_roles_include_those_before_them() -> None:
    assert Role.ADMIN.includes(Role.ANALYST)
    assert Role.ANALYST.includes(Role.MANAGER)
    assert not Role.MANAGER.includes(Role.ANALYST)
    assert not Role.ANALYST.includes(Role.ADMIN)
    with pytest.raises(PeopleError, match="not a role"):
        parse_role("root")


@given(st.sampled_from(Role), st.booleans(), st.sampled_from(Role), st.booleans(), st.integers(0, 3))
def test_there_is_always_an_admin_left(was: Role, off: bool, becomes: Role, switched_off: bool, others: int) -> None:
    person = Person(1, EMAIL, "Ana", was, "en", (), off, True)
    admins = others + (was is Role.ADMIN and not off)
    try:
        check_keeps_an_admin(person, becomes, disabled=switched_off, other_admins=others)
    except PeopleError:
        assert admins == 1
        return
    left = others + (becomes is Role.ADMIN and not switched_off)
    assert left > 0 or admins == 0
