"""facetally people: who may see the reports, as what, and of which places. It knows no pages, so that it starts at once."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from services.common.errors import TransientError
from services.common.lifecycle import explain_settings
from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.argon2_passwords import Argon2Passwords
from services.report.adapters.postgres_audit import PostgresAudit
from services.report.adapters.postgres_people import PostgresPeople
from services.report.adapters.system_chance import SystemChance
from services.report.domain.audit import AuditEntry
from services.report.domain.people import (
    Grant,
    NewPerson,
    PeopleError,
    Person,
    Role,
    clean_email,
    clean_name,
    parse_grant,
    parse_role,
)
from services.report.domain.places import Level
from services.report.handler.people import People
from services.report.settings import AccountSettings

T = TypeVar("T")
app = typer.Typer(help="Who may see the reports, as what, and of which places.", no_args_is_help=True)
_console = Console(stderr=True, highlight=False)
Email = Annotated[str, typer.Argument(help="Their e-mail address")]


@asynccontextmanager
async def opened_people(dsn: str) -> AsyncIterator[tuple[People, AccountDatabase]]:
    """What lets people in, as the role `account`, without the pages."""
    async with AccountDatabase.connect(dsn) as database:
        yield People(PostgresPeople(database), Argon2Passwords(), SystemChance()), database


async def first_admin(dsn: str, email: str, password: str) -> bool:
    """Let an admin in where there is nobody yet; whether this password is the one that they sign in with.

    Raises:
        TransientError: Postgres is away.
    """
    async with opened_people(dsn) as (people, database):
        if not await people.store.people():
            await people.add(NewPerson(email, "Admin", Role.ADMIN, (Grant(Level.WORLD),)), password)
            await _note(database, "person_added", email)
        person = await people.store.person_by_email(email)
        return person is not None and not person.disabled and await people.is_password(person, password)


async def make_token(dsn: str, email: str, name: str, days: int) -> str:
    """Make an API token.

    Raises:
        PeopleError: nobody is called so, or they are no analyst.
        TransientError: Postgres is away.
    """
    async with opened_people(dsn) as (people, database):
        person = await _find(people, email)
        token = await people.make_token(person.person_id, person.role, name, days)
        await _note(database, "token_made", person.email)
        return token


@app.command("add")
def add_command(
    email: Email,
    place: Annotated[
        list[str], typer.Option(help="world, region:europe, city:berlin or shop:berlin-1; may be repeated")
    ],
    name: Annotated[str, typer.Option(help="Their name; else their e-mail address")] = "",
    role: Annotated[str, typer.Option(help="manager, analyst or admin")] = "manager",
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input")] = False,
) -> None:
    """Let somebody in. Without --password-stdin a password is made and printed, once."""

    async def add(people: People, database: AccountDatabase) -> tuple[Person, str | None]:
        grants = tuple(parse_grant(one) for one in place)
        new = NewPerson(clean_email(email), clean_name(name or email), parse_role(role), grants)
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
        added = await people.add(new, password)
        await _note(database, "person_added", new.email)
        return added

    person, generated = _do(add, "Nobody was let in")
    _console.print(f"{person.email} may sign in as {person.role}, and sees {', '.join(map(str, person.grants))}.")
    _print_secret(generated)


@app.command("list")
def list_command() -> None:
    """Print everybody: e-mail, role, state, places; tabs in between."""
    for person in _do(lambda people, _: people.store.people(), "Nothing was listed"):
        state = "disabled" if person.disabled else "enabled"
        typer.echo("\t".join((person.email, person.role, state, " ".join(map(str, person.grants)))))


@app.command("disable")
def disable_command(email: Email) -> None:
    """Keep somebody out. Their sessions end at once, and their API tokens are refused."""
    _disable(email, disabled=True)
    _console.print(f"{email} is signed out everywhere, and may not sign in.")


@app.command("enable")
def enable_command(email: Email) -> None:
    """Let somebody in again."""
    _disable(email, disabled=False)
    _console.print(f"{email} may sign in again.")


@app.command("reset-password")
def reset_password_command(email: Email) -> None:
    """Make a new password and print it, once. All their sessions end."""

    async def reset(people: People, database: AccountDatabase) -> str:
        person = await _find(people, email)
        secret = await people.reset_password(person)
        await _note(database, "password_reset", person.email)
        return secret

    _print_secret(_do(reset, "Nothing was changed"))


@app.command("token")
def token_command(
    email: Email,
    name: Annotated[str, typer.Option(help="What it is for")] = "command line",
    days: Annotated[int, typer.Option(help="Days that it is valid, 365 at most")] = 90,
) -> None:
    """Make an API token of an analyst's or admin's and print it, once."""
    with _failures("No token was made"):
        _print_secret(asyncio.run(make_token(_dsn(), email, name, days)))


def _disable(email: str, *, disabled: bool) -> None:
    async def change(people: People, database: AccountDatabase) -> None:
        person = await _find(people, email)
        await people.store.disable(person.person_id, disabled=disabled)
        await _note(database, "person_disabled" if disabled else "person_enabled", person.email)

    _do(change, "Nothing was changed")


async def _find(people: People, email: str) -> Person:
    person = await people.store.person_by_email(clean_email(email))
    if person is None:
        raise PeopleError("nobody", "nobody is called so")
    return person


async def _note(database: AccountDatabase, action: str, subject: str) -> None:
    await PostgresAudit(database).write([AuditEntry(None, "", action, subject, (("how", "command line"),))])


def _do(work: Callable[[People, AccountDatabase], Awaitable[T]], otherwise: str) -> T:
    async def run() -> T:
        async with opened_people(_dsn()) as (people, database):
            return await work(people, database)

    with _failures(otherwise):
        return asyncio.run(run())


@contextmanager
def _failures(otherwise: str) -> Iterator[None]:
    try:
        yield
    except (PeopleError, TransientError) as error:
        _console.print(f"[red]{otherwise}:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


def _print_secret(secret: str | None) -> None:
    """To standard output, where a person or a script takes it from."""
    if secret is not None:
        typer.echo(secret)


def _dsn() -> str:
    try:
        return AccountSettings().account_dsn.get_secret_value()
    except ValidationError as error:
        sys.exit(explain_settings("report", error))
