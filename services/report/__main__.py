"""python -m services.report: the pages. facetally people: who may see them."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console

from services.common.errors import TransientError
from services.common.lifecycle import Runtime, explain_settings, run_service
from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.argon2_passwords import Argon2Passwords
from services.report.adapters.nats_examiner import NatsExaminer
from services.report.adapters.oidc_provider import OidcProvider
from services.report.adapters.postgres_audit import PostgresAudit
from services.report.adapters.postgres_people import PostgresPeople
from services.report.adapters.postgres_sessions import PostgresSessions
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.adapters.system_chance import SystemChance
from services.report.domain.audit import AuditEntry
from services.report.domain.people import (
    NewPerson,
    PeopleError,
    Person,
    clean_email,
    clean_name,
    parse_grant,
    parse_role,
)
from services.report.handler.audit import AuditTrail
from services.report.handler.check_camera import CheckCamera
from services.report.handler.people import People
from services.report.handler.sign_in import SignIn
from services.report.handler.tidying import tidy
from services.report.pages.app import Site, make_app
from services.report.pages.camera_check import CameraCheckPage, CameraSettings
from services.report.pages.login import OPENID_BACK
from services.report.pages.security import Gate
from services.report.settings import AccountSettings, ReportSettings

_FINISH_WITHIN_S = 10
T = TypeVar("T")


async def serve(settings: ReportSettings, runtime: Runtime) -> None:
    """Serve pages until asked to stop."""
    async with (
        PostgresTallies.connect(settings.postgres_dsn.get_secret_value(), settings.max_connections) as tallies,
        AccountDatabase.connect(settings.account_dsn.get_secret_value()) as database,
    ):
        runtime.health.ready_when("postgres", tallies.is_ready)
        runtime.health.ready_when("postgres_account", database.is_ready)
        gate = make_gate(settings, database)
        site = Site(gate, tallies, settings.min_cell, _camera_check(settings, tallies), settings.allowed_hosts)
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(site),
                host=settings.http_host,
                port=settings.http_port,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_graceful_shutdown=_FINISH_WITHIN_S,
                lifespan="off",
            )
        )

        async def stop() -> None:
            await runtime.stopping.wait()
            server.should_exit = True

        kept = timedelta(days=settings.audit_kept_days)
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(stop()),
                tasks.create_task(gate.trail.run()),
                tasks.create_task(tidy(PostgresSessions(database), gate.trail.store, kept)),
            ]
            serving = tasks.create_task(server._serve())  # noqa: SLF001 - `serve` would take the signals
            while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.05)
            runtime.health.started()
            await serving
            for task in beside:
                task.cancel()


def make_gate(settings: ReportSettings, database: AccountDatabase) -> Gate:
    """What knows who asks."""
    passwords, chance = Argon2Passwords(), SystemChance()
    oidc = settings.oidc
    provider = (
        OidcProvider(
            oidc.issuer, oidc.client_id, oidc.client_secret.get_secret_value(), f"{settings.public_url}{OPENID_BACK}"
        )
        if oidc.issuer
        else None
    )
    return Gate(
        sign_in=SignIn(PostgresSessions(database), passwords, chance),
        people=People(PostgresPeople(database), passwords, chance),
        trail=AuditTrail(PostgresAudit(database)),
        key=settings.cookie_key.get_secret_value(),
        secure_cookies=settings.secure_cookies,
        provider=provider,
        provider_label=oidc.label,
    )


def _camera_check(settings: ReportSettings, tallies: PostgresTallies) -> CameraCheckPage:
    shown = CameraSettings(
        settings.camera_ftp_host, settings.camera_ftp_port, settings.camera_ftps_port, settings.camera_require_tls
    )
    return CameraCheckPage(CheckCamera(NatsExaminer(settings.nats), tallies), shown)


app = typer.Typer(help="Who may see the reports, as what, and of which places.", no_args_is_help=True)
_console = Console(stderr=True, highlight=False)
Email = Annotated[str, typer.Argument(help="Their e-mail address")]


async def add_person(dsn: str, new: NewPerson, password: str | None) -> tuple[Person, str | None]:
    """Let somebody in; the person, and the password where it was generated.

    Raises:
        PeopleError: something about them is wrong.
        TransientError: Postgres is away.
    """
    async with AccountDatabase.connect(dsn) as database:
        people = People(PostgresPeople(database), Argon2Passwords(), SystemChance())
        added = await people.add(new, password)
        await _note(database, "person_added", new.email)
        return added


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
    with _failures("Nobody was let in"):
        grants = tuple(parse_grant(one) for one in place)
        new = NewPerson(clean_email(email), clean_name(name or email), parse_role(role), grants)
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
        person, generated = asyncio.run(add_person(_dsn(), new, password))
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

    async def make(people: People, database: AccountDatabase) -> str:
        person = await _find(people, email)
        token = await people.make_token(person.person_id, person.role, name, days)
        await _note(database, "token_made", person.email)
        return token

    _print_secret(_do(make, "No token was made"))


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
        async with AccountDatabase.connect(_dsn()) as database:
            return await work(People(PostgresPeople(database), Argon2Passwords(), SystemChance()), database)

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


if __name__ == "__main__":
    run_service("report", ReportSettings, serve)
