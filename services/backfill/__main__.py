"""facetally backfill: estimate photos again that were recorded already, and leave versions of models out of all tallies."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated, TypeVar

import typer

from models.preprocess import Crops
from services.backfill.adapters.database import Database
from services.backfill.adapters.face_models import FaceModels, Looks, load
from services.backfill.adapters.low_priority import step_back
from services.backfill.adapters.nats_traffic import NatsTraffic
from services.backfill.adapters.postgres_results import PostgresResults
from services.backfill.adapters.postgres_versions import PostgresVersions
from services.backfill.adapters.progress_bar import ProgressBar
from services.backfill.adapters.tables import jobs_table, versions_table
from services.backfill.domain import BackfillError, Job, Period, period_of
from services.backfill.handler import Backfill, Pace, Watch, settle
from services.backfill.settings import BACKFILL_FILE, BackfillSettings
from services.common.command_line import errors, failures, output, settings_of
from services.common.messaging import MessageBus
from services.common.release_store import ReleaseStore
from services.common.settings import ModelStoreSettings
from services.common.storage import PhotoStorage

T = TypeVar("T")
app = typer.Typer(help="Estimate recorded photos again; leave versions of models out of tallies.", no_args_is_help=True)
Version = Annotated[str, typer.Argument(help="A version, as `facetally backfill versions` lists them")]


@app.command("run")
def run_command(
    release: Annotated[
        str,
        typer.Argument(help="Folder or name of a release; built-in: the models that come with the code"),
    ],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, in each shop's own time")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day")],
    shop: Annotated[list[str] | None, typer.Option(help="Only this shop, and others that are named so")] = None,
) -> None:
    """Estimate the faces of a period again. Gives way to the photos that come in; when it was ended, the same command goes on."""
    settings = _settings()
    if settings.low_priority:
        step_back()
    with _failures("Not estimated"):
        period = period_of(since.date(), until.date(), shop)
        models = asyncio.run(load(release, ReleaseStore(_models_bucket(settings)), _looks(settings)))
        errors.print(f"The version is {models.version}.", soft_wrap=True)
        job = asyncio.run(_run(settings, release, models, period))
    errors.print(
        f"{job.done:,} photos are of the version {job.version} now; {job.skipped:,} were skipped: they are not in the store any more, "
        "or cannot be decoded. The tallies follow within seconds.",
        soft_wrap=True,
    )


@app.command("list")
def list_command() -> None:
    """List the periods that were estimated again, and how far that is."""
    with _failures("Not listed"):
        jobs = _with_database(lambda database, settings: PostgresResults(database, settings.thresholds).jobs())
    if jobs:
        output.print(jobs_table(jobs))
    else:
        errors.print("Nothing was estimated again.")


@app.command("versions")
def versions_command() -> None:
    """List the versions of models that photos were estimated by, and which of them count in no tally."""
    with _failures("Not listed"):
        output.print(versions_table(_with_database(lambda database, _: PostgresVersions(database).all())))


@app.command("exclude")
def exclude_command(
    version: Version,
    reason: Annotated[str, typer.Option(help="Why; it is kept")],
    by: Annotated[str | None, typer.Option(help="Who says so; by default whoever is logged in here")] = None,
) -> None:
    """Leave the faces that a version has estimated out of all tallies, those that are still to come as well."""
    reason = " ".join(reason.split())

    async def exclude(database: Database, _: BackfillSettings) -> tuple[bool, int]:
        versions = PostgresVersions(database)
        is_new = await versions.exclude(version, by or getpass.getuser(), reason)
        return is_new, await _settled(versions, version)

    with _failures("Not excluded, or not all of it: the same command goes on"):
        if not reason:
            raise BackfillError("say why, in words")
        is_new, photos = _with_database(exclude)
    told = "is excluded" if is_new else "was excluded already"
    errors.print(f"{version} {told}; {photos:,} photos were taken out of the tallies.", soft_wrap=True)


@app.command("include")
def include_command(version: Version) -> None:
    """Put back into the tallies what was excluded."""

    async def include(database: Database, _: BackfillSettings) -> tuple[bool, int]:
        versions = PostgresVersions(database)
        return await versions.include(version), await _settled(versions, version)

    with _failures("Not included, or not all of it: the same command goes on"):
        was_excluded, photos = _with_database(include)
    told = "counts again" if was_excluded else "was not excluded"
    errors.print(f"{version} {told}; {photos:,} photos were put back into the tallies.", soft_wrap=True)


async def _run(settings: BackfillSettings, release: str, models: FaceModels, period: Period) -> Job:
    pace = Pace(settings.batch_photos, settings.most_waiting, settings.look_again_s, settings.patience_s)
    with ProgressBar(errors).shown() as bar:
        async with (
            MessageBus.connect(settings.nats, "backfill") as bus,
            PhotoStorage.connect(settings.s3) as photos,
            Database.connect(settings.postgres_dsn.get_secret_value()) as database,
        ):
            results = PostgresResults(database, settings.thresholds)
            watch = Watch(bar.began, bar.moved, bar.waits, bar.away)
            return await Backfill(results, photos, models, NatsTraffic(bus), pace, watch).run(release, period)


async def _settled(versions: PostgresVersions, version: str) -> int:
    with ProgressBar(errors).shown() as bar:
        bar.begin(await versions.unsettled(version))
        return await settle(versions, version, bar.advance)


def _with_database(work: Callable[[Database, BackfillSettings], Awaitable[T]]) -> T:
    settings = _settings()

    async def run() -> T:
        async with Database.connect(settings.postgres_dsn.get_secret_value()) as database:
            return await work(database, settings)

    return asyncio.run(run())


def _looks(settings: BackfillSettings) -> Looks:
    return Looks(
        Crops(settings.crops), settings.min_face_px, settings.max_photo_pixels, settings.device, settings.weights_dir
    )


def _models_bucket(settings: BackfillSettings) -> ModelStoreSettings:
    s3 = settings.s3
    return ModelStoreSettings(
        url=s3.url, access_key=s3.access_key, secret_key=s3.secret_key, region=s3.region, bucket=settings.models_bucket
    )


def _failures(otherwise: str) -> AbstractContextManager[None]:
    return failures(otherwise, BackfillError)


def _settings() -> BackfillSettings:
    return settings_of(BackfillSettings, "backfill", BACKFILL_FILE)


if __name__ == "__main__":
    app()
