"""python -m services.provision: prepare the servers, and say what was done."""

import asyncio
import sys
from pathlib import Path

from pydantic import ValidationError

from services.common.errors import TransientError
from services.common.lifecycle import explain_settings
from services.common.messaging import MessageBus
from services.provision.adapters.nats_streams import NatsStreams
from services.provision.adapters.postgres_schema import PostgresSchema
from services.provision.adapters.s3_bucket import S3Bucket
from services.provision.handler import provision
from services.provision.settings import ProvisionSettings

MIGRATIONS = Path(__file__).parents[1] / "record" / "migrations"


async def run(settings: ProvisionSettings) -> None:
    """Wire the adapters, and provision."""
    s3 = settings.s3
    bucket, models, datasets = (
        S3Bucket(s3.url, s3.access_key, s3.secret_key.get_secret_value(), s3.region, name)
        for name in (s3.bucket, settings.models_bucket, settings.datasets_bucket)
    )
    database = PostgresSchema(settings.postgres_dsn.get_secret_value(), MIGRATIONS)
    passwords = {
        "record": settings.record_password.get_secret_value(),
        "report": settings.report_password.get_secret_value(),
        "account": settings.account_password.get_secret_value(),
        "bi": settings.bi_password.get_secret_value(),
        "estate": settings.estate_password.get_secret_value(),
        "operator": settings.operator_password.get_secret_value(),
        "backfill": settings.backfill_password.get_secret_value(),
        "labels": settings.labels_password.get_secret_value(),
    }
    async with MessageBus.connect(settings.nats, "provision") as bus:
        await provision(
            NatsStreams(bus.jetstream),
            bucket,
            {"model": models, "data set": datasets},
            database,
            passwords,
            photos_kept_days=settings.photos_kept_days or None,
            wait_s=settings.wait_s,
            report=lambda line: print(f"provision: {line}"),  # noqa: T201 - a job for people
        )


def main() -> None:
    """Read the settings and run to the end; exit status 1 with a sentence when a server is away."""
    try:
        settings = ProvisionSettings()
    except ValidationError as error:
        sys.exit(explain_settings("provision", error))
    try:
        asyncio.run(run(settings))
    except TransientError as error:
        sys.exit(f"provision: {error}. Is it running? Nothing was harmed; run this again.")


if __name__ == "__main__":
    main()
