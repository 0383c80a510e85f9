"""What the whole chain carries on this machine, servers and cameras included.

First a light load, then the load of the estate at a steady rate, then as many photos as the chain takes. The cameras share
the machine's cores with all the rest: nothing is taken off for them.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.chain.machine import Outcome, running_chain
from bench.reports.times import Times
from loadtest.photos import PhotoPool

POOL: Final = Path("build/load_photos")
# Servers are told apart from services by what they are; detect's workers are one line.
_WARM_UP: Final = 60
console = Console(stderr=True, highlight=False)


def main() -> None:
    """Measure, and say so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=60.0, help="photos a second")
    parser.add_argument("--seconds", type=float, default=300.0, help="for how long")
    parser.add_argument("--light-seconds", type=float, default=60.0, help="for how long 5 photos a second come before")
    parser.add_argument("--most-seconds", type=float, default=90.0, help="for how long as many as possible come after")
    parser.add_argument("--window", type=int, default=150, help="photos in the chain at a time while as many come")
    parser.add_argument("--workers", type=int, default=None, help="of detect; by default one per core")
    parser.add_argument("--separate", action="store_true", help="classify is a process of its own, as on many machines")
    asked = parser.parse_args()
    PhotoPool.load(POOL, lambda line: console.print(f"  {line}"))
    folder = Path(tempfile.mkdtemp(prefix="chain-", dir="build"))
    try:
        well = asyncio.run(_measure(folder, asked))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not well:
        sys.exit("A photo was lost or counted twice.")


async def _measure(folder: Path, asked: argparse.Namespace) -> bool:
    """Measure, and print; whether every photo that was acknowledged has one row."""
    outcomes: list[Outcome] = []
    load = os.getloadavg()[0]
    async with running_chain(folder / "state", POOL.resolve(), asked.workers, separate=asked.separate) as chain:
        console.print("The machine is up.")
        await chain.carry(_WARM_UP, 10.0)
        result: dict[str, float] = {}
        if asked.light_seconds:
            light = await chain.carry(int(5 * asked.light_seconds), 5.0)
            outcomes.append(light)
            show("5 photos a second", light)
            result["light_p50_s"] = round(Times.of(light.tallied_s).p50, 3)
        if asked.seconds:
            steady = await chain.carry(int(asked.rate * asked.seconds), asked.rate)
            outcomes.append(steady)
            show(f"{asked.rate:g} photos a second", steady)
            result |= summary(steady)
        if asked.most_seconds:
            most = await chain.saturate(asked.most_seconds, asked.window)
            outcomes.append(most)
            show("as many as it takes", most)
            result |= {"max_photos_per_s": round(most.photos_per_s, 1)}
    print(json.dumps(result | {"load_average_before": round(load, 2)}))
    return all(one.rows == one.acknowledged and not one.doubled for one in outcomes)


def summary(outcome: Outcome) -> dict[str, float]:
    """The figures that goals are about."""
    tallied = Times.of(outcome.tallied_s)
    return {
        "photos_per_s": round(outcome.photos_per_s, 1),
        "cpu_ms_per_photo": round(sum(outcome.usage.cpu_ms.values()) / outcome.rows, 1),
        "p50_s": round(tallied.p50, 3),
        "p99_s": round(tallied.p99, 3),
        "sent": outcome.sent,
        "acknowledged": outcome.acknowledged,
        "rows": outcome.rows,
        "doubled": outcome.doubled,
    }


def show(title: str, outcome: Outcome) -> None:
    """A table of processes, and what became of the photos."""
    table = Table("process", "CPU ms a photo", "of a core", "most MiB", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    usage = outcome.usage

    def cpu(took_ms: float) -> tuple[str, str]:
        each = took_ms / outcome.rows
        return f"{each:.2f}", f"{each * outcome.photos_per_s / 10:.0f} %"

    for name, took in sorted(usage.cpu_ms.items(), key=lambda item: -item[1]):
        table.add_row(name, *cpu(took), f"{usage.peak_rss[name] >> 20}")
    table.add_section()
    table.add_row("all", *cpu(sum(usage.cpu_ms.values())), "")
    console.print(table)
    tallied, answered = Times.of(outcome.tallied_s), Times.of(outcome.answered_s)
    console.print(
        f"{outcome.sent:,} sent, {outcome.acknowledged:,} acknowledged, {outcome.rows:,} rows, {outcome.doubled} twice: "
        f"{outcome.photos_per_s:.1f} a second.\n"
        f"226 to row: p50 {tallied.p50:.3f} s, p95 {tallied.p95:.3f}, p99 {tallied.p99:.3f}, most {tallied.most:.2f}. "
        f"Due to 226: p50 {answered.p50:.3f} s, p99 {answered.p99:.3f}."
    )


if __name__ == "__main__":
    main()
