"""python -m loadtest: plan a run, let Locust do it, watch what happens, and report."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import psutil
import typer
from rich.console import Console
from rich.progress import Progress

from loadtest.figures import Sample
from loadtest.logins import LoginsError, read_logins, write_logins
from loadtest.photos import PhotoPool
from loadtest.plan import Limits, Plan, Scenario
from loadtest.recording import read_recorded, read_requests, write_rows, write_samples
from loadtest.report import Report, sum_up, write_report
from loadtest.shapes import shape_of
from loadtest.this_machine import LOOPBACK, NotRunningError, ThisMachine, processes_behind, this_machine
from loadtest.watching import Cpu, find_rows, watch
from services.standalone.machine import ADMIN

_ROOT: Final = Path(__file__).parents[1]
_FOLDER: Final = _ROOT / "build" / "load"
_LOCUSTFILE: Final = Path(__file__).with_name("locustfile.py")
_UI_PORT: Final = 8089
# Users that are in the middle of an upload at the end finish it.
_FINISH_S: Final = 15
_ENDS_WITHIN_S: Final = 60.0
_MAX_MINUTES: Final = 24 * 60
_MAX_RATE: Final = 1000
_MAX_READERS: Final = 200
_LIMITS: Final = Limits()


class GeneratorError(Exception):
    """The load generator did not come to its end."""


app = typer.Typer(add_completion=False)
_console = Console(highlight=False)


@app.command()
def main(
    scenario: Annotated[Scenario, typer.Argument(help="How the rate changes")] = Scenario.FLAT,
    rate: Annotated[float, typer.Option(min=0.1, max=_MAX_RATE, help="Photos a second")] = 60,
    minutes: Annotated[float, typer.Option(min=0.05, max=_MAX_MINUTES, help="How long, at most")] = 5,
    host: Annotated[str, typer.Option(help="Of an FTP server; none: the standalone of this machine")] = "",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of that server")] = 21,
    logins: Annotated[Path | None, typer.Option(help="CSV file of camera,login,secret,time_zone")] = None,
    folder: Annotated[Path, typer.Option(help="Where the run's own folder is made")] = _FOLDER,
    ui: Annotated[bool, typer.Option(help=f"Locust's own pages on {LOOPBACK}:{_UI_PORT}")] = False,
    readers: Annotated[int, typer.Option(min=0, max=_MAX_READERS, help="People who read reports meanwhile")] = 0,
    report_url: Annotated[str, typer.Option(help="Of the reports; none: those of the standalone")] = "",
    reader: Annotated[str, typer.Option(help="E-mail that readers sign in with")] = ADMIN,
    reader_password: Annotated[str, typer.Option(envvar="FACETALLY_LOADTEST_REPORT_PASSWORD", help="Theirs")] = "",
    face_api_url: Annotated[str, typer.Option(help="Of a Face API; none: it is not asked")] = "",
    face_api_rate: Annotated[float, typer.Option(min=0.1, max=_MAX_RATE, help="Requests a second")] = 1,
    dsn: Annotated[str, typer.Option(envvar="FACETALLY_LOADTEST_DSN", help="Postgres, to look for the rows in")] = "",
    monitor_url: Annotated[str, typer.Option(help="NATS monitoring, such as http://host:8222")] = "",
    failed_share: Annotated[float, typer.Option(min=0, max=1)] = _LIMITS.failed_share,
    answer_p99_s: Annotated[float, typer.Option(min=0.001)] = _LIMITS.answer_p99_s,
    row_p99_s: Annotated[float, typer.Option(min=0.001)] = _LIMITS.row_p99_s,
    row_wait_s: Annotated[float, typer.Option(min=0, max=3600, help="How long to wait for the last rows")] = 120,
) -> None:
    """Load facetally with cameras, and say whether it kept up; exit status 1 where it did not."""
    folder = folder.resolve() / f"{scenario}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True)
    plan = Plan(
        scenario=scenario,
        rate=rate,
        minutes=minutes,
        folder=folder,
        photos=_FOLDER / "photos",
        host=host,
        port=port,
        logins=logins.resolve() if logins else Path(),
        face_api_url=face_api_url,
        face_api_rate=face_api_rate,
        report_url=report_url if readers else "",
        readers=readers,
        reader=reader,
        limits=Limits(failed_share, answer_p99_s, row_p99_s),
    )
    try:
        report = asyncio.run(_run(plan, dsn, monitor_url, reader_password, row_wait_s, ui=ui))
    except (NotRunningError, LoginsError, FileNotFoundError) as error:
        with suppress(OSError):
            folder.rmdir()
        _console.print(f"[red]Nothing was sent:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from error
    except GeneratorError as error:
        _console.print(f"[red]The load generator broke:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from error
    if report is None:
        _console.print(f"[red]Nothing was sent.[/] What there is of it is in {folder}.", soft_wrap=True)
        raise typer.Exit(2)
    _show(report)
    raise typer.Exit(0 if report.passed else 1)


async def _run(
    plan: Plan, dsn: str, monitor_url: str, reader_password: str, row_wait_s: float, *, ui: bool
) -> Report | None:
    machine: ThisMachine | None = None
    if plan.host and plan.logins == Path():
        raise LoginsError("a server that is not this machine's needs a file of logins")
    if not plan.host:
        machine = this_machine()
        plan = await _of_this_machine(plan, machine)
        dsn, monitor_url = dsn or machine.dsn("record"), monitor_url or machine.monitor_url
        reader_password = reader_password or machine.secrets["admin"]
    plan = replace(plan, knows_rows=bool(dsn))
    offsets = [login.offset_h(datetime.now(UTC)) for login in read_logins(plan.logins)]
    # Made here, once, because it takes minutes: the load generator finds them.
    PhotoPool.load(plan.photos, lambda line: _console.print(f"  {line}", style="dim"))
    path = plan.write()
    with _signals() as asked:
        status = await _generate(plan, path, monitor_url, reader_password, machine, asked, ui=ui)
        if dsn:
            asked.clear()
            await _look_for_rows(plan, dsn, row_wait_s, asked)
    recorded = read_recorded(plan.folder)
    if recorded is None:
        return None
    report = sum_up(plan, recorded)
    page = write_report(report, recorded, shape_of(plan, offsets))
    if status:
        raise GeneratorError(f"it ended with status {status}; what there is until then is in {page}")
    return report


async def _of_this_machine(plan: Plan, machine: ThisMachine) -> Plan:
    logins = plan.logins
    if logins == Path():
        logins = _FOLDER / "logins.csv"
        write_logins(logins, await machine.logins())
    return replace(
        plan,
        host=LOOPBACK,
        port=machine.ports.ftp,
        logins=logins,
        report_url=(plan.report_url or machine.report_url) if plan.readers else "",
    )


@contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Ctrl-C and SIGTERM as an event, so that they end the load and not the report."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    try:
        yield asked
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _generate(
    plan: Plan, path: Path, monitor_url: str, reader_password: str, machine: ThisMachine | None, asked: asyncio.Event,
    *, ui: bool,
) -> int:  # fmt: skip
    """Run Locust to its end, or until somebody asks; its exit status. What is seen meanwhile goes into the run's folder."""
    command = ["--locustfile", str(_LOCUSTFILE), "--plan", str(path), "--stop-timeout", str(_FINISH_S)]
    # Failures are for the report to judge; any other status than 0 is a bug's.
    command += ["--exit-code-on-error", "0"]
    if ui:
        command += ["--web-host", LOOPBACK, "--web-port", str(_UI_PORT)]
        _console.print(f"Start it on http://{LOOPBACK}:{_UI_PORT}/; Ctrl-C ends it with the report.")
    else:
        command += ["--headless", "--only-summary"]
    generator = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "locust", *command,
        cwd=_ROOT, stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "FACETALLY_LOADTEST_REPORT_PASSWORD": reader_password},
    )  # fmt: skip

    own: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):  # it has ended at once: its status says why
        own = [psutil.Process(generator.pid)]

    def processes() -> list[psutil.Process]:
        return [*own, *(processes_behind(machine.ports.ftp) if machine else [])]

    samples: list[Sample] = []
    watching = asyncio.create_task(watch(Cpu(processes), monitor_url, samples))
    ending = asyncio.create_task(generator.wait())
    stopping = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({ending, stopping, watching}, return_when=asyncio.FIRST_COMPLETED)
        if generator.returncode is None:
            generator.send_signal(signal.SIGINT)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(ending), _ENDS_WITHIN_S)
        if watching.done():
            watching.result()
    finally:
        if generator.returncode is None:
            generator.kill()
            await ending
        for task in (watching, stopping):
            task.cancel()
        await asyncio.gather(watching, stopping, return_exceptions=True)
        write_samples(plan.folder, samples)
    return generator.returncode or 0


async def _look_for_rows(plan: Plan, dsn: str, within_s: float, asked: asyncio.Event) -> None:
    ids = [request.photo_id for request in read_requests(plan.folder) if request.photo_id]
    if not ids:
        return
    with Progress(console=_console) as progress:
        task = progress.add_task("Photos become rows", total=len(ids))
        rows = await find_rows(dsn, ids, within_s, asked.is_set, lambda there: progress.update(task, completed=there))
    write_rows(plan.folder, rows)


def _show(report: Report) -> None:
    for verdict in report.verdicts:
        mark = "[green]kept[/]" if verdict.kept else "[red]broken[/]"
        _console.print(f"{mark}  {verdict.what}: {verdict.found} (limit: {verdict.limit})")
    if report.to_row is None:
        _console.print("From 226 to the row was not measured: there was no database to look into.")
    _console.print(f"The report is {report.plan.folder / 'report.html'}", soft_wrap=True)


if __name__ == "__main__":
    app()
