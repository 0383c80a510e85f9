"""People, the places that they see, and their API tokens, in Postgres."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg

from services.report.adapters.account_database import AccountDatabase
from services.report.domain.people import (
    ApiToken,
    Grant,
    NewPerson,
    PeopleError,
    Person,
    PlaceName,
    Role,
    check_keeps_an_admin,
)
from services.report.domain.places import Level

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

_SCOPES = (
    "scope sc left join region r on r.region_id = sc.region_id left join city c on c.city_id = sc.city_id "
    "left join shop s on s.shop_id = sc.shop_id"
)
_SLUG = "coalesce(r.slug, c.slug, s.slug, '')"
_PEOPLE = (
    "select p.person_id, p.email, p.name, p.role::text, p.language, p.disabled, p.signed_in_at, "
    "p.password_hash is not null as by_password, array("
    f"select sc.kind::text || ':' || {_SLUG} from access a join {_SCOPES} on sc.scope_id = a.scope_id "
    "where a.person_id = p.person_id order by sc.kind, 1) as grants from person p "
)
# Whoever changes who is admin takes turns, so that two admins cannot remove each other.
_ADMINS = 0x61646D69
_REMOVE_SESSIONS = "delete from session where person_id = $1"


class PostgresPeople:
    """The tables person, access and api_token."""

    def __init__(self, database: AccountDatabase) -> None:
        self._database = database

    async def people(self) -> Sequence[Person]:
        """Everybody, by e-mail."""
        return [_person(row) for row in await self._database.fetch(f"{_PEOPLE} order by p.email")]

    async def person(self, person_id: int) -> Person | None:
        """One of them."""
        row = await self._database.fetchrow(f"{_PEOPLE} where p.person_id = $1", person_id)
        return _person(row) if row else None

    async def person_by_email(self, email: str) -> Person | None:
        """One of them, by e-mail address in lower case."""
        row = await self._database.fetchrow(f"{_PEOPLE} where p.email = $1", email)
        return _person(row) if row else None

    async def places(self) -> Sequence[PlaceName]:
        """All that can be granted: the world, regions, cities, shops."""
        rows = await self._database.fetch(
            f"select sc.kind::text, {_SLUG} as slug, concat_ws(', ', coalesce(sr.name, cr.name, r.name), "
            "coalesce(sy.name, c.name), s.name) as name "
            f"from {_SCOPES} left join region cr on cr.region_id = c.region_id left join city sy on sy.city_id = s.city_id "
            "left join region sr on sr.region_id = sy.region_id order by sc.kind, 3"
        )
        return [PlaceName(Grant(Level(row["kind"]), row["slug"]), row["name"] or "World") for row in rows]

    async def add(self, new: NewPerson, password_hash: str | None) -> Person:
        """Let somebody in.

        Raises:
            PeopleError: the e-mail is there already, or a place is not.
        """
        try:
            async with self._database.transaction() as connection:
                person_id = await connection.fetchval(
                    "insert into person (email, name, role, password_hash) values ($1, $2, $3::text::person_role, $4) "
                    "returning person_id",
                    new.email,
                    new.name,
                    new.role,
                    password_hash,
                )
                await _grant(connection, person_id, new.grants)
                return await _get(connection, person_id)
        except asyncpg.UniqueViolationError as error:
            raise PeopleError("there_already", "%(email)s is there already", email=new.email) from error

    async def change(self, person_id: int, name: str, role: Role, grants: Sequence[Grant]) -> Person:
        """Change somebody. Their sessions end where the role changes.

        Raises:
            PeopleError: they are the last admin, or a place is not there, or nobody is called so.
        """
        async with self._database.transaction() as connection:
            before = await _take_turns(connection, person_id)
            check_keeps_an_admin(
                before, role, disabled=before.disabled, other_admins=await _other_admins(connection, person_id)
            )
            await connection.execute(
                "update person set name = $2, role = $3::text::person_role where person_id = $1", person_id, name, role
            )
            await connection.execute("delete from access where person_id = $1", person_id)
            await _grant(connection, person_id, grants)
            if role is not before.role:
                await connection.execute(_REMOVE_SESSIONS, person_id)
            return await _get(connection, person_id)

    async def disable(self, person_id: int, *, disabled: bool) -> Person:
        """Keep somebody out, their sessions ended, or let them in again.

        Raises:
            PeopleError: they are the last admin, or nobody is called so.
        """
        async with self._database.transaction() as connection:
            before = await _take_turns(connection, person_id)
            check_keeps_an_admin(
                before, before.role, disabled=disabled, other_admins=await _other_admins(connection, person_id)
            )
            await connection.execute("update person set disabled = $2 where person_id = $1", person_id, disabled)
            await connection.execute(_REMOVE_SESSIONS, person_id)
            return await _get(connection, person_id)

    async def set_password(self, person_id: int, password_hash: str) -> None:
        """Change a password; all sessions end."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "update person set password_hash = $2 where person_id = $1", person_id, password_hash
            )
            await connection.execute(_REMOVE_SESSIONS, person_id)

    async def password_hash(self, person_id: int) -> str | None:
        """The hash of a person's password."""
        found: str | None = await self._database.fetchval(
            "select password_hash from person where person_id = $1", person_id
        )
        return found

    async def set_language(self, person_id: int, language: str) -> None:
        """Change the language of somebody's pages."""
        await self._database.fetch("update person set language = $2 where person_id = $1", person_id, language)

    async def tokens(self, person_id: int) -> Sequence[ApiToken]:
        """A person's API tokens, the newest first."""
        rows = await self._database.fetch(
            "select token_id, name, created_at, last_used_at, expires_at from api_token where person_id = $1 "
            "order by token_id desc",
            person_id,
        )
        return [ApiToken(**row) for row in rows]

    async def add_token(self, person_id: int, name: str, token_sha256: bytes, lasts: timedelta) -> None:
        """Keep a new API token."""
        await self._database.fetch(
            "insert into api_token (person_id, name, token_sha256, expires_at) values ($1, $2, $3, now() + $4::interval)",
            person_id,
            name,
            token_sha256,
            lasts,
        )

    async def revoke_token(self, person_id: int, token_id: int) -> bool:
        """End an API token of this person; whether there was one."""
        gone = await self._database.fetch(
            "delete from api_token where person_id = $1 and token_id = $2 returning true", person_id, token_id
        )
        return bool(gone)


async def _grant(connection: "PoolConnectionProxy[asyncpg.Record]", person_id: int, grants: Sequence[Grant]) -> None:
    wanted = sorted(set(grants))
    rows = await connection.fetch(
        f"insert into access (person_id, scope_id) select $1, sc.scope_id from {_SCOPES} "
        f"join unnest($2::text[], $3::text[]) as w (level, slug) on w.level = sc.kind::text and w.slug = {_SLUG} "
        "returning (select w.kind::text || ':' || coalesce((select slug from region where region_id = w.region_id), "
        "(select slug from city where city_id = w.city_id), (select slug from shop where shop_id = w.shop_id), '') "
        "from scope w where w.scope_id = access.scope_id) as found",
        person_id,
        [grant.level.value for grant in wanted],
        [grant.slug for grant in wanted],
    )
    found = {row["found"] for row in rows}
    if missing := [grant for grant in wanted if f"{grant.level}:{grant.slug}" not in found]:
        raise PeopleError("unknown_place", "there is no %(place)s in the estate", place=missing[0])


async def _take_turns(connection: "PoolConnectionProxy[asyncpg.Record]", person_id: int) -> Person:
    await connection.execute("select pg_advisory_xact_lock($1)", _ADMINS)
    return await _get(connection, person_id)


async def _other_admins(connection: "PoolConnectionProxy[asyncpg.Record]", person_id: int) -> int:
    number: int = await connection.fetchval(
        "select count(*) from person where role = 'admin' and not disabled and person_id <> $1", person_id
    )
    return number


async def _get(connection: "PoolConnectionProxy[asyncpg.Record]", person_id: int) -> Person:
    row = await connection.fetchrow(f"{_PEOPLE} where p.person_id = $1", person_id)
    if row is None:
        raise PeopleError("nobody", "nobody is called so")
    return _person(row)


def _person(row: Any) -> Person:
    grants = tuple(Grant(Level(level), slug) for level, _, slug in (text.partition(":") for text in row["grants"]))
    return Person(
        row["person_id"],
        row["email"],
        row["name"],
        Role(row["role"]),
        row["language"],
        grants,
        row["disabled"],
        row["by_password"],
        row["signed_in_at"],
    )
