"""Every query behind every page: the pages' own handlers are asked, and each query that they make is timed."""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from bench.reports.visitors import Visitor
from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.league import Measure
from services.report.domain.periods import Comparison, Step
from services.report.domain.places import Level
from services.report.domain.questions import Asked
from services.report.handler.cameras import CamerasAsked, WatchCameras
from services.report.handler.compare import Compare
from services.report.handler.explore import Explore
from services.report.handler.league import LeagueAsked, ReadLeague
from services.report.handler.overview import ReadOverview

MIN_CELL: Final = 10
FILTERS: Final = (
    Filters(gender=Gender.FEMALE),
    Filters(mood=Mood.HAPPINESS),
    Filters(band=AgeBand.AGE_25_34),
    Filters(Gender.MALE, AgeBand.AGE_35_44, Mood.NEUTRAL),
)
# Of pages that show a year, the longest period of a preset.
YEAR_DAYS: Final = 364
# Rounds that do not count: after a few, Postgres knows the statements.
_WARM_UP: Final = 8
_LEAST_ROUNDS: Final = 10
Samples = dict[str, list[float]]


class _Timed:
    """A reader whose every query is timed, under its own name."""

    def __init__(self, reader: Any, samples: Samples) -> None:
        self._reader = reader
        self._samples = samples

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._reader, name)

        async def query(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return await method(*arguments, **named)
            finally:
                self._samples.setdefault(name, []).append((time.perf_counter() - began) * 1000)

        return query


class TimedDatabase:
    """A database whose readers' queries are timed.

    Args:
        database: of tallies or of cameras.
    """

    def __init__(self, database: Any) -> None:
        self._database = database
        self._samples: Samples = {}

    @asynccontextmanager
    async def seen_by(self, person_id: int) -> AsyncIterator[Any]:
        """As the database's own."""
        async with self._database.seen_by(person_id) as reader:
            yield _Timed(reader, self._samples)

    def take(self) -> Samples:
        """Milliseconds by name of the query, since it was last asked."""
        taken = self._samples.copy()
        self._samples.clear()
        return taken


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages, without what the web adds.

    Args:
        tallies: where they read.
        cameras: where the page of cameras reads.
        regions: what is compared with the world.
    """

    tallies: Any
    cameras: Any
    regions: tuple[str, ...]

    async def ask(self, page: str, person_id: int, asked: Asked) -> None:
        """Have a page's numbers read."""
        match page:
            case "overview":
                await ReadOverview(self.tallies, MIN_CELL)(person_id, asked)
            case "explore":
                await Explore(self.tallies, MIN_CELL)(person_id, asked)
            case "league":
                await ReadLeague(self.tallies, MIN_CELL)(person_id, asked, LeagueAsked(Measure.VISITORS))
            case "compare":
                others = [replace(asked, moved=Comparison.PREVIOUS)]
                if asked.level is Level.WORLD:
                    others = [replace(asked, level=Level.REGION, slug=slug) for slug in self.regions]
                await Compare(self.tallies, MIN_CELL)(person_id, [asked, *others])
            case "cameras":
                await WatchCameras(self.cameras).list(person_id, CamerasAsked(asked.level, asked.slug))


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of one query of a page.

    Args:
        rounds: how often the page was asked; it may make a query several times.
    """

    page: str
    place: str
    filtered: bool
    query: str
    rounds: int
    took_ms: tuple[float, ...]

    @property
    def a_page_ms(self) -> float:
        """What the query takes of a page."""
        return sum(self.took_ms) / self.rounds


async def measure_page(
    pages: Pages, timed: TimedDatabase, page: str, visitor: Visitor, until: date, rounds: int, within_s: float = math.inf,
    *, filtered: bool = False, days: int = YEAR_DAYS, random: np.random.Generator,
) -> list[Measured]:  # fmt: skip
    """Time the queries of a page.

    Args:
        pages: the pages.
        timed: what they read.
        page: its name.
        visitor: who asks, and about which place.
        until: the last complete day; periods end up to four weeks before.
        rounds: how often it is asked.
        within_s: after this long it is not asked again.
        filtered: for some visitors, other ones each time.
        days: of the periods.
        random: where periods come from.
    """
    ends = time.monotonic() + within_s
    done = 0
    for number in range(rounds + _WARM_UP):
        if number == _WARM_UP:
            timed.take()
        last = until - timedelta(days=int(random.integers(0, 28)))
        asked = Asked(
            visitor.level, visitor.slug, first=last - timedelta(days=days - 1), last=last,
            step=Step.DAY if number % 2 else None, filters=FILTERS[number % len(FILTERS)] if filtered else EVERYBODY,
        )  # fmt: skip
        await pages.ask(page, visitor.person_id, asked)
        done = number + 1 - _WARM_UP
        if time.monotonic() > ends and done >= _LEAST_ROUNDS:
            break
    samples = timed.take()
    return [Measured(page, visitor.level, filtered, query, done, tuple(took)) for query, took in samples.items()]
