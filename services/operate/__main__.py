"""facetally doctor, facetally backlog, facetally dead: what an operator types."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.live import Live

from services.common.lifecycle import explain_settings
from services.operate.adapters.nats_desk import NatsDesk
from services.operate.adapters.tables import backlog_json, backlog_table, print_findings, print_letters
from services.operate.command import checks, consumers_here
from services.operate.domain.backlog import Line
from services.operate.domain.findings import NotWorkingError, State
from services.operate.domain.letters import DROP_WARNING, shown, summary_of
from services.operate.handler.dead_letters import Filters, Outcome, chosen, drop, newest, replay
from services.operate.handler.diagnose import diagnose
from services.operate.handler.sample_backlog import sample
from services.operate.settings import OperateSettings, environment_file

app = typer.Typer(no_args_is_help=True)
dead_app = typer.Typer(help="Messages that could not succeed: list, show, replay, drop them.", no_args_is_help=True)
app.add_typer(dead_app, name="dead")
T = TypeVar("T")
_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)
_SAMPLE_S = 2.0

Numbers = Annotated[list[int] | None, typer.Argument(help="Numbers of letters, as `list` shows them", min=1)]
All = Annotated[bool, typer.Option("--all", help="All letters that there are now")]
Stage = Annotated[str | None, typer.Option(help="Only letters of this consumer: detect, classify or record")]


@app.command("doctor")
def doctor_command() -> None:
    """Look at everything that facetally stands on, and say what is wrong and what to do. Ends with 1 where something is broken."""
    settings = _settings()

    async def run() -> bool:
        findings = await diagnose(checks(settings), settings.limit_s)
        # Said before the loop ends: that waits for threads, and one of them may hang on a dead disk.
        print_findings(findings, _console)
        return any(finding.state is State.BROKEN for finding in findings)

    if asyncio.run(run()):
        raise typer.Exit(1)


@app.command("backlog")
def backlog_command(
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON instead of a table")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again and again, until Ctrl-C")] = False,
) -> None:
    """Say how much waits in each stream, how fast it is worked through, and when nothing will be left. Takes two seconds."""
    consumers = consumers_here(_settings())

    async def samples(desk: NatsDesk) -> AsyncIterator[list[Line]]:
        while True:
            yield await sample(desk, _SAMPLE_S, lambda: datetime.now(UTC), consumers)
            if not watch:
                return

    async def run(desk: NatsDesk) -> None:
        if as_json or not watch:
            async for lines in samples(desk):
                _print_backlog(lines, as_json=as_json)
            return
        with Live(console=_console, auto_refresh=False) as live:
            async for lines in samples(desk):
                live.update(backlog_table(lines), refresh=True)

    with _failures("Nothing is known"):
        _at_desk(run)


def _print_backlog(lines: list[Line], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{backlog_json(lines)}\n")
        sys.stdout.flush()
    else:
        _console.print(backlog_table(lines))


@dead_app.command("list")
def list_command(
    stage: Stage = None,
    reason: Annotated[str | None, typer.Option(help="Only letters whose reason has these words")] = None,
    limit: Annotated[int, typer.Option(help="So many at most", min=1, max=5000)] = 50,
) -> None:
    """List dead letters, the newest first."""

    async def run(desk: NatsDesk) -> None:
        letters = [summary_of(letter) async for letter in newest(desk, Filters(stage, reason), limit)]
        if letters:
            print_letters(letters, _console)
        else:
            _errors.print("There is no such dead letter." if stage or reason else "There are no dead letters.")

    with _failures("Not listed"):
        _at_desk(run)


@dead_app.command("show")
def show_command(number: Annotated[int, typer.Argument(help="Number of a letter, as `list` shows it", min=1)]) -> None:
    """Print a dead letter as JSON, without pixels and without estimates about people."""

    async def run(desk: NatsDesk) -> None:
        letter = await desk.letter(number)
        if letter is None:
            raise NotWorkingError(f"There is no dead letter {number}.", "`facetally dead list` says which there are.")
        sys.stdout.write(f"{json.dumps(shown(letter), indent=2)}\n")

    with _failures("Not shown"):
        _at_desk(run)


@dead_app.command("replay")
def replay_command(numbers: Numbers = None, every: All = False, stage: Stage = None) -> None:
    """Put dead letters back onto the stream that they died on. It may be broken off and done again at any time."""

    async def run(desk: NatsDesk) -> bool:
        return await _tell(replay(desk, numbers or await chosen(desk, Filters(stage))))

    _one_of(numbers, every=every, stage=stage)
    with _failures("Not finished"):
        if not _at_desk(run):
            raise typer.Exit(1)


@dead_app.command("drop")
def drop_command(
    numbers: Numbers = None,
    every: All = False,
    stage: Stage = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Remove dead letters for good."""
    _one_of(numbers, every=every, stage=stage)
    with _failures("Not finished"):
        meant = numbers or _at_desk(lambda desk: chosen(desk, Filters(stage)))
        if meant and not yes:
            _errors.print(f"{len(meant)} dead letters are to be dropped. {DROP_WARNING}", soft_wrap=True)
            if not typer.confirm("Drop them?", err=True):
                _errors.print("Nothing was dropped.")
                raise typer.Exit(1)
        if not _at_desk(lambda desk: _tell(drop(desk, meant))):
            raise typer.Exit(1)


async def _tell(outcomes: AsyncIterator[Outcome]) -> bool:
    """Say what became of each letter, as it happens; whether all of them are done."""
    done = missed = 0
    async for outcome in outcomes:
        done += outcome.done
        missed += not outcome.done
        _errors.print(f"{outcome.number} {outcome.says}.", soft_wrap=True)
    _errors.print(f"Done: {done}. Not done: {missed}.")
    return not missed


def _one_of(numbers: list[int] | None, *, every: bool, stage: str | None) -> None:
    if bool(numbers) == every:
        raise typer.BadParameter("name letters by their numbers, or say --all")
    if stage and not every:
        raise typer.BadParameter("--stage goes with --all")


def _at_desk(work: Callable[[NatsDesk], Awaitable[T]]) -> T:
    async def run() -> T:
        async with NatsDesk.connect(settings.nats) as desk:
            return await work(desk)

    settings = _settings()
    return asyncio.run(run())


@contextmanager
def _failures(otherwise: str) -> Iterator[None]:
    try:
        yield
    except NotWorkingError as error:
        _errors.print(f"[red]{otherwise}:[/] {error} {error.next_step}", soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(130) from interrupt


def _settings() -> OperateSettings:
    file = environment_file(os.environ)
    try:
        return OperateSettings(_env_file=file)
    except ValidationError as error:
        words = explain_settings("operate", error)
        hint = f"\nOn one machine they are read from {file}, which `make up` writes." if file else ""
        sys.exit(f"{words}{hint}")


if __name__ == "__main__":
    app()
