"""How far a command is, how fast it goes, and how long it still takes, on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from services.backfill.domain import Job


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Photos in a second, of the last while."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f}/s")


class ProgressBar:
    """One bar.

    Args:
        console: where it is drawn; elsewhere than on a terminal it is not.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(), console=console
        )  # fmt: skip
        self._task = self._progress.add_task("photos", total=None)
        self._console = console
        self._before = 0

    @contextmanager
    def shown(self) -> Iterator[Self]:
        """Draw it while the block runs."""
        with self._progress:
            yield self

    def begin(self, total: int) -> None:
        """So many photos are to come."""
        self._progress.update(self._task, total=total)

    def began(self, job: Job, remaining: int) -> None:
        """A job begins, or goes on."""
        self._before = job.done + job.skipped
        if self._before:
            self._console.print(f"It goes on behind the {self._before:,} photos that were done before.")
        self.begin(remaining)

    def moved(self, job: Job) -> None:
        """A batch is done."""
        self._progress.update(self._task, completed=job.done + job.skipped - self._before, description="photos")

    def advance(self, photos: int) -> None:
        """So many more are done."""
        self._progress.update(self._task, advance=photos)

    def waits(self, waiting: int) -> None:
        """Photos that come in go first."""
        self._progress.update(self._task, description=f"waits for {waiting:,} photos that came in")

    def away(self, what: str) -> None:
        """A server is away."""
        self._progress.update(self._task, description=f"waits: {what}")
