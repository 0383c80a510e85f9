"""Scheduled reports: from Postgres, through a real mail server, to what is attached."""

import asyncio
import email
import email.policy
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import asyncpg
import pdfplumber
import pytest
from aiosmtpd.smtp import SMTP
from openpyxl import load_workbook

from services.common.errors import PermanentError, TransientError
from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_schedules import PostgresSchedules
from services.report.adapters.smtp_mailer import SmtpMailer
from services.report.domain.audit import AuditEntry
from services.report.domain.people import Role
from services.report.domain.places import Level
from services.report.domain.schedules import Cadence, Draft, Mail, Owner, Run, Timing
from services.report.handler.overview import ReadOverview
from services.report.handler.schedules import Schedules, SendReports
from services.report.pages.exports.making import Maker
from services.report.pages.schedule_mail import ComposeReport
from services.standalone.adapters.postgres_server import OWNER
from tests.fakes.tally_reader import FakeTallies
from tests.servers.postgres import Database

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
DRAFT = Draft(
    "Morning <b>",
    Level.CITY,
    "berlin",
    "period=7d&gender=female",
    Timing(Cadence.DAILY, 6, "UTC"),
    ("ann@example.com", "boss@example.com"),
)


@dataclass
class Letterbox:
    """What a mail server got; `answer` is what it says to a mail, `refuses` whom it does not know."""

    got: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    answer: str = "250 OK"
    refuses: frozenset[str] = frozenset()
    port: int = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.got.append((envelope.rcpt_tos, message))
        return self.answer


@pytest.fixture
async def letterbox() -> AsyncIterator[Letterbox]:
    box = Letterbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop, hostname="mail.example.com"), "127.0.0.1", 0)
    async with server:
        box.port = server.sockets[0].getsockname()[1]
        yield box


def mailer(port: int) -> SmtpMailer:
    return SmtpMailer("127.0.0.1", port, "Reports <reports@example.com>", starttls=False)


@dataclass
class Post:
    owner: int
    schedules: Schedules
    sender: SendReports
    noted: list[AuditEntry]


@pytest.fixture
async def post(database: Database, letterbox: Letterbox) -> AsyncIterator[Post]:
    connection = await asyncpg.connect(database.dsn(OWNER))
    owner = await connection.fetchval(
        "insert into person (email, name, role, language) values ('ann@example.com', 'Ann', 'manager', 'de') returning person_id"
    )
    await connection.close()
    tallies = FakeTallies(access={owner: ((Level.CITY, "berlin"),)})
    noted: list[AuditEntry] = []
    async with AccountDatabase.connect(database.dsn("account")) as account:
        store = PostgresSchedules(account)
        compose = ComposeReport(ReadOverview(tallies, 10), Maker(), "https://stats.example.com", lambda: NOW)
        sender = SendReports(store, compose, mailer(letterbox.port), noted.append, lambda: NOW)
        yield Post(owner, Schedules(store, lambda: NOW), sender, noted)


async def test_a_due_report_arrives_with_its_files_in_its_owners_language(post: Post, letterbox: Letterbox) -> None:
    number = await post.schedules.add(post.owner, DRAFT)
    await post.schedules.send_now(post.owner, number)
    assert await post.sender.send_due() == 1
    assert await post.sender.send_due() == 0
    ((recipients, message),) = letterbox.got
    assert recipients == ["ann@example.com", "boss@example.com"]
    assert message["Message-ID"] == f"<schedule-{number}-{int(NOW.timestamp())}@example.com>"
    assert message["From"] == "Reports <reports@example.com>"
    assert "boss" not in str(message["To"])
    assert message["Subject"].startswith("Morning <b>: Europe, Berlin")
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain
    assert html
    assert "Besucher" in plain.get_content()
    assert "https://stats.example.com/cities/berlin?period=7d&gender=female" in plain.get_content()
    assert "Morning &lt;b&gt;" in html.get_content()
    pdf, xlsx = message.iter_attachments()
    with pdfplumber.open(io.BytesIO(pdf.get_content())) as document:
        assert "Europe, Berlin" in document.pages[0].extract_text()
    book = load_workbook(io.BytesIO(xlsx.get_content()))
    assert book.worksheets[0].max_row == 8
    assert "Frauen" in [cell.value for cell in book.worksheets[0][1]]
    assert [(entry.action, entry.person_id) for entry in post.noted] == [("report_sent", post.owner)]


async def test_a_place_that_its_owner_may_not_see_is_not_sent(post: Post, letterbox: Letterbox) -> None:
    elsewhere = Draft("Paris", Level.CITY, "paris", "", DRAFT.timing, DRAFT.recipients)
    number = await post.schedules.add(post.owner, elsewhere)
    await post.schedules.send_now(post.owner, number)
    assert await post.sender.send_due() == 0
    assert not letterbox.got
    assert (await post.schedules.one(post.owner, number)).last_error == "place_gone: paris"


MAIL = Mail("schedule-1-2", ("ann@example.com", "boss@example.com"), "Numbers", "text", "<p>text</p>")


async def test_a_server_that_wants_it_later_is_asked_again(letterbox: Letterbox) -> None:
    letterbox.answer = "451 later"
    with pytest.raises(TransientError, match="451"):
        await mailer(letterbox.port).send(MAIL)


async def test_a_server_that_refuses_a_mail_is_believed(letterbox: Letterbox) -> None:
    letterbox.answer = "552 too large"
    with pytest.raises(PermanentError, match="552"):
        await mailer(letterbox.port).send(MAIL)


async def test_of_several_recipients_those_who_are_known_get_it(letterbox: Letterbox) -> None:
    letterbox.refuses = frozenset({"boss@example.com"})
    await mailer(letterbox.port).send(MAIL)
    assert letterbox.got[0][0] == ["ann@example.com"]
    letterbox.refuses = frozenset(MAIL.recipients)
    with pytest.raises(PermanentError, match="550"):
        await mailer(letterbox.port).send(MAIL)


async def test_without_a_server_it_is_tried_later(letterbox: Letterbox) -> None:
    with pytest.raises(TransientError):
        await SmtpMailer("127.0.0.1", 1, "reports@example.com", starttls=False).send(MAIL)


async def test_without_encryption_nothing_is_said(letterbox: Letterbox) -> None:
    with pytest.raises(TransientError):
        await SmtpMailer("127.0.0.1", letterbox.port, "reports@example.com").send(MAIL)
    assert not letterbox.got


async def test_a_name_cannot_add_headers(letterbox: Letterbox) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline|CR"):
        await mailer(letterbox.port).send(Mail("x", ("a@example.com",), "a\r\nBcc: c@example.com", "t", "h"))


async def test_without_a_public_address_a_mail_has_no_link(letterbox: Letterbox) -> None:
    compose = ComposeReport(ReadOverview(FakeTallies(), 10), Maker(), None, lambda: NOW)
    run = Run(1, NOW - timedelta(hours=1), 1, DRAFT, Owner(1, "ann@example.com", "Ann", Role.MANAGER))
    mail = await compose(run)
    assert "http" not in mail.text
    assert "visitors" in mail.text
