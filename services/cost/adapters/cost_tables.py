"""An estimate as tables in a terminal."""

from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.cost.domain.assumptions import DEFAULTS, GIVEN, Assumptions, option
from services.cost.domain.estimate import Estimate, Item, Keeping, Load
from services.cost.domain.verdict import NOT_BUILT, NOT_COUNTED, gpu_words, power_words, verdict
from services.cost.domain.words import about, dollars, in_unit


class CostTables:
    """Prints to standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def print(self, given: Assumptions, result: Estimate) -> None:
        """All of it; the last line is what it comes to."""
        self._console.print(_assumptions(given))
        self._console.print(_loads(result.loads, given))
        self._console.print(_keeping(result.keeping, given))
        self._say(NOT_BUILT)
        self._console.print(_bill(result))
        for words in (power_words(result), gpu_words(result), NOT_COUNTED):
            self._say(words)
        self._say(f"[bold]{verdict(result)}[/]")

    def _say(self, words: str) -> None:
        self._console.print(f"\n{words}")


def _table(title: str) -> Table:
    # Titles in the middle would move with the terminal's width.
    return Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="dim")


def _bill(result: Estimate) -> Table:
    table = _table("\nA month, in US dollars, rounded to two digits")
    table.add_column("")
    for what in ("machines of your own", "rented"):
        table.add_column(what)
        table.add_column("$", justify="right")
    total = Item("all", "", result.own_usd, "", result.rented_usd)
    for item in (*result.items, total):
        table.add_row(item.name, item.own, dollars(item.own_usd), item.rented, dollars(item.rented_usd))
    table.add_row("face API", "", "", "the cloud's, for its calls alone", dollars(result.face_api_usd))
    return table


def _loads(loads: tuple[Load, ...], given: Assumptions) -> Table:
    table = _table("\nWhat bears a load, in times the month's mean")
    for what in ("load", "photos/s", "cores", "servers", "MB/s into the store", "Mbit/s of line"):
        table.add_column(what, justify="right")
    table.add_column("")
    for load in loads:
        numbers = (load.photos_per_s, load.cores, load.servers, load.mb_per_s, load.mbit_per_s)
        mark = "reckoned with" if load.peak == given.peak else ""
        table.add_row(f"{load.peak:g}", *(about(number) for number in numbers), mark)
    return table


def _keeping(choices: tuple[Keeping, ...], given: Assumptions) -> Table:
    in_doubt = f"{100 * given.doubt_share:g} % in doubt"
    smaller = f"at {100 * given.smaller_share:g} % size"
    table = _table("\nKeeping photos, $ a month: on disks of your own / in a rented object store, without requests")
    for what in ("days", "TB", "all", in_doubt, smaller):
        table.add_column(what, justify="right")
    table.add_column("")
    for days, group in groupby(choices, key=lambda choice: choice.days):
        whole, *parts = group
        costs = (f"{dollars(one.own_usd)} / {dollars(one.rented_usd)}" for one in (whole, *parts))
        mark = "reckoned with: all" if days == given.photos_kept_days else ""
        table.add_row(str(days), about(whole.tb), *costs, mark)
    return table


def _assumptions(given: Assumptions) -> Table:
    table = _table("\nAssumed. Prices and guesses are examples: put in your own")
    table.add_column("option", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("what it is, and where the value is from")
    for group, names in groupby(GIVEN, key=lambda name: GIVEN[name].group):
        table.add_row(f"[bold]{group}[/]")
        for name in names:
            known, value = GIVEN[name], getattr(given, name)
            source = known.source if value == getattr(DEFAULTS, name) else "put in by you"
            table.add_row(option(name), in_unit(value, known.unit), escape(f"{known.what} ({source})"))
    return table
