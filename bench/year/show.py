"""Look at the seeded year: its Postgres and the report service on it, until Ctrl-C."""

import argparse
import asyncio
import json
import signal
import sys
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from bench.year.cluster import NotSeededError, YearFolder
from bench.year.service import report_program
from tests.servers.running import RunningProgram

console = Console(stderr=True, highlight=False)


async def show(folder: YearFolder, port: int) -> None:
    """Serve the pages until asked to stop."""
    seeded = folder.seeded
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with folder.database("shared_buffers=1GB") as database:
        report = RunningProgram(report_program(database, port), folder.path / "report.log")
        report.spawn()
        try:
            await report.until_ready()
            people = json.loads((folder.path / "people.json").read_text())
            console.print(f"{seeded.faces / 1e6:,.0f} million faces up to {seeded.now:%d %B %Y, %H:%M} UTC")
            console.print(f"The reports are at [bold]http://127.0.0.1:{port}/[/]. Sign in as one of:")
            shown: set[tuple[str, str]] = set()
            for person in people:
                if (kind := (person["role"], person["kind"])) not in shown:
                    shown.add(kind)
                    console.print(f"  {person['email']}  {person['password']}  ({person['role']} of {person['slug']})")
            console.print(f"The others are in {folder.path / 'people.json'}. Ctrl-C stops.")
            await stopping.wait()
        finally:
            with suppress(AssertionError):
                await asyncio.to_thread(report.stop)


def main() -> None:
    """Show it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/year"))
    parser.add_argument("--port", type=int, default=8080)
    asked = parser.parse_args()
    try:
        asyncio.run(show(YearFolder(asked.folder), asked.port))
    except NotSeededError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
