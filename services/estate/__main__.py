"""facetally estate: the registry of regions, cities, shops and cameras."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from services.common.cameras.path_patterns import ANY, PATTERN_NAMES
from services.common.errors import TransientError
from services.common.lifecycle import explain_settings
from services.common.messaging import MessageBus
from services.estate import handler
from services.estate.adapters.estate_csv import read_estate, reserve_secrets, write_estate, write_secrets
from services.estate.adapters.kv_shop_board import KvShopBoard
from services.estate.adapters.postgres_registry import PostgresRegistry
from services.estate.adapters.system_chance import SystemChance
from services.estate.domain import CameraLine, EstateError, Imported, NewSecret
from services.estate.settings import EstateSettings

app = typer.Typer(help="The registry of regions, cities, shops and cameras.", no_args_is_help=True)
camera_app = typer.Typer(help="Register single cameras, change their secrets, switch them off.", no_args_is_help=True)
app.add_typer(camera_app, name="camera")
_console = Console(stderr=True, highlight=False)
T = TypeVar("T")
_SOON = "Cells know within seconds."


@asynccontextmanager
async def _opened(settings: EstateSettings) -> AsyncIterator[tuple[PostgresRegistry, KvShopBoard]]:
    async with (
        PostgresRegistry.connect(settings.postgres_dsn.get_secret_value()) as registry,
        MessageBus.connect(settings.nats, "estate") as bus,
    ):
        yield registry, KvShopBoard(bus)


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
    file: Annotated[Path, typer.Argument(help="CSV file, one line per camera (docs/cameras.md has its columns)")],
    secrets: Annotated[Path, typer.Option(help="File to make for the new cameras' logins")] = Path("logins.csv"),
) -> None:
    """Import an estate; new cameras get a login. Doing it again changes nothing."""
    with _failures("Nothing was imported"):
        lines = read_estate(file)
        secrets_file = reserve_secrets(secrets)
    with secrets_file:

        def save(imported: Imported) -> None:
            write_secrets(imported.new, secrets_file)
            secrets_file.flush()

        try:
            imported = asyncio.run(import_lines(_settings(), lines, save))
        except TransientError as error:
            _console.print(f"[red]Not finished:[/] {error}. Import again when it is back.", soft_wrap=True)
            if secrets.stat().st_size:
                _console.print(f"New cameras are registered already, their logins are in {secrets}: keep that file.")
            else:
                secrets.unlink()
            raise typer.Exit(1) from error
        except EstateError as error:
            secrets.unlink()
            _console.print(f"[red]Nothing was imported:[/] {error}", soft_wrap=True)
            raise typer.Exit(1) from error
        except BaseException:
            if not secrets.stat().st_size:
                secrets.unlink()
            raise
    if not imported.new:
        secrets.unlink()
    _console.print(f"Cameras registered: {imported.cameras}. New logins: {len({new.login for new in imported.new})}.")
    if imported.new:
        _console.print(f"They are in {secrets}. They cannot be shown again: type them into the cameras now. {_SOON}")
    elif not imported.changed:
        _console.print("Nothing had changed.")


@app.command("export")
def export_command() -> None:
    """Print the estate as CSV, as `import` reads it."""

    async def lines() -> list[CameraLine]:
        async with PostgresRegistry.connect(_settings().postgres_dsn.get_secret_value()) as registry:
            return await registry.lines()

    with _failures("Nothing was exported"):
        write_estate(asyncio.run(lines()), sys.stdout)


@app.command("publish")
def publish_command() -> None:
    """Tell the cells all shops, cameras and logins again."""

    async def nothing(_: PostgresRegistry) -> None:
        """Only publish."""

    _, shops = _change(nothing, "Not published")
    _console.print(f"{shops} shops are published.")


@camera_app.command("add")
def camera_add_command(
    camera: Annotated[str, typer.Argument(help="The new camera's name: a-z, 0-9 and hyphens")],
    shop: Annotated[str, typer.Option(help="The shop that it is in, which has a camera already")],
    login: Annotated[
        str, typer.Option(help="A login that it shares with others of the shop; else it gets its own")
    ] = "",
    identifiers: Annotated[
        str, typer.Option(help="Serial, MAC, IP, name or @latitude,longitude; several with semicolons between")
    ] = "",
    pattern: Annotated[
        str, typer.Option(help=f"How it names its uploads: {', '.join(PATTERN_NAMES)}, or a template")
    ] = ANY,
    burst_window_s: Annotated[int, typer.Option(help="Of photos taken within so many seconds one is kept; 0: all")] = 0,
) -> None:
    """Register a further camera of a shop, and print its login, once."""
    values = {
        "camera": camera,
        "login": login,
        "identifiers": identifiers,
        "pattern": pattern,
        "burst_window_s": str(burst_window_s),
    }
    imported, _ = _change(lambda registry: handler.add_camera(shop, values, registry, SystemChance()), "Not registered")
    _console.print(f"Camera {camera} is registered. {_SOON}")
    if imported.new:
        _print_secrets(imported.new)
    else:
        _console.print(f"It logs in as {login}, as before.")


@camera_app.command("rotate-secret")
def rotate_secret_command(
    login: Annotated[str, typer.Argument(help="The camera's name, or the login that cameras share")],
) -> None:
    """Give a login another secret, and print it, once. The old one is refused from then on."""
    secrets, _ = _change(lambda registry: handler.rotate_secret(login, registry, SystemChance()), "Nothing was changed")
    _console.print(f"The old secret of {login} is refused within seconds. Type the new one into the camera now.")
    _print_secrets(secrets)


@camera_app.command("disable")
def disable_command(camera: Annotated[str, typer.Argument(help="The camera's name")]) -> None:
    """Refuse a camera's photos from now on. What it has sent stays."""
    _change(lambda registry: handler.disable(camera, registry, disabled=True), "Nothing was changed")
    _console.print(f"Camera {camera} is disabled. {_SOON} `facetally camera enable {camera}` takes it back.")


@camera_app.command("enable")
def enable_command(camera: Annotated[str, typer.Argument(help="The camera's name")]) -> None:
    """Take a disabled camera's photos again."""
    _change(lambda registry: handler.disable(camera, registry, disabled=False), "Nothing was changed")
    _console.print(f"Camera {camera} is enabled. {_SOON}")


def _change(work: Callable[[PostgresRegistry], Awaitable[T]], otherwise: str) -> tuple[T, int]:
    """Change the registry and tell the cells; what came of it, and how many shops there are."""

    async def change() -> tuple[T, int]:
        async with _opened(_settings()) as (registry, board):
            result = await work(registry)
            return result, await handler.publish(registry, board)

    with _failures(otherwise):
        return asyncio.run(change())


def _print_secrets(secrets: Iterable[NewSecret]) -> None:
    """To standard output, where a person or a script takes them from."""
    write_secrets(secrets, sys.stdout)


@contextmanager
def _failures(otherwise: str) -> Iterator[None]:
    try:
        yield
    except (EstateError, TransientError) as error:
        _console.print(f"[red]{otherwise}:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


def _settings() -> EstateSettings:
    try:
        return EstateSettings()
    except ValidationError as error:
        sys.exit(explain_settings("estate", error))


if __name__ == "__main__":
    app()
