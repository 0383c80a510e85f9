"""People, sessions, tokens and attempts in memory, under a clock that tests turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.report.domain.people import (
    ApiToken,
    Grant,
    NewPerson,
    PeopleError,
    Person,
    PlaceName,
    Role,
    Viewer,
    check_keeps_an_admin,
)
from services.report.domain.places import Level
from services.report.domain.signing_in import (
    SESSION_IDLE,
    SESSION_LONGEST,
    Attempt,
    Identity,
    Limit,
    Login,
    TooManyAttemptsError,
)

PLACES = (
    PlaceName(Grant(Level.WORLD), "World"),
    PlaceName(Grant(Level.REGION, "america"), "America"),
    PlaceName(Grant(Level.REGION, "asia"), "Asia"),
    PlaceName(Grant(Level.REGION, "europe"), "Europe"),
    PlaceName(Grant(Level.CITY, "berlin"), "Europe, Berlin"),
    PlaceName(Grant(Level.SHOP, "berlin-mitte"), "Europe, Berlin, Berlin-Mitte"),
)


@dataclass
class _Session:
    person_id: int
    csrf: str
    last_seen_at: datetime
    expires_at: datetime


@dataclass
class _Token:
    person_id: int
    sha256: bytes
    shown: ApiToken


@dataclass
class FakePeopleStore:
    """Stands for PostgresPeople and PostgresSessions, which share the database."""

    now: datetime = datetime(2026, 11, 24, 9, tzinfo=UTC)
    persons: dict[int, Person] = field(default_factory=dict)
    hashes: dict[int, str | None] = field(default_factory=dict)
    identities: dict[tuple[str, str], int] = field(default_factory=dict)
    sessions: dict[bytes, _Session] = field(default_factory=dict)
    kept_tokens: dict[int, _Token] = field(default_factory=dict)
    attempts: list[tuple[int, str, datetime]] = field(default_factory=list)
    _number: int = 0

    def _next(self) -> int:
        self._number += 1
        return self._number

    # PeopleStore

    async def people(self) -> Sequence[Person]:
        return sorted(self.persons.values(), key=lambda person: person.email)

    async def person(self, person_id: int) -> Person | None:
        return self.persons.get(person_id)

    async def person_by_email(self, email: str) -> Person | None:
        return next((person for person in self.persons.values() if person.email == email), None)

    async def places(self) -> Sequence[PlaceName]:
        return PLACES

    async def add(self, new: NewPerson, password_hash: str | None) -> Person:
        if await self.person_by_email(new.email):
            raise PeopleError("there_already", "%(email)s is there already", email=new.email)
        person_id = self._next()
        person = Person(
            person_id, new.email, new.name, new.role, "en", _known(new.grants), False, password_hash is not None
        )
        self.persons[person_id], self.hashes[person_id] = person, password_hash
        return person

    async def change(self, person_id: int, name: str, role: Role, grants: Sequence[Grant]) -> Person:
        before = self._get(person_id)
        check_keeps_an_admin(before, role, disabled=before.disabled, other_admins=self._other_admins(person_id))
        self.persons[person_id] = replace(before, name=name, role=role, grants=_known(grants))
        if role is not before.role:
            self._end_sessions(person_id)
        return self.persons[person_id]

    async def disable(self, person_id: int, *, disabled: bool) -> Person:
        before = self._get(person_id)
        check_keeps_an_admin(before, before.role, disabled=disabled, other_admins=self._other_admins(person_id))
        self.persons[person_id] = replace(before, disabled=disabled)
        self._end_sessions(person_id)
        return self.persons[person_id]

    async def set_password(self, person_id: int, password_hash: str) -> None:
        self.hashes[person_id] = password_hash
        self._end_sessions(person_id)

    async def password_hash(self, person_id: int) -> str | None:
        return self.hashes.get(person_id)

    async def set_language(self, person_id: int, language: str) -> None:
        self.persons[person_id] = replace(self.persons[person_id], language=language)

    async def tokens(self, person_id: int) -> Sequence[ApiToken]:
        return [token.shown for token in reversed(self.kept_tokens.values()) if token.person_id == person_id]

    async def add_token(self, person_id: int, name: str, token_sha256: bytes, lasts: timedelta) -> None:
        number = self._next()
        self.kept_tokens[number] = _Token(
            person_id, token_sha256, ApiToken(number, name, self.now, None, self.now + lasts)
        )

    async def revoke_token(self, person_id: int, token_id: int) -> bool:
        token = self.kept_tokens.get(token_id)
        if token is None or token.person_id != person_id:
            return False
        del self.kept_tokens[token_id]
        return True

    # SessionStore

    async def login_by_email(self, email: str) -> Login | None:
        person = await self.person_by_email(email)
        return self._login(person) if person else None

    async def login_by_identity(self, identity: Identity) -> Login | None:
        key = (identity.issuer, identity.subject)
        if key in self.identities:
            return self._login(self.persons[self.identities[key]])
        person = await self.person_by_email(identity.email) if identity.email else None
        if person is None or person.disabled or person.person_id in self.identities.values():
            return None
        self.identities[key] = person.person_id
        return self._login(person)

    async def begin_attempt(self, limits: Sequence[Limit], within: timedelta) -> Attempt:
        left = []
        for limit in limits:
            times = [at for _, key, at in self.attempts if key == limit.key and at >= self.now - within]
            if len(times) >= limit.most:
                raise TooManyAttemptsError(max(int((min(times) + within - self.now).total_seconds()), 1))
            left.append(limit.most - len(times) - 1)
        rows = [(self._next(), limit.key, self.now) for limit in limits]
        self.attempts += rows
        return Attempt(tuple(row[0] for row in rows), min(left))

    async def take_back(self, attempt: Attempt, key: str) -> None:
        self.attempts = [row for row in self.attempts if row[0] not in attempt.ids and row[1] != key]

    async def rehash(self, login: Login, password_hash: str) -> None:
        if self.hashes[login.person_id] == login.password_hash:
            self.hashes[login.person_id] = password_hash

    async def open_session(self, person_id: int, token_sha256: bytes, csrf: str) -> Viewer | None:
        person = self.persons.get(person_id)
        if person is None or person.disabled:
            return None
        self.persons[person_id] = replace(person, signed_in_at=self.now)
        self.sessions[token_sha256] = _Session(person_id, csrf, self.now, self.now + SESSION_LONGEST)
        return _viewer(person, csrf)

    async def viewer_of_session(self, token_sha256: bytes) -> Viewer | None:
        session = self.sessions.get(token_sha256)
        if session is None or session.expires_at <= self.now or session.last_seen_at <= self.now - SESSION_IDLE:
            return None
        person = self.persons[session.person_id]
        session.last_seen_at = self.now
        return None if person.disabled else _viewer(person, session.csrf)

    async def viewer_of_token(self, token_sha256: bytes) -> Viewer | None:
        for token in self.kept_tokens.values():
            person = self.persons[token.person_id]
            if token.sha256 == token_sha256 and token.shown.expires_at > self.now:
                if person.disabled or person.role is Role.MANAGER:
                    return None
                token.shown = replace(token.shown, last_used_at=self.now)
                return _viewer(person, "", via_token=True)
        return None

    async def close_session(self, token_sha256: bytes) -> None:
        self.sessions.pop(token_sha256, None)

    def _get(self, person_id: int) -> Person:
        if person_id not in self.persons:
            raise PeopleError("nobody", "nobody is called so")
        return self.persons[person_id]

    def _other_admins(self, person_id: int) -> int:
        others = (person for person in self.persons.values() if person.person_id != person_id)
        return sum(person.role is Role.ADMIN and not person.disabled for person in others)

    def _end_sessions(self, person_id: int) -> None:
        self.sessions = {key: one for key, one in self.sessions.items() if one.person_id != person_id}

    def _login(self, person: Person) -> Login:
        return Login(person.person_id, person.email, self.hashes[person.person_id], person.disabled)


def _known(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    known = {place.grant for place in PLACES}
    for grant in grants:
        if grant not in known:
            raise PeopleError("unknown_place", "there is no %(place)s in the estate", place=grant)
    order = list(Level)
    return tuple(sorted(set(grants), key=lambda grant: (order.index(grant.level), grant.slug)))


def _viewer(person: Person, csrf: str, *, via_token: bool = False) -> Viewer:
    return Viewer(person.person_id, person.email, person.name, person.role, person.language, csrf, via_token=via_token)
