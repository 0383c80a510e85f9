"""Letting people in: who they are, which places they see, their passwords and API tokens."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from services.report.domain.passwords import LONGEST_PASSWORD, check_password
from services.report.domain.people import (
    LANGUAGES,
    TOKEN_LONGEST_DAYS,
    TOKEN_PREFIX,
    ApiToken,
    Grant,
    NewPerson,
    PeopleError,
    Person,
    PlaceName,
    Role,
    Viewer,
    clean_name,
)
from services.report.handler.sign_in import Chance, Passwords, digest


class PeopleStore(Protocol):
    """Where people are kept. Everything raises TransientError when it is away."""

    async def people(self) -> Sequence[Person]:
        """Everybody, by e-mail."""
        ...

    async def person(self, person_id: int) -> Person | None:
        """One of them."""
        ...

    async def person_by_email(self, email: str) -> Person | None:
        """One of them, by e-mail address in lower case."""
        ...

    async def places(self) -> Sequence[PlaceName]:
        """All that can be granted: the world, regions, cities, shops."""
        ...

    async def add(self, new: NewPerson, password_hash: str | None) -> Person:
        """Let somebody in.

        Raises:
            PeopleError: the e-mail is there already, or a place is not.
        """
        ...

    async def change(self, person_id: int, name: str, role: Role, grants: Sequence[Grant]) -> Person:
        """Change somebody. Their sessions end where the role changes.

        Raises:
            PeopleError: they are the last admin, or a place is not there, or nobody is called so.
        """
        ...

    async def disable(self, person_id: int, *, disabled: bool) -> Person:
        """Keep somebody out, their sessions ended, or let them in again.

        Raises:
            PeopleError: they are the last admin, or nobody is called so.
        """
        ...

    async def set_password(self, person_id: int, password_hash: str) -> None:
        """Change a password; all sessions end."""
        ...

    async def password_hash(self, person_id: int) -> str | None:
        """The hash of a person's password."""
        ...

    async def set_language(self, person_id: int, language: str) -> None:
        """Change the language of somebody's pages."""
        ...

    async def tokens(self, person_id: int) -> Sequence[ApiToken]:
        """A person's API tokens, the newest first."""
        ...

    async def add_token(self, person_id: int, name: str, token_sha256: bytes, lasts: timedelta) -> None:
        """Keep a new API token."""
        ...

    async def revoke_token(self, person_id: int, token_id: int) -> bool:
        """End an API token of this person; whether there was one."""
        ...


class People:
    """What admins do with people, and people with themselves.

    Args:
        store: where they are kept.
        passwords: hashes them.
        chance: makes passwords and tokens.
    """

    def __init__(self, store: PeopleStore, passwords: Passwords, chance: Chance) -> None:
        self.store = store
        self._passwords = passwords
        self._chance = chance

    async def add(self, new: NewPerson, password: str | None = None) -> tuple[Person, str | None]:
        """Let somebody in; the person, and the password where it was generated.

        Raises:
            PeopleError: something about them is wrong.
        """
        if password is not None:
            check_password(password, new.email)
        secret = password if password is not None else self._chance.password()
        person = await self.store.add(new, await self._passwords.hash(secret))
        return person, None if password is not None else secret

    async def reset_password(self, person: Person) -> str:
        """Give somebody a new password, which they are told; all their sessions end."""
        secret = self._chance.password()
        await self.store.set_password(person.person_id, await self._passwords.hash(secret))
        return secret

    async def change_password(self, viewer: Viewer, old: str, new: str) -> None:
        """Change one's own password; all sessions end, this one included.

        Raises:
            PeopleError: the old one is wrong, or the new one would be guessed.
        """
        check_password(new, viewer.email)
        if not await self.is_password(viewer, old):
            raise PeopleError("wrong_password", "the password that you have now is another one")
        if old == new:
            raise PeopleError("same_password", "the new password is the old one")
        await self.store.set_password(viewer.person_id, await self._passwords.hash(new))

    async def is_password(self, person: Person | Viewer, password: str) -> bool:
        """Whether somebody signs in with this password."""
        kept = await self.store.password_hash(person.person_id)
        return (await self._passwords.verify(kept, password[: LONGEST_PASSWORD + 1])).right

    async def set_language(self, viewer: Viewer, language: str) -> None:
        """Change the language of one's pages.

        Raises:
            PeopleError: there is no translation.
        """
        if language not in LANGUAGES:
            raise PeopleError("no_language", "there is no such translation")
        await self.store.set_language(viewer.person_id, language)

    async def make_token(self, person_id: int, role: Role, name: str, days: int) -> str:
        """Make an API token; it cannot be shown again.

        Raises:
            PeopleError: they are no analyst, or it would last too long.
        """
        if not role.includes(Role.ANALYST):
            raise PeopleError("no_tokens", "only analysts and admins have API tokens")
        if not 1 <= days <= TOKEN_LONGEST_DAYS:
            raise PeopleError("token_days", "an API token lasts 1 to %(number)s days", number=TOKEN_LONGEST_DAYS)
        token = TOKEN_PREFIX + self._chance.token()
        await self.store.add_token(person_id, clean_name(name), digest(token), timedelta(days=days))
        return token
