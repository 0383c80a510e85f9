"""Signing in: what is known of somebody before and after, for how long, and how often they may try."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

SESSION_IDLE: Final = timedelta(hours=12)
SESSION_LONGEST: Final = timedelta(days=7)
SEEN_EVERY: Final = timedelta(minutes=1)
ATTEMPTS_WITHIN: Final = timedelta(minutes=15)
ATTEMPTS_PER_EMAIL: Final = 5
ATTEMPTS_PER_ADDRESS: Final = 30


@dataclass(frozen=True, slots=True)
class Login:
    """What is known of somebody before they have signed in.

    Args:
        password_hash: None where they have no password.
    """

    person_id: int
    email: str
    password_hash: str | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts may fail under one key before others are refused."""

    key: str
    most: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """A place in the count of attempts.

    Args:
        ids: of its rows, to take them back.
        left: how many more may fail after this one, under the key that has the fewest.
    """

    ids: tuple[int, ...]
    left: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a password gave.

    Args:
        right: it is the password.
        outdated: it was hashed with other parameters than those of today.
    """

    right: bool
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an OpenID provider vouches for.

    Args:
        email: None where the provider has not verified one.
    """

    issuer: str
    subject: str
    email: str | None


class WrongLoginError(Exception):
    """E-mail and password do not match, or the person is disabled: which of them is not said.

    Args:
        left: how many more attempts there are.
    """

    def __init__(self, left: int) -> None:
        super().__init__("e-mail and password do not match")
        self.left = left


class TooManyAttemptsError(Exception):
    """Too many attempts have failed.

    Args:
        retry_after_s: from when on there is another.
    """

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many attempts, again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class UnknownIdentityError(Exception):
    """The provider knows them, and we do not."""
