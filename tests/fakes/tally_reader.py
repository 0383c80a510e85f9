"""Tallies of the tiny world in memory, as somebody may see them."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar

import numpy as np

from services.common.cameras.path_patterns import normalise
from services.common.errors import TransientError
from services.report.domain.counts import BANDS, CUBE_SHAPE, GENDERS, MOODS, Counts, Cube
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.groups import ShopGroup
from services.report.domain.listed_shops import ListedShop
from services.report.domain.periods import Period, Step
from services.report.domain.places import INSIDE, Level, Place, Setting, Site
from services.report.domain.series import HeatCell, Point
from tests.fakes.tiny_world import SHOPS, WORLD, Hour, TinyShop, TinyWorld

EVERYWHERE: Final = ((Level.WORLD, ""),)
Key = tuple[Level, str]
K = TypeVar("K")


def _places() -> list[Place]:
    """Every place that has tallies; its scope's id is its index and one."""
    found = [WORLD]
    for level in range(3):
        found += dict.fromkeys(shop.path[level] for shop in SHOPS)
    return found


PLACES: Final = _places()


def scope_of(level: Level, slug: str) -> int:
    """The id of a place's scope."""
    return next(i for i, place in enumerate(PLACES, 1) if (place.level, place.slug) == (level, slug))


def shops_in(level: Level, slug: str) -> list[TinyShop]:
    """The shops of a place."""
    return [
        shop for shop in SHOPS if level is Level.WORLD or any(p.level is level and p.slug == slug for p in shop.path)
    ]


@dataclass
class FakeTallies:
    """The tiny world; refuses everything while `away`.

    Args:
        access: what each person may see, by id; everybody else sees nothing.
        groups: of shops.
    """

    world: TinyWorld = field(default_factory=TinyWorld)
    access: dict[int, tuple[Key, ...]] = field(default_factory=lambda: {1: EVERYWHERE})
    groups: list[ShopGroup] = field(default_factory=list)
    away: bool = False

    @asynccontextmanager
    async def seen_by(self, person_id: int) -> AsyncIterator["FakeTallyReader"]:
        """As PostgresTallies.seen_by."""
        if self.away:
            raise TransientError("Postgres is away")
        yield FakeTallyReader(self, person_id)


class FakeTallyReader:
    """As adapters.postgres_tallies.TallyReader."""

    def __init__(self, tallies: FakeTallies, person_id: int) -> None:
        self._tallies = tallies
        self._person_id = person_id
        given = tallies.access.get(person_id, ())
        self._roots = [key for key in given if not any(_lies_in(key, other) for other in given if other != key)]
        self._shops = [shop for shop in SHOPS if any(shop in shops_in(*key) for key in given)]
        self._scopes = {
            i for i, place in enumerate(PLACES, 1) if any(_lies_in((place.level, place.slug), key) for key in given)
        }

    async def home(self) -> Key | None:
        """As there."""
        if not self._roots:
            return None
        world = (Level.WORLD, "")
        if world in self._roots:
            return world
        return self._roots[0] if len(self._roots) == 1 else (Level.YOURS, "")

    async def setting(self, level: Level, slug: str) -> Setting | None:
        """As there."""
        if level is Level.YOURS:
            scopes = tuple(sorted(scope_of(*key) for key in self._roots))
            place = Place(Level.YOURS, "", "Your places")
            return self._setting((place,), scopes, self._shops, frozenset({Level.YOURS})) if scopes else None
        if level is Level.GROUP:
            return await self._group(slug)
        if not any((place.level, place.slug) == (level, slug) for place in PLACES):
            return None
        scope = scope_of(level, slug)
        if scope not in self._scopes:
            return None
        shops = shops_in(level, slug)
        path: tuple[Place, ...] = (WORLD, *shops[0].path)
        path = path[: [place.level for place in path].index(level) + 1]
        seen = frozenset(p.level for p in (WORLD, *shops[0].path) if scope_of(p.level, p.slug) in self._scopes)
        return self._setting(path, (scope,), shops, frozenset(Level) if level is Level.WORLD else seen)

    async def _group(self, slug: str) -> Setting | None:
        for group in await self.groups():
            if group.slug == slug and group.is_whole:
                shops = [shop for shop in SHOPS if shop.slug in group.shops]
                scopes = tuple(sorted(scope_of(Level.SHOP, shop.slug) for shop in shops))
                levels = frozenset({Level.GROUP, Level.WORLD} if 1 in self._scopes else {Level.GROUP})
                return self._setting((WORLD, Place(Level.GROUP, slug, group.name)), scopes, shops, levels)
        return None

    def _setting(
        self, path: tuple[Place, ...], scopes: tuple[int, ...], shops: Sequence[TinyShop], levels: frozenset[Level]
    ) -> Setting:
        shops = [shop for shop in shops if shop in self._shops]
        world = self._tallies.world
        days = {world.today(shop) for shop in (self._shops if len(path) == 1 else shops)}
        zones = tuple(sorted({shop.time_zone for shop in shops}))
        return Setting(path, scopes, min(days), max(days), zones, len(shops), levels)

    async def inside(self, setting: Setting) -> Sequence[Site]:
        """As there."""
        level = setting.place.level
        if level is Level.SHOP:
            return ()
        if level in (Level.GROUP, Level.YOURS):
            return self._sites(PLACES[scope - 1] for scope in setting.scope_ids)
        inner = [shop.path for shop in shops_in(level, setting.place.slug)]
        return self._sites(dict.fromkeys(p for path in inner for p in path if p.level is INSIDE[level]))

    async def shops(self, setting: Setting, *, with_positions: bool = False) -> Sequence[Site]:
        """As there."""
        places = (PLACES[scope - 1] for scope in setting.scope_ids)
        shops = [shop for place in places for shop in shops_in(place.level, place.slug)]
        sites = self._sites(dict.fromkeys(shop.path[-1] for shop in shops))
        if not with_positions:
            return sites
        positions = {shop.path[-1]: shop.position for shop in shops}
        return [replace(site, position=positions[site.place]) for site in sites]

    async def listed_shops(self) -> Sequence[ListedShop]:
        """As there."""
        return [
            ListedShop(
                *shop.path,
                shop.time_zone,
                scope_of(Level.CITY, shop.path[1].slug) in self._scopes,
                scope_of(Level.REGION, shop.path[0].slug) in self._scopes,
            )
            for shop in sorted(self._shops, key=lambda shop: [place.name for place in shop.path])
        ]

    async def find(self, text: str, most: int) -> Sequence[Site]:
        """As there."""
        letters = text.casefold()
        found = [
            site
            for site in self._sites(place for place in PLACES if place is not WORLD)
            if letters in site.place.name.casefold() or site.place.slug.startswith(letters)
        ]
        levels = list(Level)
        found.sort(
            key=lambda site: (
                not site.place.name.casefold().startswith(letters),
                levels.index(site.place.level),
                site.place.name,
            )
        )
        return found[:most]

    def _sites(self, places: Iterable[Place]) -> list[Site]:
        sites = []
        for place in places:
            scope = scope_of(place.level, place.slug)
            if scope not in self._scopes:
                continue
            shop = shops_in(place.level, place.slug)[0]
            is_shop = place.level is Level.SHOP
            city = shop.path[1].name if is_shop else ""
            region = "" if place.level is Level.REGION else shop.path[0].name
            sites.append(Site(place, scope, city, region))
        return sorted(sites, key=lambda site: site.place.name)

    async def groups(self) -> Sequence[ShopGroup]:
        """As there."""
        seen = {shop.slug for shop in self._shops}
        found = []
        for group in self._tallies.groups:
            is_own = group.owner_id == self._person_id
            is_whole = seen.issuperset(group.shops)
            if is_own or (group.shared and is_whole):
                shops = tuple(sorted(seen.intersection(group.shops)))
                found.append(ShopGroup(group.slug, group.name, group.owner_id, group.shared, shops, is_whole))
        return sorted(found, key=lambda group: (group.name, group.slug))

    def _hours(self, scope_ids: Iterable[int], period: Period) -> Iterable[tuple[date, int, Hour]]:
        """Once for every scope that an hour's shop is in."""
        for scope in scope_ids:
            if scope not in self._scopes:
                continue
            place = PLACES[scope - 1]
            slugs = {shop.slug for shop in shops_in(place.level, place.slug)}
            for (slug, day, hour), known in self._tallies.world.hours.items():
                if slug in slugs and period.first <= day <= period.last:
                    yield day, hour, known

    async def series(self, scope_ids: Sequence[int], period: Period, step: Step, filters: Filters) -> Sequence[Point]:
        """As there."""
        found = _added(self._hours(scope_ids, period), lambda day, hour: _start(day, hour, step), filters)
        return [Point(start, counts) for start, counts in sorted(found.items())]

    async def lines(self, scope_ids: Sequence[int], period: Period, step: Step) -> dict[int, Sequence[Point]]:
        """As there."""
        series = {scope: await self.series([scope], period, step, EVERYBODY) for scope in scope_ids}
        return {
            scope: [Point(point.start, replace(point.counts, genders=(), bands=(), moods=())) for point in points]
            for scope, points in series.items()
        }

    async def cube(self, scope_ids: Sequence[int], period: Period, latest_day: date) -> Cube:
        """As there."""
        none = np.zeros(CUBE_SHAPE, dtype=np.int64)
        return sum((known.cells for _, _, known in self._hours(scope_ids, period)), none)

    async def heat(self, scope_ids: Sequence[int], period: Period, latest_day: date) -> Sequence[HeatCell]:
        """As there."""
        found = _added(self._hours(scope_ids, period), lambda day, hour: (day.weekday(), hour), EVERYBODY)
        return [HeatCell(*key, counts) for key, counts in sorted(found.items()) if not counts.was_closed]

    async def totals(
        self, scope_ids: Sequence[int], period: Period, filters: Filters, latest_day: date
    ) -> dict[int, Counts]:
        """As there."""
        found = {}
        for scope in scope_ids:
            if counts := _added(self._hours([scope], period), lambda _day, _hour: 0, filters):
                found[scope] = counts[0]
        return found

    async def latest(self, scope_ids: Sequence[int]) -> datetime | None:
        """As there."""
        ever = Period(date.min, date.max)
        busy = [_start(day, hour, Step.HOUR) for day, hour, h in self._hours(scope_ids, ever) if h.cells.sum()]
        return max(busy, default=None)

    async def camera_called(self, identifiers: Sequence[str]) -> str | None:
        """As there: every shop has one camera, known by its name and by where it is."""
        known = {normalise(name): camera_of(shop) for shop in self._shops for name in (camera_of(shop), shop.position)}
        found = sorted(known[name] for name in identifiers if name and name in known)
        return found[0] if found else None


def camera_of(shop: TinyShop) -> str:
    """Name of a shop's camera."""
    return f"{shop.slug}-cam"


def _lies_in(key: Key, other: Key) -> bool:
    """Whether a place is another one or is inside it."""
    order = list(Level)
    if order.index(key[0]) < order.index(other[0]):
        return False
    return {shop.slug for shop in shops_in(*key)} <= {shop.slug for shop in shops_in(*other)}


def _start(day: date, hour: int, step: Step) -> datetime:
    match step:
        case Step.HOUR:
            return datetime.combine(day, time(hour))
        case Step.DAY:
            return datetime.combine(day, time())
        case Step.WEEK:
            return datetime.combine(day - timedelta(days=day.weekday()), time())
        case Step.MONTH:
            return datetime.combine(day.replace(day=1), time())


def _added(hours: Iterable[tuple[date, int, Hour]], key: Callable[[date, int], K], filters: Filters) -> dict[K, Counts]:
    kept = _kept(filters)
    cells: dict[K, Cube] = defaultdict(lambda: np.zeros(CUBE_SHAPE, dtype=np.int64))
    looked: dict[K, list[int]] = defaultdict(lambda: [0, 0, 0])
    for day, hour, known in hours:
        where = key(day, hour)
        cells[where] += known.cells
        numbers = looked[where]
        for i, number in enumerate((known.open_hours, known.cameras_due, known.cameras_seen)):
            numbers[i] += number
    several = filters.axes > 1
    return {
        where: _counts(cube, looked[where], int((cube * kept).sum()) if several else 0) for where, cube in cells.items()
    }


def _kept(filters: Filters) -> Cube:
    """1 for each cell that passes the filters."""
    kept = np.ones(CUBE_SHAPE, dtype=np.int64)
    choices = ((filters.gender, GENDERS), (filters.band, BANDS), (filters.mood, MOODS))
    for axis, (one, names) in enumerate(choices):
        if one is not None:
            chosen = np.array([name == one for name in names])
            kept *= np.expand_dims(chosen, tuple(i for i in range(3) if i != axis))
    return kept


def _counts(cube: Cube, looked: Sequence[int], passing: int) -> Counts:
    genders, bands, moods = (tuple(map(int, cube.sum(tuple(i for i in range(3) if i != axis)))) for axis in range(3))
    open_hours, due, seen = looked
    return Counts(int(cube.sum()), genders, bands, moods, open_hours, due, seen, passing)
