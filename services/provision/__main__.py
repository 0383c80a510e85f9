"""python -m services.provision: prepare the servers, and say what was done; nats-config prints what NATS itself is told."""

import asyncio
import sys
from pathlib import Path
from typing import TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from services.common.errors import TransientError
from services.common.lifecycle import explain_settings
from services.common.messaging import MessageBus
from services.provision.adapters.nats_config import nats_config
from services.provision.adapters.nats_streams import NatsStreams
from services.provision.adapters.postgres_schema import PostgresSchema
from services.provision.adapters.s3_bucket import S3Bucket
from services.provision.domain.nats_rights import subjects_to
from services.provision.domain.schema import DATABASE_ROLES
from services.provision.handler import WrongDomainError, provision
from services.provision.settings import ProvisionSettings, SiteSettings

MIGRATIONS = Path(__file__).parents[1] / "record" / "migrations"
S = TypeVar("S", bound=BaseSettings)
app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)


async def run(settings: ProvisionSettings) -> None:
    """Wire the adapters, and provision."""
    site, s3 = settings.site, settings.s3
    names = {"model": settings.models_bucket}
    if not site.headquarters:
        names["data set"] = settings.datasets_bucket
    access = s3.url, s3.access_key, s3.secret_key.get_secret_value(), s3.region
    dsn = settings.postgres_dsn
    inbox = subjects_to(site.domain) if site.headquarters else None
    async with MessageBus.connect(settings.nats, "provision", inbox) as bus:
        headquarters = bus.jetstream_of(site.headquarters) if site.headquarters else None
        await provision(
            site,
            NatsStreams(bus.jetstream, site, settings.replicas, headquarters),
            S3Bucket(*access, s3.bucket),
            {what: S3Bucket(*access, name) for what, name in names.items()},
            PostgresSchema(dsn.get_secret_value(), MIGRATIONS) if dsn else None,
            _passwords(settings),
            photos_kept_days=settings.photos_kept_days or None,
            wait_s=settings.wait_s,
            report=lambda line: typer.echo(f"provision: {line}"),
        )


def _passwords(settings: ProvisionSettings) -> dict[str, str]:
    """By database role; none in a cell."""
    found = {role: getattr(settings, f"{role}_password") for role in DATABASE_ROLES}
    return {role: password.get_secret_value() for role, password in found.items() if password}


@app.callback(invoke_without_command=True)
def provision_command(context: typer.Context) -> None:
    """Prepare the servers, to the end. Running it again changes nothing that is right already."""
    if context.invoked_subcommand:
        return
    settings = _read(ProvisionSettings)
    try:
        asyncio.run(run(settings))
    except WrongDomainError as error:
        sys.exit(f"provision: {error}: see FACETALLY_PROVISION_DOMAIN, and domain in the jetstream block of nats.conf.")
    except TransientError as error:
        sys.exit(f"provision: {error}. Is it running? Nothing was harmed; run this again.")


@app.command("nats-config")
def nats_config_command() -> None:
    """Print users and rights for nats.conf, and in a cell the link to headquarters. Passwords are variables, which nats-server reads."""
    typer.echo(nats_config(_read(SiteSettings).site), nl=False)


def _read(settings: type[S]) -> S:
    try:
        return settings()
    except ValidationError as error:
        sys.exit(explain_settings("provision", error))


if __name__ == "__main__":
    app()
