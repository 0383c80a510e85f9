"""All measurements, one after the other."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import asyncpg
import numpy as np
import psutil
from rich.console import Console
from rich.progress import Progress

from bench.cell import ROOT, cpu_ms
from bench.reports.browse import Session, Work, write_work
from bench.reports.pages import Load, load_pages, world_pages
from bench.reports.queries import YEAR_DAYS, Measured, Pages, TimedDatabase, measure_page
from bench.reports.times import Times
from bench.reports.visitors import Visitor, open_session, read_visitors
from bench.year.cluster import YearDatabase, YearFolder, free_port
from bench.year.service import report_program
from loadtest.browsing import Manager
from services.common.lifecycle import settle
from services.report.adapters.postgres_cameras import PostgresCameras
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.domain.places import Level
from services.standalone.adapters.postgres_server import OWNER
from tests.servers.running import RunningProgram

PAGES: Final = ("overview", "explore", "league", "compare", "cameras")
GROWTH_DAYS: Final = {1: 30, 3: 91, 6: 182, 12: YEAR_DAYS}
MANAGERS: Final = 50
THINK_S: Final = (2.0, 6.0)
COOKIE: Final = "facetally"
_ROUNDS, _WITHIN_S, _GROWTH_ROUNDS, _LOADS = 200, 3.0, 40, 8
_SEED: Final = 5
_INSIDE: Final = "select s.slug from shop s join city c using (city_id) left join region r using (region_id)"


@dataclass(slots=True)
class Results:
    """What was measured.

    Args:
        queries: of a year.
        growth: of each page, milliseconds of all its queries together by months of the period, unfiltered, world.
        peer_ms: round trips of `select 1`.
        empty_ms: p95 of a text file in chromium.
        requests_ms: of the managers, by page.
        cpu_share: of one core while they browsed, by process.
    """

    queries: list[Measured] = field(default_factory=list)
    growth: dict[str, dict[int, float]] = field(default_factory=dict)
    peer_ms: list[float] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    empty_ms: float = 0.0
    requests_ms: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    cpu_share: dict[str, float] = field(default_factory=dict)

    def summary(self) -> dict[str, float]:
        """The figures that goals are about."""
        world = [one for one in self.queries if one.place == Level.WORLD]
        pages = [load for load in self.loads if load.fresh]
        every = [took for ms in self.requests_ms.values() for took in ms]
        return {
            "query_p95_ms": round(max(Times.of(one.took_ms).p95 for one in self.queries), 1),
            "query_world_p95_ms": round(max(Times.of(one.took_ms).p95 for one in world), 1),
            "page_p95_ms": round(Times.of([load.complete_ms for load in pages]).p95),
            "page_warm_p95_ms": round(Times.of([load.complete_ms for load in self.loads if not load.fresh]).p95),
            "load_p95_ms": round(Times.of(every).p95),
            "load_p99_ms": round(Times.of(every).p99),
            "load_errors": sum(self.failures.values()),
            "growth_12_to_1": round(max(by_months[12] / by_months[1] for by_months in self.growth.values()), 2),
            "peer_select_1_p95_ms": round(Times.of(self.peer_ms).p95, 2),
            "peer_empty_page_p95_ms": round(self.empty_ms, 1),
        }


async def measure(folder: YearFolder, browse_s: float, console: Console) -> Results:
    """Start everything, and measure it."""
    results = Results()
    seeded = folder.seeded
    # Whole days, everywhere on Earth.
    until = (seeded.now - timedelta(hours=12)).date() - timedelta(days=1)
    visitors = read_visitors(folder)
    with Progress(console=console) as progress:
        async with folder.database() as database:
            owner = await asyncpg.connect(database.dsn(OWNER))
            try:
                regions = [row["slug"] for row in await owner.fetch("select slug from region order by slug")]
                async with PostgresTallies.connect(database.dsn("report"), 8) as tallies:
                    settle()
                    await _queries(results, tallies, visitors, regions, until, progress)
                await _service(results, folder, database, owner, visitors, regions, until, browse_s, progress)
            finally:
                await owner.close()
    return results


async def _queries(
    results: Results, tallies: PostgresTallies, visitors: Sequence[Visitor], regions: Sequence[str], until: date,
    progress: Progress,
) -> None:  # fmt: skip
    timed, cameras = TimedDatabase(tallies), TimedDatabase(PostgresCameras(tallies))
    pages = Pages(timed, cameras, tuple(regions))
    random = np.random.default_rng(_SEED)
    managers = {visitor.level: visitor for visitor in reversed(visitors) if visitor.role == "manager"}
    asked = [
        (page, managers[level], filtered)
        for level in (Level.WORLD, Level.REGION, Level.CITY, Level.SHOP)
        for page in PAGES
        for filtered in ((False,) if page == "cameras" else (False, True))
    ]
    task = progress.add_task("queries", total=len(asked) + len(PAGES) * len(GROWTH_DAYS))
    for page, visitor, filtered in asked:
        async with tallies.seen_by(visitor.person_id) as reader:
            results.peer_ms += [await _round_trip(reader.connection) for _ in range(20)]
        results.queries += await measure_page(
            pages, cameras if page == "cameras" else timed, page, visitor, until, _ROUNDS, _WITHIN_S, filtered=filtered,
            random=random,
        )  # fmt: skip
        progress.advance(task)
    for page in PAGES:
        by_months = {}
        for months, days in GROWTH_DAYS.items():
            measured = await measure_page(
                pages, cameras if page == "cameras" else timed, page, managers[Level.WORLD], until, _GROWTH_ROUNDS, _WITHIN_S,
                days=days, random=random,
            )  # fmt: skip
            by_months[months] = sum(one.a_page_ms for one in measured)
            progress.advance(task)
        results.growth[page] = by_months


async def _round_trip(connection: Any) -> float:
    began = time.perf_counter()
    await connection.fetchval("select 1")
    return (time.perf_counter() - began) * 1000


async def _service(
    results: Results, folder: YearFolder, database: YearDatabase, owner: Any, visitors: Sequence[Visitor],
    regions: Sequence[str], until: date, browse_s: float, progress: Progress,
) -> None:  # fmt: skip
    """The pages, as the service serves them."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    report = RunningProgram(report_program(database, port), folder.path / "report.log")
    report.spawn()
    try:
        await report.until_ready()
        world = next(visitor for visitor in visitors if visitor.level is Level.WORLD and visitor.role == "manager")
        paths = world_pages("period=year", [f"region:{slug}" for slug in regions])
        task = progress.add_task("pages in chromium", total=1)
        session = (COOKIE, await open_session(owner, world.person_id))
        results.loads, results.empty_ms = await load_pages(url, session, paths, _LOADS)
        progress.advance(task)
        sessions = [
            Session(
                await open_session(owner, visitor.person_id), Manager(_word(visitor), await _inside(owner, visitor))
            )
            for visitor in _fifty(visitors)
        ]
        task = progress.add_task(f"{len(sessions)} managers browse", total=1)
        work = Work(url, COOKIE, tuple(sessions), until.isoformat(), browse_s, THINK_S, _SEED)
        await _browse(results, work, {"report": report.pid, "Postgres": database.pid})
        progress.advance(task)
    finally:
        await asyncio.to_thread(report.stop)


async def _browse(results: Results, work: Work, processes: dict[str, int]) -> None:
    before = {name: cpu_ms(psutil.Process(pid)) for name, pid in processes.items()}
    began = time.monotonic()
    generator = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.reports.browse", cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await generator.communicate(write_work(work).encode())
    took_ms = (time.monotonic() - began) * 1000
    if generator.returncode:
        raise RuntimeError("the managers could not browse")
    happened = json.loads(output)
    results.requests_ms, results.failures = happened["took_ms"], happened["failures"]
    results.cpu_share = {
        name: (cpu_ms(psutil.Process(pid)) - before[name]) / took_ms for name, pid in processes.items()
    }


def _fifty(visitors: Sequence[Visitor]) -> list[Visitor]:
    """Managers, of all kinds of places; some browse twice where there are fewer."""
    managers = [visitor for visitor in visitors if visitor.role == "manager"]
    return [managers[number % len(managers)] for number in range(MANAGERS)]


def _word(visitor: Visitor) -> str:
    return f"{visitor.level}:{visitor.slug}" if visitor.slug else str(visitor.level)


async def _inside(owner: Any, visitor: Visitor) -> tuple[str, ...]:
    """Words of some places that somebody may look at besides their own."""
    if visitor.level is Level.SHOP:
        return ()
    column = {Level.WORLD: "'' = $1", Level.REGION: "r.slug = $1", Level.CITY: "c.slug = $1"}[visitor.level]
    rows = await owner.fetch(f"{_INSIDE} where {column} order by md5(s.slug) limit 20", visitor.slug)
    words = [f"shop:{row['slug']}" for row in rows]
    if visitor.level is Level.WORLD:
        words += [f"region:{row['slug']}" for row in await owner.fetch("select slug from region")]
        words += [
            f"city:{row['slug']}" for row in await owner.fetch("select slug from city order by md5(slug) limit 20")
        ]
    return tuple(words)
