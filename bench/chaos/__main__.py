"""Let everything fail while photos come, and see that every one that was acknowledged is counted exactly once.

What is done to whom is said on standard error. The last line is JSON, on standard output. It ends with 0 where no photo was lost
or counted twice, every dead letter is explained and nothing was left behind, and with 1 otherwise.
"""

import argparse
import json
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import uvloop
from rich.console import Console

from bench.chaos.plan import FULL, SMALL, plan
from bench.chaos.torment import Story, torment
from loadtest.photos import PhotoPool

POOL: Final = Path("build/load_photos")
_WARM_UP_S: Final = 15.0
console = Console(stderr=True, highlight=False)


def main() -> None:
    """Do it, and say how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="photos a second")
    parser.add_argument(
        "--seconds", type=float, default=390.0, help="of faults; all of them happen, however few these are"
    )
    parser.add_argument(
        "--seed", type=int, default=None, help="the same seed does the same to the same; by default any"
    )
    parser.add_argument("--small", action="store_true", help="one short fault of each kind, as in the tests")
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and databases behind")
    asked = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if asked.seed is None else asked.seed
    PhotoPool.load(POOL, lambda line: console.print(f"  {line}"))
    catalogue, seconds = (SMALL, 0.0) if asked.small else (FULL, asked.seconds)
    planned = plan(Random(seed), catalogue, seconds)  # noqa: S311 - chance need not be cryptic
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.0f} s[/] {line}", soft_wrap=True)

    say(f"Seed {seed}: {len(planned)} faults in {max(one.over_s for one in planned):.0f} s.")
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir="build")).resolve()
    try:
        story = uvloop.run(torment(folder, POOL.resolve(), planned, asked.rate, seed, _WARM_UP_S, say))
    finally:
        if asked.keep:
            say(f"Everything is in {folder}.")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    show(story, say)
    print(
        json.dumps(summary(story) | {"faults": len(planned), "seed": seed, "seconds": round(time.monotonic() - began)})
    )
    sys.exit(0 if story.verdict.is_good else 1)


def summary(story: Story) -> dict[str, object]:
    """The figures that matter."""
    verdict = story.verdict
    return {
        "acknowledged": verdict.acknowledged,
        "counted": verdict.counted,
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "dead_letters": sum(verdict.dead_letters.values()),
        "wrong": verdict.faults,
        "uploads": story.sent,
        "uploads_refused": story.refused,
        "unacknowledged_in_store": verdict.unacknowledged,
        "longest_backlog_s": round(story.longest_backlog_s, 1),
    }


def show(story: Story, say: Callable[[str], None]) -> None:
    """The verdict in words."""
    verdict = story.verdict
    say(
        f"{story.sent:,} uploads, {story.refused:,} of them refused or cut off and tried again; {verdict.acknowledged:,} photos "
        f"acknowledged, {verdict.counted:,} counted, {verdict.lost} lost, {verdict.doubled} counted twice, "
        f"{sum(verdict.dead_letters.values())} dead letters."
    )
    for reason, count in verdict.dead_letters.items():
        say(f"dead letter, {count} x {reason}")
    for fault in verdict.faults:
        say(f"[red]wrong:[/] {fault}")
    say("[green]All is well.[/]" if verdict.is_good else "[red]Not all is well.[/]")


if __name__ == "__main__":
    main()
