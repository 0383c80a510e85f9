"""Tables of what was measured, for people."""

from rich.console import Console
from rich.table import Table

from bench.reports.measure import MANAGERS, Results
from bench.reports.times import Times
from bench.year.cluster import Seeded


def show(console: Console, seeded: Seeded, results: Results) -> None:
    """Print them."""
    title = f"{seeded.shops} shops, {seeded.months} months, {seeded.faces / 1e6:,.0f} million faces"
    table = Table(
        "page", "place", "for", "query", "n", "p50, ms", "p95, ms", "most, ms", title=f"Queries of a year: {title}"
    )
    for one in sorted(results.queries, key=lambda one: -Times.of(one.took_ms).p95):
        times = Times.of(one.took_ms)
        if times.p95 >= 5 or one.place == "world":
            whom = "some" if one.filtered else "everybody"
            table.add_row(one.page, one.place, whom, one.query, str(times.count), *times.cells())
    console.print(table)
    table = Table(
        "page", *(f"{months} months" for months in (1, 3, 6, 12)), "12 to 1", title="All queries of a page, world, ms"
    )
    for page, by_months in results.growth.items():
        table.add_row(page, *(f"{ms:.1f}" for ms in by_months.values()), f"{by_months[12] / by_months[1]:.1f}")
    console.print(table)
    table = Table(
        "page",
        "assets",
        "charts",
        "kB",
        "answered p95",
        "complete p50, ms",
        "p95, ms",
        "most, ms",
        title="Pages in chromium",
    )
    for page in dict.fromkeys(load.page for load in results.loads):
        for fresh in (True, False):
            loads = [load for load in results.loads if (load.page, load.fresh) == (page, fresh)]
            answered = Times.of([load.answered_ms for load in loads])
            table.add_row(
                page, "fetched" if fresh else "kept", str(loads[0].charts), f"{loads[0].kilobytes:.0f}",
                f"{answered.p95:.0f}", *Times.of([load.complete_ms for load in loads]).cells(),
            )  # fmt: skip
    console.print(table)
    table = Table("page", "requests", "p50, ms", "p95, ms", "p99, ms", title=f"{MANAGERS} managers at once")
    every = [took for ms in results.requests_ms.values() for took in ms]
    for page, ms in [*results.requests_ms.items(), ("all", every)]:
        times = Times.of(ms)
        table.add_row(page, str(times.count), f"{times.p50:.0f}", f"{times.p95:.0f}", f"{times.p99:.0f}")
    console.print(table)
    for name, share in results.cpu_share.items():
        console.print(f"{name}: {share:.0%} of a core while they browsed")
    console.print(f"Failures: {results.failures or 'none'}")
