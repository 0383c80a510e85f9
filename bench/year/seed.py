"""Fill a Postgres with a year of a thousand shops: 1.8 billion faces as the tallies that reports read.

Faces themselves are not stored: reports never read them.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench.year.checks import check_sums
from bench.year.cluster import LOADING, NotSeededError, Seeded, YearFolder
from bench.year.estate import estate_lines
from bench.year.finish import finish_cameras, tidy
from bench.year.loading import fill_month
from bench.year.month import Ids, Month
from bench.year.people import add_people
from bench.year.plan import Plan, plan_until_now
from services.estate.adapters.postgres_registry import PostgresRegistry
from services.estate.adapters.system_chance import SystemChance
from services.estate.handler import import_estate
from services.standalone.adapters.postgres_server import OWNER

PROCESSES = 2
console = Console(stderr=True, highlight=False)
_done: "Synchronized[float] | None" = None


async def seed(folder: YearFolder, plan: Plan) -> Seeded:
    """Fill the folder's database."""
    async with folder.database(*LOADING) as database:
        owner = database.dsn(OWNER)
        lines = estate_lines(plan.shops)
        console.print(f"Registering {len(plan.shops)} shops with {len(lines)} cameras ...")
        async with PostgresRegistry.connect(database.dsn("estate")) as registry:
            await import_estate(lines, registry, SystemChance())
        connection = await asyncpg.connect(owner)
        try:
            for days in plan.months_of_days:
                await connection.execute("select ensure_month($1)", plan.days[days.start])
            ids = await read_ids(connection)
            await asyncio.to_thread(fill, owner, plan, ids)
            await finish_cameras(connection, plan, ids)
            people = await add_people(connection)
            folder.keep("people.json", people)
            console.print("Vacuuming and analysing ...")
            await tidy(connection)
            console.print("Checking that the tallies agree ...")
            faces = await check_sums(connection)
        finally:
            await connection.close()
    console.print("Writing everything to disk ...")
    os.sync()  # Postgres was told not to
    seeded = Seeded(plan.months, plan.count, plan.seed, plan.now, faces)
    folder.finish(seeded)
    return seeded


async def read_ids(connection: Any) -> Ids:
    """What the database calls places and cameras."""
    scopes = await connection.fetch(
        "select s.scope_id, s.kind::text, coalesce(r.slug, c.slug, p.slug, '') as slug from scope s "
        "left join region r using (region_id) left join city c on c.city_id = s.city_id "
        "left join shop p on p.shop_id = s.shop_id"
    )
    cameras = await connection.fetch("select slug, camera_id from camera")
    return Ids(
        {(row["kind"], row["slug"]): row["scope_id"] for row in scopes},
        {row["slug"]: row["camera_id"] for row in cameras},
    )


def fill(dsn: str, plan: Plan, ids: Ids) -> None:
    """Fill all months, some at a time."""
    context = multiprocessing.get_context("spawn")
    done = context.Value("d", 0)
    months = plan.months_of_days
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with (
        Progress(*columns, console=console) as progress,
        ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=_begin, initargs=(done,)) as processes,
    ):
        task = progress.add_task("drawing and loading", total=2 * len(months) * len(plan.shops))
        filling: list[Future[None]] = [processes.submit(_fill_month, dsn, plan, ids, days) for days in months]
        while not all(month.done() for month in filling):
            progress.update(task, completed=done.value)
            time.sleep(0.2)
        for month in filling:
            month.result()
        progress.update(task, completed=2 * len(months) * len(plan.shops))


def _begin(done: "Synchronized[float]") -> None:
    global _done  # noqa: PLW0603 - a value that processes share cannot be passed to them otherwise
    _done = done


def _fill_month(dsn: str, plan: Plan, ids: Ids, days: slice) -> None:
    def count(shops: float) -> None:
        assert _done is not None
        with _done.get_lock():
            _done.value += shops

    asyncio.run(fill_month(dsn, Month(plan, ids, days), count))


def main() -> None:
    """Seed, and say so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=12, choices=range(1, 37), metavar="1-36")
    parser.add_argument("--shops", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=Path("build/year"))
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    folder = YearFolder(asked.folder)
    try:
        there = folder.seeded
    except NotSeededError:
        pass
    else:
        sys.exit(
            f"{folder.path} holds {there.months} months of {there.shops} shops already: remove the folder to begin anew."
        )
    if (folder.path / "passwords.json").exists():
        console.print("Removing what an earlier, unfinished run left.")
        shutil.rmtree(folder.path)
    began = time.monotonic()
    seeded = asyncio.run(seed(folder, plan_until_now(asked.months, asked.shops, asked.seed)))
    size = sum(file.stat().st_size for file in folder.path.rglob("*") if file.is_file())
    took_s = time.monotonic() - began
    console.print(
        f"{seeded.faces / 1e6:,.0f} million faces of {seeded.shops} shops in {took_s / 60:.1f} min, {size / 1e9:.1f} GB."
    )
    console.print("Look at them with `make show-year`, measure with `make bench-reports`.")
    print(json.dumps({"faces": seeded.faces, "seconds": round(took_s), "gigabytes": round(size / 1e9, 2)}))


if __name__ == "__main__":
    main()
