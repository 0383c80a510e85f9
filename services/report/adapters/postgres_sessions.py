"""Sessions, API tokens and attempts to sign in, in Postgres. All times are the database's, so that replicas agree."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from services.report.adapters.account_database import AccountDatabase
from services.report.domain.people import Role, Viewer
from services.report.domain.signing_in import (
    SEEN_EVERY,
    SESSION_IDLE,
    SESSION_LONGEST,
    Attempt,
    Identity,
    Limit,
    Login,
    TooManyAttemptsError,
)

_LOGIN = "select p.person_id, p.email, p.password_hash, p.disabled from person p "
_VIEWER = "p.person_id, p.email, p.name, p.role::text, p.language"


class PostgresSessions:
    """The tables session, api_token and login_attempt."""

    def __init__(self, database: AccountDatabase) -> None:
        self._database = database

    async def login_by_email(self, email: str) -> Login | None:
        """Whoever has this e-mail address."""
        row = await self._database.fetchrow(f"{_LOGIN} where p.email = $1", email)
        return _login(row) if row else None

    async def login_by_identity(self, identity: Identity) -> Login | None:
        """Whoever is bound to this identity, else whoever has its verified e-mail and is not bound yet, bound from now on."""
        bound = await self._database.fetchrow(
            f"{_LOGIN} where p.oidc_issuer = $1 and p.oidc_subject = $2", identity.issuer, identity.subject
        )
        if bound:
            return _login(bound)
        if identity.email is None:
            return None
        row = await self._database.fetchrow(
            "update person p set oidc_issuer = $1, oidc_subject = $2 "
            "where p.email = $3 and p.oidc_issuer is null and not p.disabled "
            "returning p.person_id, p.email, p.password_hash, p.disabled",
            identity.issuer,
            identity.subject,
            identity.email,
        )
        return _login(row) if row else None

    async def begin_attempt(self, limits: Sequence[Limit], within: timedelta) -> Attempt:
        """Count an attempt to sign in, as failed until it is taken back.

        Raises:
            TooManyAttemptsError: a limit is reached; nothing is counted then.
        """
        async with self._database.transaction() as connection:
            left = []
            for limit in sorted(limits, key=lambda limit: limit.key):
                # One at a time for each key: attempts side by side cannot slip past the count.
                await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 1))", limit.key)
                await connection.execute(
                    "delete from login_attempt where key = $1 and at < clock_timestamp() - $2::interval",
                    limit.key,
                    within,
                )
                row = await connection.fetchrow(
                    "select count(*) as failed, extract(epoch from min(at) + $2::interval - clock_timestamp())::float8 as free_s "
                    "from login_attempt where key = $1",
                    limit.key,
                    within,
                )
                assert row is not None
                if row["failed"] >= limit.most:
                    raise TooManyAttemptsError(max(ceil(row["free_s"]), 1))
                left.append(limit.most - row["failed"] - 1)
            rows = await connection.fetch(
                "insert into login_attempt (key, at) select k, clock_timestamp() from unnest($1::text[]) k returning attempt_id",
                [limit.key for limit in limits],
            )
        return Attempt(tuple(row["attempt_id"] for row in rows), min(left))

    async def take_back(self, attempt: Attempt, key: str) -> None:
        """Forget an attempt that succeeded, and all that failed before it under this key."""
        await self._database.fetch(
            "delete from login_attempt where attempt_id = any($1::bigint[]) or key = $2", list(attempt.ids), key
        )

    async def rehash(self, login: Login, password_hash: str) -> None:
        """Keep a newer hash of the same password, unless the password has changed meanwhile."""
        await self._database.fetch(
            "update person set password_hash = $3 where person_id = $1 and password_hash = $2",
            login.person_id,
            login.password_hash,
            password_hash,
        )

    async def open_session(self, person_id: int, token_sha256: bytes, csrf: str) -> Viewer | None:
        """Begin a session; None when the person has been disabled meanwhile."""
        row = await self._database.fetchrow(
            "with seen as (update person set signed_in_at = now() where person_id = $1 and not disabled returning *), "
            "opened as (insert into session (token_sha256, person_id, csrf, expires_at) "
            "select $2, person_id, $3, now() + $4::interval from seen returning csrf) "
            f"select {_VIEWER}, o.csrf from seen p, opened o",
            person_id,
            token_sha256,
            csrf,
            SESSION_LONGEST,
        )
        return _viewer(row, row["csrf"]) if row else None

    async def viewer_of_session(self, token_sha256: bytes) -> Viewer | None:
        """Whose session it is; None when it has ended, or the person is disabled.

        One look-up by key, each time: who is disabled is out at once, and no replica remembers otherwise.
        """
        row = await self._database.fetchrow(
            f"select {_VIEWER}, s.csrf, s.last_seen_at < now() - $2::interval as unseen "
            "from session s join person p using (person_id) where s.token_sha256 = $1 and not p.disabled "
            "and s.expires_at > now() and s.last_seen_at > now() - $3::interval",
            token_sha256,
            SEEN_EVERY,
            SESSION_IDLE,
        )
        if row is None:
            return None
        if row["unseen"]:
            await self._database.fetch("update session set last_seen_at = now() where token_sha256 = $1", token_sha256)
        return _viewer(row, row["csrf"])

    async def viewer_of_token(self, token_sha256: bytes) -> Viewer | None:
        """Whose API token it is; None when it has expired, or the person is disabled or no analyst any more."""
        row = await self._database.fetchrow(
            f"select {_VIEWER}, coalesce(t.last_used_at < now() - $2::interval, true) as unseen "
            "from api_token t join person p using (person_id) "
            "where t.token_sha256 = $1 and t.expires_at > now() and not p.disabled and p.role <> 'manager'",
            token_sha256,
            SEEN_EVERY,
        )
        if row is None:
            return None
        if row["unseen"]:
            await self._database.fetch(
                "update api_token set last_used_at = now() where token_sha256 = $1", token_sha256
            )
        return _viewer(row, "", via_token=True)

    async def close_session(self, token_sha256: bytes) -> None:
        """End a session."""
        await self._database.fetch("delete from session where token_sha256 = $1", token_sha256)

    async def sweep(self, attempts_within: timedelta) -> None:
        """Remove what has ended: sessions, tokens a month after their end, attempts that count no more."""
        await self._database.fetch(
            "delete from session where expires_at < now() or last_seen_at < now() - $1::interval", SESSION_IDLE
        )
        await self._database.fetch("delete from api_token where expires_at < now() - interval '30 days'")
        await self._database.fetch("delete from login_attempt where at < now() - $1::interval", attempts_within)


def _login(row: Any) -> Login:
    return Login(row["person_id"], row["email"], row["password_hash"], row["disabled"])


def _viewer(row: Any, csrf: str, *, via_token: bool = False) -> Viewer:
    return Viewer(
        row["person_id"], row["email"], row["name"], Role(row["role"]), row["language"], csrf, via_token=via_token
    )
