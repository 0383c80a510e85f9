"""Which passwords are good enough."""

from typing import Final

from services.report.domain.people import PeopleError

SHORTEST_PASSWORD: Final = 12
# Argon2 reads all of it: nobody shall have us read a book.
LONGEST_PASSWORD: Final = 256

# Those of at least twelve letters that head every list of stolen passwords; digits and case do not make them better.
_COMMON = frozenset(
    [
        "passwordpassword",
        "password1234",
        "password12345",
        "password123456",
        "passw0rd1234",
        "123456789012",
        "1234567890123",
        "123456123456",
        "012345678901",
        "0123456789012",
        "987654321012",
        "1234567890ab",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiopas",
        "qwertzuiop12",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "qwerty123456",
        "qwerty1234567",
        "asdfghjkl123",
        "zxcvbnm12345",
        "abcdefghijkl",
        "abcdef123456",
        "abcd12345678",
        "abc123abc123",
        "iloveyou1234",
        "iloveyouforever",
        "letmein12345",
        "welcome12345",
        "welcome123456",
        "adminadmin12",
        "administrator",
        "administrator1",
        "admin1234567",
        "admin12345678",
        "changeme1234",
        "changemenow1",
        "facetally123",
        "facetally1234",
        "facetallyfacetally",
        "testtesttest",
        "test12345678",
        "hellohello12",
        "passwort1234",
        "passwort12345",
        "passwortpasswort",
        "hallohallo12",
        "geheimgeheim",
        "geheim123456",
        "sunshine1234",
        "football1234",
        "baseball1234",
        "superman1234",
        "princess1234",
        "trustno1trustno1",
        "whatever1234",
        "starwars1234",
        "computer1234",
        "michelle1234",
        "manchester1",
        "liverpool123",
        "arsenal12345",
    ]
)


def check_password(password: str, email: str) -> None:
    """Refuse what would be guessed.

    Raises:
        PeopleError: too short, too long, common, or made of the e-mail address.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PeopleError("short", "the password needs %(number)s characters or more", number=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise PeopleError("long", "the password may have %(number)s characters at most", number=LONGEST_PASSWORD)
    plain = password.strip().lower()
    if plain in _COMMON or len(set(plain)) < 4:
        raise PeopleError("common", "this password is one of the first that are tried")
    if plain in (email, email.partition("@")[0]) or email in plain:
        raise PeopleError("is_email", "the password must not be the e-mail address")
