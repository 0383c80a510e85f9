"""What came of trying out photos, as tables in a terminal."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.common.cameras.acceptance import Verdict


class VerdictTables:
    """Prints to standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def photo(self, photo: Path, result: list[Verdict] | str) -> bool:
        """One photo's verdicts, or why there are none; whether all are good."""
        self._console.print(f"\n[bold]{escape(str(photo))}[/]")
        if isinstance(result, str):
            self._console.print(f"  [red]FAIL[/]  {escape(result)}")
            return False
        table = Table("", "", "found", "asked", box=None, padding=(0, 2), header_style="dim")
        for verdict in result:
            mark = "[green]pass[/]" if verdict.passed else "[red]FAIL[/]"
            table.add_row(mark, verdict.requirement, escape(verdict.found), verdict.asked)
        self._console.print(table)
        for verdict in result:
            if verdict.advice:
                self._console.print(f"  [yellow]{verdict.requirement}:[/] {verdict.advice}", soft_wrap=True)
        return all(verdict.passed for verdict in result)

    def summary(self, passed: int, photos: int) -> None:
        """How many photos are good."""
        self._console.print(f"\n{passed} of {photos} photos meet every requirement.\n")

    def settings(self, server: str, port: int) -> None:
        """What to type into the camera."""
        table = Table("Type into the camera", "", box=None, padding=(0, 2))
        table.add_row("Protocol", "FTP with explicit TLS (AUTH TLS) where it has that, else FTP")
        table.add_row("Server, port", f"{server}, {port}")
        table.add_row("Mode", "passive")
        table.add_row("User, password", "from the logins file that `facetally estate import` has written")
        self._console.print(table)
