"""A simulated day as tables in a terminal."""

from rich.console import Console
from rich.table import Table

from services.common.streams import GIB
from services.cost.domain.words import about
from services.plan.domain.needs import stream_gib
from services.plan.domain.outcome import PROMISED_S, Day


class DayTables:
    """Prints to standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def print(self, day: Day) -> None:
        """All of it; the last line is what it comes to."""
        self._console.print(_times(day))
        self._console.print(_machines(day))
        self._console.print(f"\n[bold]{verdict(day)}[/]")


def verdict(day: Day) -> str:
    """The last line: whether all was counted, and in time."""
    late = f"{100 * day.waits.late_share:.2g} %"
    return (
        f"{day.arrived:,} photos arrived, {day.recorded:,} have a row, {day.left:,} wait. {late} took longer than {PROMISED_S:g} s "
        f"(promised: 1 %), p99 {about(day.waits.p99_s)} s, and it took {day.behind_min:g} minutes at most to catch up (promised: 60)."
    )


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("cell")
    for what in columns:
        table.add_column(what, justify="right")
    return table


def _times(day: Day) -> Table:
    table = _table(
        "\nFrom 226 to the row, seconds, by arrival from midnight to midnight UTC",
        ("photos", "p50", "p99", "worst", "late", "catch up, min", "cameras wait, s"),
    )
    for cell in day.cells:
        waits = cell.waits
        seconds = (about(one) for one in (waits.p50_s, waits.p99_s, waits.worst_s))
        rest = (f"{100 * waits.late_share:.2g} %", f"{cell.behind_min:g}", about(cell.camera_wait_s))
        table.add_row(cell.name, f"{cell.arrived:,}", *seconds, *rest)
    return table


def _machines(day: Day) -> Table:
    table = _table(
        "\nThe most in one cell: photos waiting, bytes in streams as shares of their limits, replicas, nodes",
        ("waiting", "PHOTOS", "FACES", "RESULTS", "detects", "classifies", "nodes"),
    )
    for cell in day.cells:
        streams = (_share(name, size) for name, size in cell.most_bytes.items())
        machines = (str(one) for one in (cell.most_detects, cell.most_classifies, cell.most_nodes))
        table.add_row(cell.name, f"{cell.most_waiting:,}", *streams, *machines)
    table.add_section()
    table.add_row("hq", f"{day.hq.most_waiting:,}", "", "", _share("RESULTS", day.hq.most_bytes))
    return table


def _share(stream: str, size: float) -> str:
    share = size / GIB / stream_gib(stream)
    words = f"{about(100 * share)} %"
    return f"[red]{words}[/]" if share > 1 else words
