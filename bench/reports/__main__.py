"""Measure the reports on a seeded year: each query, each page in chromium, and fifty managers who browse at once.

Postgres, the report service, the browser and the managers share this machine. Beside them, a peer of each: what the round
trip of `select 1` and a page that is one line of text take in the same run.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

from rich.console import Console

from bench.reports.measure import Results, measure
from bench.reports.show import show
from bench.year.cluster import NotSeededError, YearFolder

console = Console(stderr=True, highlight=False)


def main() -> None:
    """Measure, and say so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/year"))
    parser.add_argument("--seconds", type=float, default=60, help="that the managers browse")
    asked = parser.parse_args()
    folder = YearFolder(asked.folder)
    before, began = os.getloadavg(), time.monotonic()
    try:
        seeded = folder.seeded
        results: Results = asyncio.run(measure(folder, asked.seconds, console))
    except NotSeededError as error:
        sys.exit(str(error))
    show(console, seeded, results)
    after = os.getloadavg()
    console.print(
        f"Load average {before[0]:.1f} before and {after[0]:.1f} after, {time.monotonic() - began:.0f} s in all."
    )
    print(json.dumps(results.summary() | {"load_average_before": round(before[0], 2)}))


if __name__ == "__main__":
    main()
