"""facetally estate: the registry of regions, cities, shops and cameras."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from services.common.errors import TransientError
from services.common.lifecycle import explain_settings
from services.common.messaging import MessageBus
from services.estate import handler
from services.estate.adapters.estate_csv import read_estate, reserve_secrets, write_estate, write_secrets
from services.estate.adapters.kv_login_board import KvLoginBoard
from services.estate.adapters.postgres_registry import PostgresRegistry
from services.estate.adapters.system_chance import SystemChance
from services.estate.domain import CameraLine, EstateError, Imported
from services.estate.settings import EstateSettings

app = typer.Typer(help="The registry of regions, cities, shops and cameras.", no_args_is_help=True)
_console = Console(stderr=True, highlight=False)


@asynccontextmanager
async def _opened(settings: EstateSettings) -> AsyncIterator[tuple[PostgresRegistry, KvLoginBoard]]:
    async with (
        PostgresRegistry.connect(settings.postgres_dsn.get_secret_value()) as registry,
        MessageBus.connect(settings.nats, "estate") as bus,
    ):
        yield registry, KvLoginBoard(bus)


async def import_lines(
    settings: EstateSettings, lines: list[CameraLine], save_secrets: Callable[[Imported], None]
) -> Imported:
    """Import an estate, save the new secrets, and only then tell the cells: no secret is lost if that fails."""
    async with _opened(settings) as (registry, board):
        imported = await handler.import_estate(lines, registry, SystemChance())
        save_secrets(imported)
        await handler.publish(registry, board)
        return imported


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV file, one line per camera")],
    secrets: Annotated[Path, typer.Option(help="File to make for the new cameras' logins")],
) -> None:
    """Import an estate; new cameras get a login. Doing it again changes nothing."""
    try:
        lines = read_estate(file)
        with reserve_secrets(secrets) as secrets_file:

            def save(imported: Imported) -> None:
                write_secrets(imported.new, secrets_file)
                secrets_file.flush()

            imported = asyncio.run(import_lines(_settings(), lines, save))
    except EstateError as error:
        _console.print(f"[red]Nothing was imported:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error
    except TransientError as error:
        _console.print(f"[red]Not finished:[/] {error}. Import again when it is back.", soft_wrap=True)
        if secrets.stat().st_size:
            _console.print(f"New cameras are registered already, their logins are in {secrets}: keep that file.")
        else:
            secrets.unlink()
        raise typer.Exit(1) from error
    if not imported.new:
        secrets.unlink()
    _console.print(f"Cameras registered: {imported.cameras}. New: {len(imported.new)}.")
    if imported.new:
        _console.print(f"Their logins are in {secrets}. They cannot be shown again: type them into the cameras now.")
    elif not imported.changed:
        _console.print("Nothing had changed.")


@app.command("export")
def export_command() -> None:
    """Print the estate as CSV, as `import` reads it."""

    async def lines() -> list[CameraLine]:
        async with PostgresRegistry.connect(_settings().postgres_dsn.get_secret_value()) as registry:
            return await registry.lines()

    try:
        write_estate(asyncio.run(lines()), sys.stdout)
    except TransientError as error:
        _console.print(f"[red]Nothing was exported:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


@app.command("publish")
def publish_command() -> None:
    """Tell the cells all logins again."""

    async def publish() -> int:
        async with _opened(_settings()) as (registry, board):
            return await handler.publish(registry, board)

    try:
        _console.print(f"{asyncio.run(publish())} logins are published.")
    except TransientError as error:
        _console.print(f"[red]Not published:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


def _settings() -> EstateSettings:
    try:
        return EstateSettings()
    except ValidationError as error:
        sys.exit(explain_settings("estate", error))


if __name__ == "__main__":
    app()
