"""python -m services.report."""

import asyncio
from datetime import UTC, datetime, timedelta

from services.common.http_server import serve_http
from services.common.lifecycle import Runtime, run_service
from services.estate.adapters.system_chance import SystemChance as EstateChance
from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.argon2_passwords import Argon2Passwords
from services.report.adapters.estate_registry import EstateRegistry
from services.report.adapters.nats_examiner import NatsExaminer
from services.report.adapters.oidc_provider import OidcProvider
from services.report.adapters.postgres_audit import PostgresAudit
from services.report.adapters.postgres_cameras import PostgresCameras
from services.report.adapters.postgres_groups import PostgresGroups
from services.report.adapters.postgres_models import PostgresModels
from services.report.adapters.postgres_people import PostgresPeople
from services.report.adapters.postgres_review import PostgresReview
from services.report.adapters.postgres_schedules import PostgresSchedules
from services.report.adapters.postgres_sessions import PostgresSessions
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.adapters.smtp_mailer import SmtpMailer
from services.report.adapters.system_chance import SystemChance
from services.report.handler.audit import AuditTrail
from services.report.handler.check_camera import CheckCamera
from services.report.handler.estate import EditEstate
from services.report.handler.models import ReadModels
from services.report.handler.overview import ReadOverview
from services.report.handler.people import People
from services.report.handler.schedules import Schedules, SendReports
from services.report.handler.sign_in import SignIn
from services.report.handler.tidying import tidy
from services.report.pages.app import Site, make_app
from services.report.pages.camera_check import CameraCheckPage, CameraSettings
from services.report.pages.login import OPENID_BACK
from services.report.pages.privacy import Kept
from services.report.pages.schedule_mail import ComposeReport
from services.report.pages.security import Gate
from services.report.settings import ReportSettings


async def serve(settings: ReportSettings, runtime: Runtime) -> None:
    """Serve pages until asked to stop."""
    async with (
        PostgresTallies.connect(settings.postgres_dsn.get_secret_value(), settings.max_connections) as tallies,
        AccountDatabase.connect(settings.account_dsn.get_secret_value()) as database,
    ):
        runtime.health.ready_when("postgres", tallies.is_ready)
        runtime.health.ready_when("postgres_account", database.is_ready)
        gate = make_gate(settings, database)
        schedules = PostgresSchedules(database)
        site = Site(
            gate=gate,
            tallies=tallies,
            groups=PostgresGroups(database),
            min_cell=settings.min_cell,
            check_page=_camera_check(settings, tallies),
            allowed_hosts=settings.allowed_hosts,
            cameras=PostgresCameras(tallies),
            edit_estate=_edit_estate(settings),
            faces=PostgresReview(tallies, database),
            read_models=ReadModels(PostgresModels(database), _now),
            kept=_kept(settings),
            schedules=Schedules(schedules, _now),
            sends_mail=settings.smtp.host is not None,
        )
        kept = timedelta(days=settings.audit_kept_days)
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(gate.trail.run()),
                tasks.create_task(tidy(PostgresSessions(database), gate.trail.store, kept)),
            ]
            if mailer := _mailer(settings):
                read = ReadOverview(tallies, settings.min_cell)
                compose = ComposeReport(read, site.maker, settings.public_url, _now)
                send = SendReports(schedules, compose, mailer, gate.trail.note, _now)
                beside.append(tasks.create_task(send.run()))
            await serve_http(
                make_app(site),
                settings.http_host,
                settings.http_port,
                runtime,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies,
            )
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


def _mailer(settings: ReportSettings) -> SmtpMailer | None:
    """What sends scheduled reports; None where there is no mail server."""
    smtp = settings.smtp
    if smtp.host is None:
        return None
    password = smtp.password.get_secret_value()
    return SmtpMailer(smtp.host, smtp.port, smtp.sender, smtp.user, password, starttls=smtp.starttls)


def _now() -> datetime:
    return datetime.now(UTC)


def _edit_estate(settings: ReportSettings) -> EditEstate | None:
    """What changes shops and cameras; None where the reports may not."""
    if settings.estate_dsn is None or settings.estate_nats is None:
        return None
    return EditEstate(EstateRegistry(settings.estate_dsn.get_secret_value(), settings.estate_nats), EstateChance())


def _kept(settings: ReportSettings) -> Kept:
    return Kept(
        settings.privacy_photos_kept_days,
        settings.privacy_results_kept_days,
        settings.privacy_tallies_kept_days,
        settings.audit_kept_days,
    )


def _camera_check(settings: ReportSettings, tallies: PostgresTallies) -> CameraCheckPage:
    shown = CameraSettings(
        settings.camera_ftp_host, settings.camera_ftp_port, settings.camera_ftps_port, settings.camera_require_tls
    )
    return CameraCheckPage(CheckCamera(NatsExaminer(settings.nats), tallies), shown)


if __name__ == "__main__":
    run_service("report", ReportSettings, serve)
