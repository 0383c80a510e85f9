"""facetally sample, labels, datasets: faces are drawn, labelled, and put together to learn from."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from models.dataset.manifest import NAME, About
from services.common.command_line import errors, failures, settings_of
from services.common.storage import PhotoStorage
from services.labels.adapters import label_csv, label_studio
from services.labels.adapters.dataset_folder import write_folder
from services.labels.adapters.dataset_shelf import DatasetShelf
from services.labels.adapters.face_cutter import FaceCutter
from services.labels.adapters.label_csv import LabelCsv
from services.labels.adapters.label_studio import LabelStudioTasks
from services.labels.adapters.postgres_faces import PostgresFaces
from services.labels.adapters.tables import datasets_table, progress_table
from services.labels.domain.drawing import Method, Wanted
from services.labels.domain.faces import LabelsError
from services.labels.domain.labels import Chosen, DrawnFace
from services.labels.handler import Sample, Sampled, set_consent, take_in
from services.labels.settings import LABELS_FILE, LabelsSettings

T = TypeVar("T")
_DAY = ["%Y-%m-%d"]
_DAYS = timedelta(days=7)
app = typer.Typer(no_args_is_help=True)
labels_app = typer.Typer(help="What people say of the faces that were drawn.", no_args_is_help=True)
datasets_app = typer.Typer(help="Data sets of labelled faces in the store.", no_args_is_help=True)
_console = Console(highlight=False)


def _name(given: str) -> str:
    if not re.fullmatch(NAME, given):
        raise typer.BadParameter(f"{given!r} is no name of a data set: small letters, digits and dashes")
    return given


Name = Annotated[str, typer.Argument(callback=_name, help="The data set's name: small letters, digits and dashes")]


@app.command("sample")
def sample_command(
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many faces, at most")] = 500,
    by: Annotated[Method, typer.Option(help="What they are drawn by")] = Method.UNCERTAINTY,
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="First day, in each shop's own time; by default a week ago")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day; by default today")] = None,
    shop: Annotated[list[str] | None, typer.Option(help="Only this shop, and others that are named so")] = None,
    consent: Annotated[
        bool, typer.Option("--consent", help="The people of these photos agreed that nets learn from them")
    ] = False,
) -> None:
    """Draw faces of stored photos to be labelled, and keep their pictures for as long as the photos are kept."""
    settings = _settings()
    now = datetime.now(UTC)
    first, last = (since or now - _DAYS).date(), (until or now + timedelta(days=1)).date()
    with _failures("No faces were drawn"):
        if first > last:
            raise LabelsError("the first day is after the last one")
        sampled = asyncio.run(_sample(settings, Wanted(by, count, first, last, tuple(shop or ()), consent)))
    if sampled.why_none:
        errors.print(f"No faces were drawn: {sampled.why_none}.", soft_wrap=True)
        return
    words = "No faces were drawn."
    if sampled.kept:
        words = (
            f"{sampled.kept:,} faces were drawn. `facetally labels export FILE` or the page Review has them labelled."
        )
    if sampled.gone:
        words += f" {sampled.gone:,} were left out: their photos are not kept any more."
    if sampled.unreadable:
        words += f" {sampled.unreadable:,} were left out: their photos cannot be decoded."
    if sampled.kept and not consent:
        words += (
            "\nNo net learns from them: nobody has said that the people agreed. Where they have, `facetally labels consent --yes` "
            "says so."
        )
    errors.print(words, soft_wrap=True)


async def _sample(settings: LabelsSettings, wanted: Wanted) -> Sampled:
    cutter = FaceCutter(settings.min_face_px, settings.max_photo_pixels)
    with Progress(console=errors) as bar:
        task = bar.add_task("faces", total=None)
        async with _database(settings) as faces, PhotoStorage.connect(settings.s3) as photos:
            return await Sample(faces, photos, cutter).run(
                wanted,
                begin=lambda total: bar.update(task, total=total),
                advance=lambda done: bar.update(task, advance=done),
            )


@labels_app.command("export")
def export_command(
    file: Annotated[Path | None, typer.Argument(help="File to make: .csv or .json (Label Studio)")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also faces that somebody has labelled already")] = False,
    config: Annotated[bool, typer.Option("--config", help="Print the XML of a Label Studio project instead")] = False,
) -> None:
    """Write the faces that nobody has labelled yet, the most doubtful first, with what the models say of them."""
    if config:
        typer.echo(label_studio.config(), nl=False)
        return
    settings = _settings()
    with _failures("Not exported"):
        if file is None:
            raise LabelsError("say which file: FILE.csv or FILE.json")
        written = _by_ending(file, _csv, _tasks)(file)
        try:
            with written:
                number = asyncio.run(_each(settings, written.add, labelled_too=everything))
        except FileExistsError as error:
            raise LabelsError(f"{error.filename} is there already: choose another name, or remove it") from error
        except OSError as error:
            raise LabelsError(f"{error.filename or file}: {error.strerror}") from error
    made = " and ".join(map(str, written.made))
    errors.print(
        f"{number:,} faces are in {made}. They are pictures of people: remove {made} when it is done.", soft_wrap=True
    )


@labels_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="File: .csv or .json (Label Studio's format JSON)")],
    by: Annotated[str, typer.Option(help="Who has labelled")],
) -> None:
    """Take in what people have said. One wrong row, and nothing of the file is taken in."""
    settings = _settings()
    with _failures("Nothing was imported"):
        labels = _by_ending(file, label_csv.read, label_studio.read)(file)
        kept, gone = _with_database(settings, lambda faces: take_in(faces, labels, by))
    missing = f" {gone:,} were left out: their faces are not kept any more." if gone else ""
    errors.print(f"{kept:,} labels were imported.{missing}", soft_wrap=True)


@labels_app.command("consent")
def consent_command(
    agreed: Annotated[bool, typer.Option("--yes/--no", help="Whether the people agreed that nets learn from them")],
    face: Annotated[list[str] | None, typer.Argument(help="Only these faces, as an export names them")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Only from this day on, in each shop's own time")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Only up to this day")] = None,
    shop: Annotated[list[str] | None, typer.Option(help="Only this shop, and others that are named so")] = None,
) -> None:
    """Say of faces that were drawn whether nets may learn from them. The newest word counts, in data sets that are made from now on."""
    settings = _settings()
    with _failures("Nothing was changed"):
        chosen = Chosen(tuple(face or ()), tuple(shop or ()), since and since.date(), until and until.date())
        meant, changed = _with_database(settings, lambda faces: set_consent(faces, chosen, agreed=agreed))
    may = "may" if agreed else "must not"
    errors.print(
        f"Nets {may} learn from {meant:,} faces; that is new of {changed:,}. `facetally datasets make` makes the data set that "
        "says so: those that were made stay as they are.",
        soft_wrap=True,
    )


@labels_app.command("status")
def status_command() -> None:
    """Show how many faces were drawn, and how many are labelled."""
    settings = _settings()
    with _failures("Not shown"):
        progress = _with_database(settings, lambda faces: faces.progress())
    if progress:
        _console.print(progress_table(progress))
    else:
        errors.print("No faces were drawn. `facetally sample` draws some.")


@datasets_app.command("make")
def make_command(
    name: Name,
    unlabelled_too: Annotated[
        bool, typer.Option("--unlabelled-too", help="Also faces that nobody has labelled, with what the models say")
    ] = False,
) -> None:
    """Put the labelled faces together, and keep them in the store for good."""
    settings = _settings()
    with _failures("No data set was made"), tempfile.TemporaryDirectory(prefix="facetally-") as temporary:
        folder = Path(temporary) / name
        about = asyncio.run(_write(settings, folder, name, unlabelled_too=unlabelled_too))
        is_new = asyncio.run(DatasetShelf(settings.datasets).add(folder, about))
    words = f"{name} {about.version} has {sum(about.faces.values()):,} faces."
    errors.print(words if is_new else f"{words} It was in the store already.", soft_wrap=True)
    typer.echo(about.version)


async def _write(settings: LabelsSettings, folder: Path, name: str, *, unlabelled_too: bool) -> About:
    faces: list[DrawnFace] = []

    def add(face: DrawnFace) -> None:
        if face.label.is_face if face.label else unlabelled_too:
            faces.append(face)

    await _each(settings, add, labelled_too=True)
    if not faces:
        raise LabelsError("no face is labelled")
    days = [face.captured_at for face in faces]
    drawn_from = (
        f"{len({face.camera for face in faces})} cameras in {len({face.shop for face in faces})} shops, "
        f"{min(days):%Y-%m-%d} to {max(days):%Y-%m-%d}"
    )
    return write_folder(folder, faces, name=name, drawn_from=drawn_from, made_at=datetime.now(UTC))


@datasets_app.command("list")
def list_command() -> None:
    """List the data sets in the store, and their versions."""
    settings = _settings()
    with _failures("Not listed"):
        found = asyncio.run(DatasetShelf(settings.datasets).all())
    if found:
        _console.print(datasets_table(found))
    else:
        errors.print("There are no data sets. `facetally datasets make NAME` makes one.")


@datasets_app.command("fetch")
def fetch_command(
    name: Name,
    where: Annotated[
        list[str],
        typer.Argument(metavar="[VERSION] FOLDER", help="Which version, by default the newest; the folder to make"),
    ],
) -> None:
    """Fetch a data set to learn from, and check that it is the one that was made."""
    settings = _settings()
    with _failures("Not fetched"):
        if len(where) > 2:
            raise LabelsError("say a version and a folder, or a folder")
        folder = Path(where[-1])
        about = asyncio.run(DatasetShelf(settings.datasets).fetch(name, where[0] if len(where) == 2 else None, folder))
    errors.print(f"{name} {about.version} is in {folder}.", soft_wrap=True)


async def _each(settings: LabelsSettings, take: Callable[[DrawnFace], None], *, labelled_too: bool) -> int:
    """Every drawn face; how many there were."""
    number = 0
    async with _database(settings) as faces, aclosing(faces.drawn(labelled_too=labelled_too)) as drawn:
        async for face in drawn:
            take(face)
            number += 1
    return number


def _csv(file: Path) -> LabelCsv | LabelStudioTasks:
    return LabelCsv(file)


def _tasks(file: Path) -> LabelCsv | LabelStudioTasks:
    return LabelStudioTasks(file)


def _by_ending(file: Path, csv: T, json: T) -> T:
    try:
        return {".csv": csv, ".json": json}[file.suffix.lower()]
    except KeyError as error:
        raise LabelsError(f"{file} ends neither in .csv nor in .json") from error


def _with_database(settings: LabelsSettings, work: Callable[[PostgresFaces], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _database(settings) as faces:
            return await work(faces)

    return asyncio.run(run())


@asynccontextmanager
async def _database(settings: LabelsSettings) -> AsyncIterator[PostgresFaces]:
    async with PostgresFaces.connect(settings.postgres_dsn.get_secret_value()) as faces:
        yield faces


def _failures(otherwise: str) -> AbstractContextManager[None]:
    return failures(otherwise, LabelsError)


def _settings() -> LabelsSettings:
    return settings_of(LabelsSettings, "labels", LABELS_FILE)


if __name__ == "__main__":
    app.add_typer(labels_app, name="labels")
    app.add_typer(datasets_app, name="datasets")
    app()
