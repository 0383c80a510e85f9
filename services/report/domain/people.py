"""People: who is asking, what they may do, and which passwords are good enough."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.report.domain.places import Level

TOKEN_PREFIX: Final = "ft_"  # noqa: S105 - every token begins with it
TOKEN_LONGEST_DAYS: Final = 365
LANGUAGES: Final = ("en", "de")

_EMAIL = re.compile(r"[^\s@,;<>\"()\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    MANAGER = "manager"
    ANALYST = "analyst"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether it may do all that the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class PeopleError(Exception):
    """What was asked for cannot be. The message is a sentence without a full stop, in English.

    Args:
        reason: a constant in snake_case, by which pages find the sentence in other languages.
        sentence: with %(name)s where a value goes.
        values: what goes in.
    """

    def __init__(self, reason: str, sentence: str, **values: object) -> None:
        super().__init__(sentence % values)
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks for a page.

    Args:
        person_id: also what the database knows them by.
        language: a code such as "en".
        csrf: what every form of theirs has to carry; empty for an API token.
        via_token: a machine asks, with an API token.
    """

    person_id: int
    email: str
    name: str
    role: Role
    language: str
    csrf: str
    via_token: bool = False

    def may(self, role: Role) -> bool:
        """Whether they may do what this role may."""
        return self.role.includes(role)


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A place that somebody sees, with everything inside it.

    Args:
        level: world, region, city or shop.
        slug: empty for the world.
    """

    level: Level
    slug: str = ""

    def __str__(self) -> str:
        """As people type it: world, region:europe, city:berlin, shop:berlin-1."""
        return f"{self.level}:{self.slug}" if self.slug else str(self.level)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in.

    Args:
        grants: places that they see.
        signs_in_by_password: False where they come through OpenID Connect alone.
    """

    person_id: int
    email: str
    name: str
    role: Role
    language: str
    grants: tuple[Grant, ...]
    disabled: bool
    signs_in_by_password: bool
    signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody as an admin describes them, new or changed."""

    email: str
    name: str
    role: Role
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of somebody's, as far as it can be shown."""

    token_id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A place that can be granted, with its full name such as `Europe, Berlin, Mitte`."""

    grant: Grant
    name: str


def clean_email(text: str) -> str:
    """An e-mail address as it is kept.

    Raises:
        PeopleError: it is none.
    """
    email = text.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise PeopleError("no_email", "%(email)s is not an e-mail address", email=email[:80] or "nothing")
    return email


def clean_name(text: str) -> str:
    """A name as it is kept: one line of at most 100 letters.

    Raises:
        PeopleError: there is nothing in it.
    """
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:100]
    if not name:
        raise PeopleError("no_name", "a name is missing")
    return name


def parse_grant(text: str) -> Grant:
    """A place as people type it: world, region:europe, city:berlin, shop:berlin-1.

    Raises:
        PeopleError: it is no place.
    """
    level, _, slug = text.strip().lower().partition(":")
    if level == Level.WORLD and not slug:
        return Grant(Level.WORLD)
    if level in (Level.REGION, Level.CITY, Level.SHOP) and _SLUG.fullmatch(slug):
        return Grant(Level(level), slug)
    raise PeopleError(
        "no_place",
        "%(place)s is not a place: world, region:europe, city:berlin or shop:berlin-1",
        place=text.strip()[:80] or "nothing",
    )


def parse_role(text: str) -> Role:
    """A role by its name.

    Raises:
        PeopleError: there is no such role.
    """
    try:
        return Role(text.strip().lower())
    except ValueError as error:
        raise PeopleError("no_role", "%(role)s is not a role: manager, analyst or admin", role=text[:40]) from error


def check_keeps_an_admin(person: Person, role: Role, *, disabled: bool, other_admins: int) -> None:
    """Refuse to leave nobody who could let others in.

    Args:
        person: as they are now.
        role: as it shall be.
        disabled: as it shall be.
        other_admins: how many others are admins and not disabled.

    Raises:
        PeopleError: they are the last admin.
    """
    is_admin = person.role is Role.ADMIN and not person.disabled
    stays_admin = role is Role.ADMIN and not disabled
    if is_admin and not stays_admin and other_admins == 0:
        raise PeopleError(
            "last_admin", "%(email)s is the last admin: make somebody else admin first", email=person.email
        )
