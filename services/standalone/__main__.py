"""facetally up: start everything on this machine, and stay up until Ctrl-C."""

import asyncio
import signal
import sys
from collections.abc import Coroutine

import typer
from pydantic import ValidationError
from rich.console import Console

from services.common.lifecycle import explain_settings
from services.standalone.adapters.free_ports import BusyPortError
from services.standalone.adapters.postgres_server import PostgresSetupError
from services.standalone.adapters.state_folder import StateInUseError
from services.standalone.handler import StartError
from services.standalone.machine import running_machine
from services.standalone.settings import StandaloneSettings

app = typer.Typer(help="One machine, one command.")
CANNOT_START = (BusyPortError, StateInUseError, StartError, PostgresSetupError)


def read_settings() -> StandaloneSettings:
    """The settings from the environment; ends the program with what is wrong with them."""
    try:
        return StandaloneSettings()
    except ValidationError as error:
        sys.exit(explain_settings("standalone", error))


async def until_asked_to_stop(work: Coroutine[object, object, None], console: Console) -> bool:
    """Run `work` to its end, or until SIGTERM or Ctrl-C cancels it, once; whether it came to its own end."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def ask() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, console.print, "  already stopping, a moment please")
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


@app.command()
def up() -> None:
    """Start the servers and every service on this machine, and stay up until Ctrl-C."""
    settings = read_settings()
    console = Console(highlight=False)
    try:
        asyncio.run(until_asked_to_stop(_up(settings, console), console))
    except CANNOT_START as error:
        console.print(f"[red]facetally cannot start:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error
    console.print("Everything has stopped.")


async def _up(settings: StandaloneSettings, console: Console) -> None:
    async with running_machine(settings, lambda line: console.print(f"  {line}", style="dim")) as machine:
        console.print(f"\n{machine.welcome()}", soft_wrap=True)
        console.print(f"Cameras upload by FTP to {settings.ftp_host}, port {settings.ftp_port}.")
        console.print(f"State and logs are in {settings.state_dir.resolve()}. Ctrl-C stops everything.")
        await asyncio.Event().wait()


if __name__ == "__main__":
    app()
