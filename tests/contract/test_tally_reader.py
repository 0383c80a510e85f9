"""What every tally reader does, the fake and the real one, over the same tiny world."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, runtime_checkable

import numpy as np
import pytest

from services.common.cameras.path_patterns import normalise
from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.domain.counts import total
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.groups import ShopGroup
from services.report.domain.periods import Period, Preset, Step, preset_period
from services.report.domain.places import Level, Setting
from services.report.domain.series import Point
from services.report.handler.tallies import Tallies, TallyReader
from tests.fakes.tally_reader import FakeTallies, Key
from tests.fakes.tiny_world import SHOPS, TinyWorld
from tests.servers.postgres import Database, PostgresServer
from tests.servers.running import finish
from tests.tiny_estate import fill

ALL, EUROPEAN, BERLINER, MIXED, NOBODY, CLERK = range(1, 7)
ACCESS: dict[int, tuple[Key, ...]] = {
    ALL: ((Level.WORLD, ""),),
    EUROPEAN: ((Level.REGION, "europe"),),
    BERLINER: ((Level.CITY, "berlin"),),
    MIXED: ((Level.CITY, "berlin"), (Level.SHOP, "berlin-mitte"), (Level.SHOP, "tokyo-ginza")),
    NOBODY: (),
    CLERK: ((Level.SHOP, "paris-louvre"),),
}
BERLINERS = ("berlin-mitte", "berlin-ost", "berlin-west")
FAR = ("berlin-mitte", "berlin-ost", "tokyo-ginza")
GROUPS = [
    ShopGroup("far", "Far apart", ALL, shared=True, shops=FAR),
    ShopGroup("mine", "Mine", ALL, shared=False, shops=BERLINERS),
    ShopGroup("near", "Near", ALL, shared=True, shops=BERLINERS),
    ShopGroup("past", "Past", BERLINER, shared=False, shops=FAR),
]
WOMEN = Filters(Gender.FEMALE)
NARROW = Filters(Gender.MALE, AgeBand.AGE_25_34, Mood.HAPPINESS)


@pytest.fixture(scope="module")
def filled(postgres_server: PostgresServer) -> Iterator[tuple[Database, TinyWorld]]:
    """A database that nobody writes to any more."""
    database = finish(postgres_server.fresh_database())
    world = TinyWorld(datetime.now(UTC))
    finish(fill(database, world, ACCESS, GROUPS))
    yield database, world
    finish(postgres_server.drop(database))


@pytest.fixture(params=["fake", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(kind: str, request: pytest.FixtureRequest) -> TinyWorld:
    """What is known; its days are those of the tallies."""
    if kind == "fake":
        return TinyWorld()
    world: TinyWorld = request.getfixturevalue("filled")[1]
    return world


@pytest.fixture
async def tallies(kind: str, world: TinyWorld, request: pytest.FixtureRequest) -> AsyncIterator[Tallies]:
    if kind == "fake":
        yield FakeTallies(world, ACCESS, GROUPS)
        return
    database: Database = request.getfixturevalue("filled")[0]
    async with PostgresTallies.connect(database.dsn("report"), 2) as opened:
        yield opened


@runtime_checkable
class CameraReader(Protocol):
    """What the page Camera check asks."""

    async def camera_called(self, identifiers: Sequence[str]) -> str | None:
        """A camera that has one of these identifiers."""
        ...


async def setting(reader: TallyReader, level: Level, slug: str = "") -> Setting:
    found = await reader.setting(level, slug)
    assert found is not None
    return found


def by_start(point: Point) -> datetime:
    return point.start


def direct(world: TinyWorld, slugs: Sequence[str], period: Period) -> int:
    """Visitors, counted one hour after the other."""
    return sum(
        int(hour.cells.sum())
        for (slug, day, _), hour in world.hours.items()
        if slug in slugs and period.first <= day <= period.last
    )


@pytest.mark.parametrize(
    ("level", "slug", "names", "shops"),
    [
        (Level.WORLD, "", ["World"], 5),
        (Level.REGION, "europe", ["World", "Europe"], 4),
        (Level.CITY, "berlin", ["World", "Europe", "Berlin"], 3),
        (Level.SHOP, "berlin-ost", ["World", "Europe", "Berlin", "Ostkreuz"], 1),
    ],
)
async def test_every_level_is_found_and_counted(
    tallies: Tallies, world: TinyWorld, level: Level, slug: str, names: list[str], shops: int
) -> None:
    async with tallies.seen_by(ALL) as reader:
        place = await setting(reader, level, slug)
        assert [step.name for step in place.path] == names
        assert place.shops == shops
        inside = [shop.slug for shop in SHOPS if level is Level.WORLD or slug in {p.slug for p in shop.path}]
        for preset in (Preset.WEEK, Preset.FOUR_WEEKS, Preset.TODAY):
            period = preset_period(preset, place.today)
            points = await reader.series(place.scope_ids, period, Step.DAY, EVERYBODY)
            counts = total(point.counts for point in points)
            assert counts.visitors == direct(world, inside, period)
            assert (await reader.cube(place.scope_ids, period, place.latest_day)).sum() == counts.visitors
            assert total((await reader.totals(place.scope_ids, period, EVERYBODY, place.latest_day)).values()) == counts
            heat = await reader.heat(place.scope_ids, period, place.latest_day)
            assert total(cell.counts for cell in heat) == counts


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("filters", [EVERYBODY, WOMEN, NARROW], ids=["everybody", "women", "narrow"])
async def test_steps_and_filters_add_up_to_the_same(tallies: Tallies, step: Step, filters: Filters) -> None:
    async with tallies.seen_by(ALL) as reader:
        place = await setting(reader, Level.CITY, "berlin")
        period = preset_period(Preset.FOUR_WEEKS, place.today)
        points = await reader.series(place.scope_ids, period, step, filters)
        counts = total(point.counts for point in points)
        cube = await reader.cube(place.scope_ids, period, place.latest_day)
    assert counts.only(filters).visitors > 0
    index = tuple(
        slice(None) if one is None else list(type(one)).index(one)
        for one in (filters.gender, filters.band, filters.mood)
    )
    assert counts.only(filters).visitors == cube[index].sum()
    assert counts.visitors == cube.sum()
    assert sum(counts.genders) == sum(counts.bands) == sum(counts.moods) == counts.visitors
    assert len({point.start for point in points}) == len(points)
    assert all(point.start.hour == 0 for point in points) or step is Step.HOUR
    assert counts.cameras_due > counts.cameras_seen > 0


@pytest.mark.parametrize("gender", [None, Gender.UNKNOWN])
@pytest.mark.parametrize("band", [None, AgeBand.AGE_0_12])
@pytest.mark.parametrize("mood", [None, Mood.UNKNOWN])
async def test_every_number_is_that_of_a_direct_count(
    tallies: Tallies, world: TinyWorld, gender: Gender | None, band: AgeBand | None, mood: Mood | None
) -> None:
    filters = Filters(gender, band, mood)
    async with tallies.seen_by(ALL) as reader, FakeTallies(world, ACCESS, GROUPS).seen_by(ALL) as counting:
        there = await setting(reader, Level.WORLD)
        here = await setting(counting, Level.WORLD)
        ours = {site.place: site.scope_id for site in await reader.shops(there)}
        theirs = {site.place: site.scope_id for site in await counting.shops(here)}
        assert ours.keys() == theirs.keys()
        mine, other = list(ours.values()), [theirs[place] for place in ours]
        # Across the end of a month, so that whole months, and days more and less, all count.
        for period in (
            preset_period(Preset.FOUR_WEEKS, there.today),
            Period(there.today - timedelta(days=55), there.today),
        ):
            for step in Step:
                assert sorted(await reader.series(mine, period, step, filters), key=by_start) == list(
                    await counting.series(other, period, step, filters)
                )
            for step in (Step.DAY, Step.WEEK, Step.MONTH):
                lines, counted = (
                    await reader.lines(mine, period, step),
                    await counting.lines(other, period, step),
                )
                for place in ours:
                    assert sorted(lines[ours[place]], key=by_start) == list(counted[theirs[place]])
            totals = await reader.totals(mine, period, filters, there.latest_day)
            assert [totals[scope] for scope in mine] == list(
                (await counting.totals(other, period, filters, here.latest_day)).values()
            )
            heat = await reader.heat(there.scope_ids, period, there.latest_day)
            assert list(heat) == list(await counting.heat(here.scope_ids, period, here.latest_day))
            assert np.array_equal(
                await reader.cube(mine, period, there.latest_day), await counting.cube(other, period, here.latest_day)
            )


async def test_places_are_counted_each_by_itself(tallies: Tallies, world: TinyWorld) -> None:
    async with tallies.seen_by(ALL) as reader:
        place = await setting(reader, Level.CITY, "berlin")
        assert {site.position for site in await reader.shops(place)} == {""}
        sites = await reader.shops(place, with_positions=True)
        assert [site.place.name for site in sites] == ["Mitte", "Ostkreuz", "Westend"]
        assert (sites[0].city, sites[0].region, sites[0].position) == ("Berlin", "Europe", "@52.52,13.405")
        scopes = [site.scope_id for site in sites]
        period = preset_period(Preset.FOUR_WEEKS, place.today)
        totals = await reader.totals(scopes, period, EVERYBODY, place.latest_day)
        lines = await reader.lines(scopes, period, Step.WEEK)
    for site in sites:
        expected = direct(world, [site.place.slug], period)
        assert totals[site.scope_id].visitors == expected
        assert sum(point.counts.visitors for point in lines[site.scope_id]) == expected


async def test_a_place_of_which_nothing_is_known_is_missing(tallies: Tallies) -> None:
    long_ago = Period(date(2020, 1, 1), date(2020, 1, 31))
    async with tallies.seen_by(ALL) as reader:
        place = await setting(reader, Level.WORLD)
        assert await reader.totals(place.scope_ids, long_ago, EVERYBODY, place.latest_day) == {}
        assert await reader.series(place.scope_ids, long_ago, Step.DAY, EVERYBODY) == []
        assert not np.any(await reader.cube(place.scope_ids, long_ago, place.latest_day))
        assert await reader.setting(Level.SHOP, "nowhere") is None
        assert await reader.setting(Level.GROUP, "nowhere") is None


@pytest.mark.parametrize(
    ("level", "slug", "inside"),
    [
        (Level.WORLD, "", ["Asia", "Europe"]),
        (Level.REGION, "europe", ["Berlin", "Paris"]),
        (Level.CITY, "berlin", ["Mitte", "Ostkreuz", "Westend"]),
        (Level.SHOP, "berlin-ost", []),
        (Level.GROUP, "far", ["Ginza", "Mitte", "Ostkreuz"]),
    ],
)
async def test_a_place_has_others_inside(tallies: Tallies, level: Level, slug: str, inside: list[str]) -> None:
    async with tallies.seen_by(ALL) as reader:
        place = await setting(reader, level, slug)
        assert [site.place.name for site in await reader.inside(place)] == inside


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ber", ["Berlin", "Mitte", "Ostkreuz", "Westend"]),
        ("i", ["Asia", "Berlin", "Paris", "Ginza", "Mitte"]),
        ("GIN", ["Ginza"]),
        ("berlin-w", ["Westend"]),
        ("%", []),
        ("_", []),
        ("world", []),
    ],
)
async def test_places_are_found_by_letters(tallies: Tallies, text: str, found: list[str]) -> None:
    async with tallies.seen_by(ALL) as reader:
        names = [site.place.name for site in await reader.find(text, 10)]
        assert len(await reader.find(text, 1)) == min(1, len(found))
    assert sorted(names) == sorted(found)
    assert names[: sum(name.casefold().startswith(text.casefold()) for name in names)] == [
        name for name in names if name.casefold().startswith(text.casefold())
    ]


async def test_the_latest_visitor_is_known(tallies: Tallies, world: TinyWorld) -> None:
    async with tallies.seen_by(ALL) as reader:
        place = await setting(reader, Level.SHOP, "tokyo-ginza")
        latest = await reader.latest(place.scope_ids)
    hours = [(day, hour) for (slug, day, hour), h in world.hours.items() if slug == "tokyo-ginza" and h.cells.sum()]
    assert latest is not None
    assert (latest.date(), latest.hour) == max(hours)


@pytest.mark.parametrize(
    ("person", "home"),
    [
        (ALL, (Level.WORLD, "")),
        (EUROPEAN, (Level.REGION, "europe")),
        (BERLINER, (Level.CITY, "berlin")),
        (MIXED, (Level.YOURS, "")),
        (NOBODY, None),
        (99, None),
    ],
)
async def test_everybody_begins_with_what_they_see(tallies: Tallies, person: int, home: Key | None) -> None:
    async with tallies.seen_by(person) as reader:
        assert await reader.home() == home


async def test_a_viewer_of_one_city_gets_nothing_else(tallies: Tallies) -> None:
    async with tallies.seen_by(ALL) as reader:
        everything = await setting(reader, Level.WORLD)
        period = preset_period(Preset.FOUR_WEEKS, everything.today)
        far = [site.scope_id for site in await reader.shops(await setting(reader, Level.REGION, "asia"))]
        regions = [site.scope_id for site in await reader.inside(everything)]
    others = [*everything.scope_ids, *far, *regions]
    async with tallies.seen_by(BERLINER) as reader:
        place = await setting(reader, Level.CITY, "berlin")
        assert [step.name for step in place.path] == ["World", "Europe", "Berlin"]
        assert Level.CITY in place.open_path
        assert not place.open_path & {Level.WORLD, Level.REGION}
        for level, slug in (
            (Level.WORLD, ""),
            (Level.REGION, "europe"),
            (Level.CITY, "tokyo"),
            (Level.SHOP, "paris-louvre"),
        ):
            assert await reader.setting(level, slug) is None
        # Whatever a page forgets, the tallies themselves say nothing.
        assert await reader.series(others, period, Step.DAY, EVERYBODY) == []
        assert await reader.series(others, period, Step.HOUR, EVERYBODY) == []
        assert await reader.totals(others, period, EVERYBODY, place.latest_day) == {}
        assert not np.any(await reader.cube(others, period, place.latest_day))
        assert await reader.heat(others, period, place.latest_day) == []
        assert all(not points for points in (await reader.lines(others, period, Step.DAY)).values())
        assert await reader.latest(others) is None
        assert [site.place.name for site in await reader.find("i", 10)] == ["Berlin", "Mitte"]
        assert await reader.shops(replace(everything, scope_ids=tuple(others))) != []
        assert {site.city for site in await reader.shops(replace(everything, scope_ids=tuple(others)))} == {"Berlin"}


async def test_who_was_given_nothing_sees_nothing(tallies: Tallies) -> None:
    async with tallies.seen_by(NOBODY) as reader:
        assert await reader.setting(Level.YOURS, "") is None
        assert await reader.setting(Level.WORLD, "") is None
        assert await reader.find("e", 10) == []
        assert list(await reader.groups()) == []


async def test_a_place_inside_another_one_counts_once(tallies: Tallies, world: TinyWorld) -> None:
    async with tallies.seen_by(MIXED) as reader:
        place = await setting(reader, Level.YOURS)
        period = preset_period(Preset.WEEK, place.today)
        counts = total((await reader.totals(place.scope_ids, period, EVERYBODY, place.latest_day)).values())
        assert [site.place.name for site in await reader.inside(place)] == ["Berlin", "Ginza"]
        assert len(await reader.shops(place)) == place.shops == 4
    assert counts.visitors == direct(world, [*BERLINERS, "tokyo-ginza"], period)


async def test_a_group_is_a_place_for_those_who_may_see_all_its_shops(tallies: Tallies, world: TinyWorld) -> None:
    async with tallies.seen_by(ALL) as reader:
        far = await setting(reader, Level.GROUP, "far")
        assert (far.place.name, far.shops, far.time_zones) == ("Far apart", 3, ("Asia/Tokyo", "Europe/Berlin"))
        assert Level.WORLD in far.open_path
        period = preset_period(Preset.WEEK, far.today)
        counts = total((await reader.totals(far.scope_ids, period, EVERYBODY, far.latest_day)).values())
        assert counts.visitors == direct(world, FAR, period)
    async with tallies.seen_by(BERLINER) as reader:
        assert await reader.setting(Level.GROUP, "far") is None
        near = await setting(reader, Level.GROUP, "near")
        assert near.open_path == {Level.GROUP}
        # Their own, but they may no longer see one of its shops.
        assert await reader.setting(Level.GROUP, "past") is None
        assert await reader.setting(Level.GROUP, "mine") is None


@pytest.mark.parametrize(
    ("person", "groups"),
    [
        (ALL, [("far", FAR, True), ("mine", BERLINERS, True), ("near", BERLINERS, True)]),
        (BERLINER, [("near", BERLINERS, True), ("past", FAR[:2], False)]),
        (CLERK, []),
        (MIXED, [("far", FAR, True), ("near", BERLINERS, True)]),
    ],
)
async def test_groups_are_those_of_ones_own_and_those_of_everybody(
    tallies: Tallies, person: int, groups: list[tuple[str, tuple[str, ...], bool]]
) -> None:
    async with tallies.seen_by(person) as reader:
        assert [(group.slug, group.shops, group.is_whole) for group in await reader.groups()] == groups


async def test_two_people_on_one_connection_are_kept_apart(tallies: Tallies) -> None:
    for person, sees in ((ALL, True), (BERLINER, False), (ALL, True), (NOBODY, False)):
        async with tallies.seen_by(person) as reader:
            assert (await reader.setting(Level.WORLD, "") is not None) is sees


async def test_a_day_that_is_not_over_counts_what_there_is(tallies: Tallies, world: TinyWorld) -> None:
    async with tallies.seen_by(ALL) as reader:
        place = await setting(reader, Level.SHOP, "berlin-mitte")
        period = Period(place.today - timedelta(days=1), place.today)
        points = await reader.series(place.scope_ids, period, Step.HOUR, EVERYBODY)
    assert total(point.counts for point in points).visitors == direct(world, ["berlin-mitte"], period)


@pytest.mark.parametrize(
    ("called", "camera"),
    [("berlin-mitte-cam", "berlin-mitte-cam"), ("@52.52,13.405", "berlin-mitte-cam"), ("cam-2", None)],
)
async def test_a_camera_is_known_by_its_name_and_identifiers(tallies: Tallies, called: str, camera: str | None) -> None:
    for person, found in ((ALL, camera), (CLERK, None)):
        async with tallies.seen_by(person) as reader:
            assert isinstance(reader, CameraReader)
            assert await reader.camera_called(["folder", normalise(called)]) == found
