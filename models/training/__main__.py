"""python -m models.training: train a net as a config says; under torchrun on every GPU of a machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import cv2
import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from torch.utils import deterministic

from models.dataset.face import ManifestError
from models.dataset.manifest import Dataset, read
from models.training.checkpoint import CheckpointError, Checkpoints
from models.training.config import ConfigError, TrainingConfig, read_config
from models.training.distributed import World, world
from models.training.loop import CHECKPOINTS, Outcome, Run, TrainingError
from models.training.result import write_result
from models.training.tracking import Tracker, TrackingError

app = typer.Typer(help="Train a net.", add_completion=False, pretty_exceptions_enable=False)
_console = Console(stderr=True, highlight=False)
# What CUDA's matrix multiplication needs to give the same bits every time; read when CUDA starts.
_REPEATABLE: Final = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


class Bars:
    """A progress bar for the epoch, and what MLflow is told."""

    def __init__(self, progress: Progress, tracker: Tracker | None) -> None:
        self._progress, self._tracker = progress, tracker
        self._task: TaskID | None = None

    def begin(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        """See `Reporter`."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(f"Epoch {epoch + 1} of {epochs}", total=steps, completed=done, loss="")

    def step(self, loss: float) -> None:
        """See `Reporter`."""
        assert self._task is not None
        self._progress.update(self._task, advance=1, loss=f"loss {loss:.3f}")

    def epoch(self, epoch: int, figures: dict[str, float], *, best: bool) -> None:
        """See `Reporter`."""
        shown = "  ".join(f"{name} {value:.3f}" for name, value in figures.items() if "predicted" not in name)
        self._progress.console.print(f"{epoch + 1:4d}  {shown}{'  best' if best else ''}", soft_wrap=True)
        if self._tracker is not None:
            self._tracker.figures(figures, epoch)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="TOML; models/training/config.py says what is in it")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint, if there is one")] = False,
) -> None:
    """Train a net, and write its weights and card into the config's output folder."""
    os.environ.setdefault(*_REPEATABLE)
    with _failures():
        settings = read_config(config)
        dataset = read(settings.dataset)
        checkpoints = Checkpoints(settings.output / CHECKPOINTS)
        if not resume and checkpoints.any():
            raise ConfigError(f"{settings.output} holds a run already: --resume goes on with it")
        with _interruptions(checkpoints), world(settings.machine.device) as here:
            _train(settings, dataset, here, resume=resume)


def _train(config: TrainingConfig, dataset: Dataset, here: World, *, resume: bool) -> None:
    if config.machine.threads:
        torch.set_num_threads(config.machine.threads)
    cv2.setNumThreads(1)
    # On GPUs a few operations have no repeatable form: it warns of them.
    torch.use_deterministic_algorithms(mode=True, warn_only=here.device.type == "cuda")
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    config.output.mkdir(parents=True, exist_ok=True)
    run = Run(config, dataset, here)
    resumed = resume and run.resume()
    tracker = None
    if here.is_first:
        _console.print(run.describe())
        if resume and not resumed:
            _console.print("There is no checkpoint yet: it begins anew")
        about = dataset.about
        more = {"dataset.name": about.name, "dataset.version": about.version, "processes": str(here.size)}
        tracker = Tracker(config, more)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[loss]}"))
    with Progress(*columns, TimeRemainingColumn(), console=_console, disable=not here.is_first) as progress:
        outcome = run.train(Bars(progress, tracker))
    if tracker is not None:
        files = write_result(config, dataset.about, outcome)
        tracker.finish(files)
        _tell(config, outcome, files)


def _tell(config: TrainingConfig, outcome: Outcome, files: list[Path]) -> None:
    table = Table(title=f"{config.name}: the best of {len(outcome.history)} epochs was number {outcome.best_epoch + 1}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    figures = outcome.validation.flat("validation") | (outcome.test.flat("test") if outcome.test else {})
    for name, value in figures.items():
        table.add_row(name, f"{value:.4g}")
    _console.print(table)
    weights, card, _ = files
    _console.print(f"{outcome.seconds:.0f} s of training. Written: {', '.join(str(file) for file in files)}")
    _console.print(
        f"To serve it: python -m models.export.release NAME FOLDER --card {card} --weights {weights.parent}, then facetally models add FOLDER"
    )


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (ConfigError, ManifestError, CheckpointError) as error:
        sys.exit(f"training: {error}")
    except OSError as error:
        sys.exit(f"training: {_words(error)}")


@contextmanager
def _interruptions(checkpoints: Checkpoints) -> Iterator[None]:
    """What ends a run that can go on, where there is something to go on from."""
    try:
        yield
    except (TrackingError, TrainingError, OSError) as error:
        words = _words(error) if isinstance(error, OSError) else str(error)
        hint = ". --resume goes on from the last checkpoint" if checkpoints.any() else ""
        sys.exit(f"training: {words}{hint}")


def _words(error: OSError) -> str:
    """No space left on device, for example; and where, if it says so."""
    return ": ".join(map(str, filter(None, (error.filename, error.strerror or str(error)))))


if __name__ == "__main__":
    app(prog_name="python -m models.training")
