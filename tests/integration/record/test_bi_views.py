"""What role `bi` may read: right where it is shown, hidden where it is small, and no way to work the hidden out."""

import random
import re
from collections import defaultdict
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import pytest

from services.common.vocabulary import AgeBand, Gender, Mood
from tests.estates import LINES, register
from tests.integration.record.bi_puzzle import BAND_COLUMNS, GENDER_COLUMNS, MOOD_COLUMNS, BiPuzzle
from tests.servers.postgres import Database

MANUAL = Path(__file__).parents[3] / "docs" / "bi.md"
SHOPS = [line.shop for line in LINES]
FIRST = date(2026, 3, 1)
HOURS = range(10, 16)
MIN_CELL = 10
Cells = np.ndarray[Any, np.dtype[np.int64]]
Cubes = dict[tuple[str, date, int], Cells]
_SUM = "array[" + ", ".join(f"sum(cells[{i}])" for i in range(1, 193)) + "]"
ROLL_UP = f"""
insert into tally_day (scope_id, local_day, cells, cameras_due, cameras_seen)
select scope_id, local_day, {_SUM}, sum(cameras_due), sum(cameras_seen) from tally_hour group by 1, 2;
insert into tally_month (scope_id, first_day, cells, cameras_due, cameras_seen)
select scope_id, date_trunc('month', local_day::timestamp)::date, {_SUM}, sum(cameras_due), sum(cameras_seen)
from tally_day group by 1, 2;
"""


def estate(seed: int, days: int) -> Cubes:
    """Visitors of every shop and hour, by gender, age band and mood.

    In each, a few of everything are rare, often one alone: hours, days, bands, moods. That is what gives secrets away.
    """
    chance = np.random.default_rng(seed)

    def uneven(size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        weights = chance.uniform(0.7, 1.3, size)
        rare = chance.integers(0, 3)
        weights[chance.choice(size, rare, replace=False)] *= chance.choice([0, 0.002, 0.02, 0.05], rare)
        return np.asarray(weights / weights.mean())

    cubes: Cubes = {}
    for shop in SHOPS:
        crowd = float(chance.choice([0.3, 3, 10, 30, 100]))
        everybody = crowd * np.einsum("i,j,k->ijk", uneven(3), uneven(8), uneven(8)).ravel()
        busy, open_ = uneven(days), uneven(len(HOURS))
        for (i, day), (j, hour) in product(enumerate(range(days)), enumerate(HOURS)):
            cubes[shop, FIRST + timedelta(days=day), hour] = chance.poisson(everybody * busy[i] * open_[j])
    mood = np.arange(192) % 8 == 5
    quiet, half_quiet, of_a_mood, other = SHOPS
    _thin(chance, cubes, quiet, 4, day=FIRST + timedelta(days=1))
    _thin(chance, cubes, half_quiet, 40, day=FIRST + timedelta(days=1))
    _thin(chance, cubes, of_a_mood, 4, cells=mood)
    _thin(chance, cubes, other, 25, cells=mood, day=FIRST)
    return cubes


def _thin(
    chance: np.random.Generator, cubes: Cubes, shop: str, left: int, day: date | None = None, cells: Any = slice(None)
) -> None:
    """Leave about so many visitors of one day, or of some cells, of a shop."""
    some = [cube for (where, when, _), cube in cubes.items() if where == shop and day in (None, when)]
    share = min(1.0, left / max(1, sum(cube[cells].sum() for cube in some)))
    for cube in some:
        cube[cells] = chance.binomial(cube[cells], share)


async def fill(database: Database, cubes: Cubes, min_cell: int = MIN_CELL) -> None:
    """Write tallies as record does; an hour with nobody of a day with nobody is a gap."""
    owner = await asyncpg.connect(database.dsn("owner"))
    try:
        rows = await owner.fetch("select s.slug, k.scope_id from shop s join scope k using (shop_id)")
        scopes = {row["slug"]: row["scope_id"] for row in rows}
        for month in {day.replace(day=1) for _, day, _ in cubes}:
            await owner.execute("select ensure_month($1)", month)
        seen = {(shop, day) for (shop, day, _), cells in cubes.items() if cells.any()}
        await owner.executemany(
            "insert into tally_hour (scope_id, local_day, local_hour, cells, cameras_due, cameras_seen) "
            "values ($1, $2, $3, $4, 1, $5)",
            [
                (scopes[shop], day, hour, cells.tolist(), int((shop, day) in seen))
                for (shop, day, hour), cells in cubes.items()
            ],
        )
        await owner.execute(ROLL_UP)
        await owner.execute(f"update bi.rule set min_cell = {min_cell}")
    finally:
        await owner.close()


async def read(database: Database, query: str, *arguments: object) -> list[asyncpg.Record]:
    """What role `bi` gets."""
    connection = await asyncpg.connect(database.dsn("bi"))
    try:
        return await connection.fetch(query, *arguments)
    finally:
        await connection.close()


@pytest.mark.parametrize("seed", range(5))
async def test_nothing_hidden_follows_from_all_that_is_shown_together(database: Database, seed: int) -> None:
    await register(database)
    await fill(database, estate(seed, days=5))
    chance = random.Random(seed)
    asked = 0
    connection = await asyncpg.connect(database.dsn("bi"))
    try:
        for shop in SHOPS:
            puzzle = BiPuzzle(connection, shop)
            await puzzle.read()
            for kind, hidden in puzzle.hidden.items():
                for what, parts in chance.sample(hidden, min(6, len(hidden))):
                    least, most = puzzle.range_of(parts)
                    assert most - least >= MIN_CELL / 10 - 1e-6, (shop, kind, what, least, most)
                    asked += 1
    finally:
        await connection.close()
    assert asked > 20


Numbers = dict[tuple[object, ...], int]


def counted(cubes: Cubes) -> Numbers:
    """Every number that a view may show, by what it is of."""
    found: defaultdict[tuple[object, ...], int] = defaultdict(int)
    for (shop, day, hour), cells in cubes.items():
        month = day.replace(day=1)
        cube = cells.reshape(3, 8, 8)
        for time in ((month, day, hour), (month, day), (month,)):
            found[shop, *time] += int(cube.sum())
        for names, axes in ((GENDER_COLUMNS, (1, 2)), (BAND_COLUMNS, (0, 2)), (MOOD_COLUMNS, (0, 1))):
            for name, number in zip(names, cube.sum(axis=axes), strict=True):
                found[shop, month, day, name] += int(number)
        for mood, number in zip(Mood, cube.sum(axis=(0, 1)), strict=True):
            found[shop, month, str(mood)] += int(number)
        for (gender, band), number in zip(product(Gender, AgeBand), cube.sum(axis=2).ravel(), strict=True):
            found[shop, month, str(gender), str(band)] += int(number)
    return found


async def shown(database: Database) -> Numbers:
    """Every number that the views show of shops."""
    found: Numbers = {}
    for view, keys in (
        ("visitors_by_hour", ("month", "day", "hour")),
        ("visitors_by_day", ("month", "day")),
        ("visitors_by_month", ("month",)),
        ("mood_by_month", ("month", "mood")),
        ("gender_age_by_month", ("month", "gender", "age_band")),
    ):
        for row in await read(database, f"select * from bi.{view} where shop is not null and visitors is not null"):
            found[row["shop"], *(row[key] for key in keys)] = row["visitors"]
    for view, names in (("gender_age_by_day", (*GENDER_COLUMNS, *BAND_COLUMNS)), ("mood_by_day", MOOD_COLUMNS)):
        for row in await read(database, f"select * from bi.{view}"):
            found |= {
                (row["shop"], row["month"], row["day"], name): row[name] for name in names if row[name] is not None
            }
    return found


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_shown_is_right_and_not_small(database: Database, seed: int) -> None:
    await register(database)
    cubes = estate(seed + 100, days=40)
    await fill(database, cubes)
    found, true = await shown(database), counted(cubes)
    assert {key: true[key] for key in found} == found
    assert min(found.values()) >= MIN_CELL
    assert {len(key) for key in found} == {2, 3, 4}
    assert len(found) > 300


async def test_wider_places_are_the_sums_of_what_is_shown_of_their_shops(database: Database) -> None:
    await register(database)
    await fill(database, estate(3, days=12))
    for view, key in (("visitors_by_day", "day"), ("visitors_by_month", "month")):
        for level, place in (("city", "city"), ("region", "region"), ("world", "''")):
            wider = await read(
                database,
                f"select coalesce({place}, ''), {key}, visitors, shops_hidden, cameras_due, cameras_seen "
                f"from bi.{view} where level = '{level}' order by 1, 2",
            )
            shops = await read(
                database,
                f"select {place}, {key}, sum(visitors), sum(shops_hidden), sum(cameras_due), sum(cameras_seen) "
                f"from bi.{view} where level = 'shop' group by 1, 2 order by 1, 2",
            )
            assert [tuple(row) for row in wider] == [tuple(row) for row in shops]
            assert wider


async def test_gaps_are_neither_zero_nor_hidden(database: Database) -> None:
    await register(database)
    cubes = {("berlin-ost", FIRST + timedelta(days=i), 12): np.full(192, int(i != 2)) for i in range(4)}
    await fill(database, cubes)
    rows = await read(
        database,
        "select visitors, shops_hidden, coverage from bi.visitors_by_day where level = 'shop' order by day",
    )
    assert [tuple(row) for row in rows] == [(192, 0, 1), (192, 0, 1), (None, 0, 0), (192, 0, 1)]


async def test_the_owner_sets_the_threshold(database: Database) -> None:
    await register(database)
    cubes = {("berlin-ost", FIRST, 12): np.eye(1, 192, 0, dtype=int)[0] * 4}
    await fill(database, cubes, min_cell=10)
    query = "select visitors from bi.visitors_by_day where level = 'shop'"
    assert [row["visitors"] for row in await read(database, query)] == [None]
    owner = await asyncpg.connect(database.dsn("owner"))
    await owner.execute("update bi.rule set min_cell = 4")
    await owner.close()
    assert [row["visitors"] for row in await read(database, query)] == [4]


@pytest.mark.parametrize(
    "query",
    [
        "select * from public.tally_hour",
        "select * from public.tally_day",
        "select * from public.tally_month",
        "select * from public.shop",
        "select * from public.person",
        "select * from bi.shop_months",
        "select * from bi.shop_days",
        "select * from bi.shop_days_apart",
        "select * from bi.shop_rules",
        "select * from bi.shop_hours",
        "update bi.rule set min_cell = 1",
        "select * from pg_authid",
    ],
)
async def test_role_bi_reads_the_views_and_nothing_else(database: Database, query: str) -> None:
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
        await read(database, query)


async def test_role_bi_cannot_write_even_where_it_says_that_it_wants_to(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("bi"))
    try:
        await connection.execute("set default_transaction_read_only = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("update bi.rule set min_cell = 1")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("create table bi.mine (i integer)")
    finally:
        await connection.close()


async def test_role_bi_is_bounded(database: Database) -> None:
    rows = await read(database, "select rolconnlimit, rolconfig from pg_roles where rolname = 'bi'")
    assert rows[0]["rolconnlimit"] == 5
    assert set(rows[0]["rolconfig"]) == {"default_transaction_read_only=on", "statement_timeout=60s", "jit=off"}


async def test_the_manual_has_every_column_of_every_view(database: Database) -> None:
    rows = await read(
        database,
        "select table_name, column_name from information_schema.columns where table_schema = 'bi' "
        "order by table_name, ordinal_position",
    )
    there: dict[str, list[str]] = {}
    for row in rows:
        there.setdefault(row["table_name"], []).append(row["column_name"])
    sections = re.split(r"^### `bi\.(\w+)`$", MANUAL.read_text(), flags=re.MULTILINE)[1:]
    described = {
        name: re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
        for name, text in zip(sections[::2], sections[1::2], strict=True)
    }
    assert described == there
