"""Who is asking: passwords, sessions, API tokens, and identities that an OpenID provider vouches for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Protocol

from services.report.domain.passwords import LONGEST_PASSWORD
from services.report.domain.people import TOKEN_PREFIX, PeopleError, Viewer, clean_email
from services.report.domain.signing_in import (
    ATTEMPTS_PER_ADDRESS,
    ATTEMPTS_PER_EMAIL,
    ATTEMPTS_WITHIN,
    Attempt,
    Identity,
    Limit,
    Login,
    UnknownIdentityError,
    Verdict,
    WrongLoginError,
)

# Where an e-mail is none, or nobody has it, a hash is still checked: an answer's time says nothing about who exists.
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has begun.

    Args:
        token: for the browser alone; only its SHA-256 is kept.
    """

    token: str
    viewer: Viewer


class Passwords(Protocol):
    """What hashes passwords, slowly, away from the event loop."""

    async def hash(self, password: str) -> str:
        """A new salted hash."""
        ...

    async def verify(self, password_hash: str | None, password: str) -> Verdict:
        """Check a password. None: nobody's; takes as long as somebody's, and is never right."""
        ...


class Chance(Protocol):
    """Where secrets come from."""

    def token(self) -> str:
        """256 bits, in letters that fit a cookie."""
        ...

    def password(self) -> str:
        """A password that people can read out and type."""
        ...


class SessionStore(Protocol):
    """Where sessions, tokens and attempts are kept. Everything raises TransientError when it is away."""

    async def login_by_email(self, email: str) -> Login | None:
        """Whoever has this e-mail address."""
        ...

    async def login_by_identity(self, identity: Identity) -> Login | None:
        """Whoever is bound to this identity, else whoever has its verified e-mail and is not bound yet, bound from now on."""
        ...

    async def begin_attempt(self, limits: Sequence[Limit], within: timedelta) -> Attempt:
        """Count an attempt to sign in, as failed until it is taken back.

        Raises:
            TooManyAttemptsError: a limit is reached; nothing is counted then.
        """
        ...

    async def take_back(self, attempt: Attempt, key: str) -> None:
        """Forget an attempt that succeeded, and all that failed before it under this key."""
        ...

    async def rehash(self, login: Login, password_hash: str) -> None:
        """Keep a newer hash of the same password, unless the password has changed meanwhile."""
        ...

    async def open_session(self, person_id: int, token_sha256: bytes, csrf: str) -> Viewer | None:
        """Begin a session; None when the person has been disabled meanwhile."""
        ...

    async def viewer_of_session(self, token_sha256: bytes) -> Viewer | None:
        """Whose session it is; None when it has ended, or the person is disabled."""
        ...

    async def viewer_of_token(self, token_sha256: bytes) -> Viewer | None:
        """Whose API token it is; None when it has expired, or the person is disabled or no analyst any more."""
        ...

    async def close_session(self, token_sha256: bytes) -> None:
        """End a session."""
        ...


def digest(token: str) -> bytes:
    """What is kept of a token. It has 256 bits of chance, so that nothing slower is needed."""
    return sha256(token.encode()).digest()


class SignIn:
    """Everything about sessions.

    Args:
        store: where they are kept.
        passwords: checks them.
        chance: makes tokens.
    """

    def __init__(self, store: SessionStore, passwords: Passwords, chance: Chance) -> None:
        self._store = store
        self._passwords = passwords
        self._chance = chance

    async def with_password(self, typed_email: str, password: str, address: str) -> Opened:
        """Begin a session.

        Args:
            typed_email: as it was typed.
            address: of the browser, for the limit on attempts.

        Raises:
            TooManyAttemptsError: a limit is reached.
            WrongLoginError: they do not match.
        """
        try:
            email = clean_email(typed_email)
        except PeopleError:
            email = _NOBODY
        by_email = Limit(f"email {email}", ATTEMPTS_PER_EMAIL)
        limits = [Limit(f"address {address}", ATTEMPTS_PER_ADDRESS), *([by_email] if email else [])]
        attempt = await self._store.begin_attempt(limits, ATTEMPTS_WITHIN)
        login = await self._store.login_by_email(email) if email else None
        verdict = await self._passwords.verify(login.password_hash if login else None, password[: LONGEST_PASSWORD + 1])
        if login is None or not verdict.right or login.disabled:
            raise WrongLoginError(attempt.left)
        if verdict.outdated:
            await self._store.rehash(login, await self._passwords.hash(password))
        opened = await self._open(login)
        if opened is None:
            raise WrongLoginError(attempt.left)
        await self._store.take_back(attempt, by_email.key)
        return opened

    async def with_identity(self, identity: Identity) -> Opened:
        """Begin a session of whoever an OpenID provider vouches for.

        Raises:
            UnknownIdentityError: no such person, or disabled, or the e-mail is not verified.
        """
        login = await self._store.login_by_identity(identity)
        opened = await self._open(login) if login is not None and not login.disabled else None
        if opened is None:
            raise UnknownIdentityError(identity.subject)
        return opened

    async def again(self, viewer: Viewer) -> Opened:
        """Begin a new session of somebody who has just proved who they are, under a new token.

        Raises:
            UnknownIdentityError: they have been disabled meanwhile.
        """
        opened = await self._open(Login(viewer.person_id, viewer.email, None, disabled=False))
        if opened is None:
            raise UnknownIdentityError(viewer.email)
        return opened

    async def viewer(self, token: str) -> Viewer | None:
        """Whose session this token opens."""
        return await self._store.viewer_of_session(digest(token))

    async def machine(self, token: str) -> Viewer | None:
        """Whose API token this is."""
        return await self._store.viewer_of_token(digest(token)) if token.startswith(TOKEN_PREFIX) else None

    async def sign_out(self, token: str) -> None:
        """End a session."""
        await self._store.close_session(digest(token))

    async def _open(self, login: Login) -> Opened | None:
        token = self._chance.token()
        viewer = await self._store.open_session(login.person_id, digest(token), self._chance.token())
        return Opened(token, viewer) if viewer else None
