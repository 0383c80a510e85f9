"""`facetally people`, as the command that people type."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.argon2_passwords import Argon2Passwords
from services.report.adapters.postgres_audit import PostgresAudit
from services.report.adapters.postgres_sessions import PostgresSessions
from services.report.adapters.system_chance import SystemChance
from services.report.command import first_admin
from services.report.domain.audit import AuditQuestion
from services.report.domain.people import Viewer
from services.report.domain.signing_in import WrongLoginError
from services.report.handler.sign_in import SignIn
from tests.estates import register
from tests.servers.postgres import Database
from tests.servers.running import environment

Run = Callable[..., Result]


@pytest.fixture
async def people(database: Database) -> Run:
    await register(database)

    def run(*words: str, stdin: str = "") -> Result:
        variables = {"FACETALLY_REPORT_ACCOUNT_DSN": database.dsn("account")}
        with ThreadPoolExecutor(1) as thread:  # the command has an event loop of its own
            return thread.submit(CliRunner().invoke, app, ["people", *words], input=stdin, env=variables).result()

    return run


async def signs_in(database: Database, email: str, password: str) -> bool:
    async with AccountDatabase.connect(database.dsn("account")) as account:
        sign_in = SignIn(PostgresSessions(account), Argon2Passwords(), SystemChance())
        try:
            return (await sign_in.with_password(email, password, "192.0.2.1")).viewer.email == email
        except WrongLoginError:
            return False


async def token_of(database: Database, token: str) -> Viewer | None:
    async with AccountDatabase.connect(database.dsn("account")) as account:
        return await SignIn(PostgresSessions(account), Argon2Passwords(), SystemChance()).machine(token)


async def test_somebody_is_let_in_and_kept_out_again(people: Run, database: Database) -> None:
    added = people(
        "add",
        "Ana@Example.com",
        "--name",
        "Ana",
        "--role",
        "analyst",
        "--place",
        "city:berlin",
        "--place",
        "shop:tokyo-ginza",
    )
    assert added.exit_code == 0, added.stderr
    password = added.stdout.strip()
    assert await signs_in(database, "ana@example.com", password)
    assert people("list").stdout == "ana@example.com\tanalyst\tenabled\tcity:berlin shop:tokyo-ginza\n"

    token = people("token", "ana@example.com", "--name", "nightly").stdout.strip()
    viewer = await token_of(database, token)
    assert viewer is not None
    assert viewer.via_token

    assert people("disable", "ana@example.com").exit_code == 0
    assert not await signs_in(database, "ana@example.com", password)
    assert await token_of(database, token) is None
    assert people("enable", "ana@example.com").exit_code == 0
    newer = people("reset-password", "ana@example.com").stdout.strip()
    assert newer != password
    assert not await signs_in(database, "ana@example.com", password)
    assert await signs_in(database, "ana@example.com", newer)
    async with AccountDatabase.connect(database.dsn("account")) as account:
        entries = await PostgresAudit(account).entries(AuditQuestion(), 10)
    assert [entry.action for _, entry in reversed(entries)] == [
        "person_added", "token_made", "person_disabled", "person_enabled", "password_reset",
    ]  # fmt: skip


async def test_a_password_can_be_given(people: Run, database: Database) -> None:
    added = people("add", "a@example.com", "--place", "world", "--password-stdin", stdin="correct horse battery\n")
    assert (added.exit_code, added.stdout) == (0, "")
    assert await signs_in(database, "a@example.com", "correct horse battery")
    weak = people("add", "b@example.com", "--place", "world", "--password-stdin", stdin="password1234\n")
    assert weak.exit_code == 1
    assert "first that are tried" in weak.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "nobody", "--place", "world"], "not an e-mail"),
        (["add", "a@example.com", "--place", "planet:mars"], "not a place"),
        (["add", "a@example.com", "--place", "city:atlantis"], "no city:atlantis"),
        (["add", "a@example.com", "--place", "world", "--role", "root"], "not a role"),
        (["disable", "a@example.com"], "nobody is called so"),
        (["token", "a@example.com"], "nobody is called so"),
    ],
)
async def test_what_cannot_be_is_said_and_changes_nothing(people: Run, words: list[str], says: str) -> None:
    refused = people(*words)
    assert refused.exit_code == 1
    assert says in refused.stderr
    assert people("list").stdout == ""


async def test_the_last_admin_cannot_be_disabled(people: Run) -> None:
    people("add", "root@example.com", "--role", "admin", "--place", "world")
    refused = people("disable", "root@example.com")
    assert (refused.exit_code, "last admin" in refused.stderr) == (1, True)


async def test_the_first_admin_is_made_once(database: Database) -> None:
    dsn = database.dsn("account")
    assert await first_admin(dsn, "admin@localhost", "a generated password")
    assert await signs_in(database, "admin@localhost", "a generated password")
    assert await first_admin(dsn, "admin@localhost", "a generated password")
    assert not await first_admin(dsn, "admin@localhost", "another password"), "they have chosen one of their own"
    assert not await first_admin(dsn, "someone@localhost", "another password"), "there is somebody already"


def test_a_missing_setting_is_named() -> None:
    ran = subprocess.run(
        [Path(sys.executable).with_name("facetally"), "people", "list"],
        env=environment(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "FACETALLY_REPORT_ACCOUNT_DSN" in ran.stderr
