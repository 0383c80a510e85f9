"""python -m models.evaluation: measure accuracy on labelled faces, write docs/accuracy.md, end with one line of JSON."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import cv2
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from models.evaluation import cards, fitting, plots, report, summary
from models.evaluation.dataset import DEFAULT_FOLDER, DataError, read
from models.evaluation.measurement import Begin, Subjects, measure
from models.predict.boxes import Method
from models.predict.classifier import FaceClassifier
from models.predict.finder import FaceFinder
from models.preprocess import Crops
from models.registry import WeightsError

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "accuracy.md"
METHOD: Final = Method.CNN
CROPS: Final = Crops.BALANCED
_IMAGES: Final = "images"

app = typer.Typer(help="Measure accuracy on labelled faces.", add_completion=False, pretty_exceptions_enable=False)
_console = Console(stderr=True, highlight=False)
Data = Annotated[Path | None, typer.Option(help="Labelled faces (age_gender/, emotion/); by default ../shared/eval")]


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="The document to write; by default docs/accuracy.md, of the default faces only")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Every tenth face, to try; nothing is written without --out")
    ] = False,
) -> None:
    """Measure everything; without labelled faces, check the figures on the cards."""
    if context.invoked_subcommand is not None:
        return
    with _failures():
        if data is None and not DEFAULT_FOLDER.is_dir():
            _check_cards()
            return
        faces = read(data or DEFAULT_FOLDER)
        with _progress() as begin:
            results = measure(_subjects(), faces, begin, fitted_on=is_default(data), quick=quick)
        target = document(data, out, quick=quick)
        if target is None:
            print(report.render(results, {}))  # noqa: T201 - a command
        else:
            files = plots.write(results, target.parent / _IMAGES)
            target.write_text(report.render(results, {name: f"{_IMAGES}/{file}" for name, file in files.items()}))
            _console.print(f"Written: {target} and {len(files)} plots in {_IMAGES}/ beside it")
    _console.print(summary.table(results))
    print(summary.json_line(results))  # noqa: T201


@app.command()
def calibrate(data: Data = None) -> None:
    """Fit temperatures, the correction of age and its intervals on the even rows, and print them as tables for the cards."""
    folder = data or DEFAULT_FOLDER
    with _failures():
        faces = read(folder)
        with _progress() as begin:
            finder = FaceFinder.load(METHOD)
            classifier = FaceClassifier.load(crops=CROPS)
            tables = fitting.fit(finder, classifier, faces, begin)
    print(tables)  # noqa: T201


def is_default(data: Path | None) -> bool:
    """Whether a folder is the one that calibration is fitted on."""
    return data is None or data.resolve() == DEFAULT_FOLDER.resolve()


def document(data: Path | None, out: Path | None, *, quick: bool) -> Path | None:
    """Where to write: the project's document tells of all of the default faces, or of what it is told to tell by --out."""
    if out is not None:
        return out
    return DOCUMENT if is_default(data) and not quick else None


def _subjects() -> Subjects:
    return Subjects(
        finders={str(method): FaceFinder.load(method) for method in Method},
        method=str(METHOD),
        classifiers={str(crops): FaceClassifier.load(crops=crops) for crops in Crops},
        plan=str(CROPS),
    )


def _check_cards() -> None:
    checked = cards.check()
    _console.print(cards.table(checked))
    _console.print(
        "There are no labelled faces here, so that nothing was measured: only the form of the cards' figures was checked. "
        "--data FOLDER measures faces of your own."
    )
    print(json.dumps({"measured": False, "cards": len(checked)}))  # noqa: T201


@contextmanager
def _progress() -> Iterator[Begin]:
    """Progress bars, and one thread, so that CPU times are those of a service."""
    cv2.setNumThreads(1)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console) as progress:

        def begin(description: str, total: int) -> Callable[[int], None]:
            task = progress.add_task(description, total=total)
            return lambda done: progress.advance(task, done)

        yield begin


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (DataError, WeightsError, cards.CardError) as error:
        sys.exit(f"evaluation: {error}")


if __name__ == "__main__":
    app(prog_name="python -m models.evaluation")
