"""What role `bi` may read: right where it is shown, hidden where it is small, and no way to work the hidden out."""

import random
import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import asyncpg
import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import lil_array

from services.common.vocabulary import AgeBand, Gender, Mood
from tests.estates import LINES, register
from tests.servers.postgres import Database

MANUAL = Path(__file__).parents[3] / "docs" / "bi.md"
SHOPS = [line.shop for line in LINES]
FIRST = date(2026, 3, 1)
HOURS = range(10, 16)
MIN_CELL = 10
GENDER_COLUMNS = ("female", "male", "gender_unknown")
BAND_COLUMNS = ("age_0_12", "age_13_17", "age_18_24", "age_25_34", "age_35_44", "age_45_54", "age_55_64", "age_65")
MOOD_COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "mood_unknown")
Cubes = dict[tuple[str, date, int], np.ndarray]
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

    def uneven(size: int) -> np.ndarray:
        weights = chance.uniform(0.7, 1.3, size)
        rare = chance.integers(0, 3)
        weights[chance.choice(size, rare, replace=False)] *= chance.choice([0, 0.002, 0.02, 0.05], rare)
        return weights / weights.mean()

    cubes = {}
    for shop in SHOPS:
        crowd = float(chance.choice([0.3, 3, 10, 30, 100]))
        everybody = crowd * np.einsum("i,j,k->ijk", uneven(3), uneven(8), uneven(8)).ravel()
        busy, open_ = uneven(days), uneven(len(HOURS))
        for (i, day), (j, hour) in product(enumerate(range(days)), enumerate(HOURS)):
            cubes[shop, FIRST + timedelta(days=day), hour] = chance.poisson(everybody * busy[i] * open_[j])
    return cubes


async def fill(database: Database, cubes: Cubes, min_cell: int = MIN_CELL) -> None:
    """Write tallies as record does; an hour with nobody of a day with nobody is a gap."""
    owner = await asyncpg.connect(database.dsn("owner"))
    try:
        scopes = dict(await owner.fetch("select s.slug, k.scope_id from shop s join scope k using (shop_id)"))
        await owner.execute("select ensure_month($1)", FIRST)
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


class Puzzle:
    """All that is known of one shop: what is shown, and what must add up. Columns are unknowns, none negative."""

    def __init__(self) -> None:
        self.names: dict[tuple[object, ...], int] = {}
        self.rows: list[tuple[dict[int, float], float]] = []

    def column(self, *name: object) -> int:
        """The unknown of this name."""
        return self.names.setdefault(name, len(self.names))

    def adds_up(self, parts: Sequence[int], whole: Sequence[int]) -> None:
        """These sum to those."""
        row = dict.fromkeys(parts, 1.0)
        for column in whole:
            row[column] = row.get(column, 0.0) - 1
        self.rows.append((row, 0.0))

    def is_known(self, parts: Sequence[int], value: float) -> None:
        """These sum to a number that is shown."""
        self.rows.append((dict.fromkeys(parts, 1.0), value))

    def range_of(self, parts: Sequence[int]) -> tuple[float, float]:
        """Between what and what the sum of these must be."""
        equal = lil_array((len(self.rows), len(self.names)))
        for i, (row, _) in enumerate(self.rows):
            for column, factor in row.items():
                equal[i, column] = factor
        right = [value for _, value in self.rows]
        sums = []
        for sign in (1, -1):
            wanted = np.zeros(len(self.names))
            wanted[list(parts)] = sign
            found = linprog(wanted, A_eq=equal.tocsr(), b_eq=right, bounds=(0, None), method="highs")
            sums.append(np.inf if found.status == 3 else sign * found.fun)
        return sums[0], sums[1]


Hidden = tuple[str, object, list[int]]


async def puzzle_of(database: Database, shop: str) -> tuple[Puzzle, list[Hidden]]:
    """What somebody knows of a shop who has read every view; and what is hidden of it: its kind, name and unknowns."""
    puzzle = Puzzle()
    hidden: list[Hidden] = []

    def say(kind: str, what: object, parts: list[int], value: object) -> None:
        if value is None:
            hidden.append((kind, what, parts))
        else:
            puzzle.is_known(parts, float(value))  # type: ignore[arg-type] # a number of Postgres

    days = {}
    for row in await read(database, "select * from bi.visitors_by_day where shop = $1 order by day", shop):
        if row["visitors"] is not None or row["shops_hidden"]:
            days[row["day"]] = puzzle.column("day", row["day"])
            say("day", row["day"], [days[row["day"]]], row["visitors"])
    for row in await read(database, "select * from bi.visitors_by_month where shop = $1", shop):
        if row["visitors"] is not None or row["shops_hidden"]:
            say("month", row["month"], list(days.values()), row["visitors"])
    hours: dict[date, list[int]] = {}
    for row in await read(database, "select * from bi.visitors_by_hour where shop = $1", shop):
        if row["visitors"] is not None or row["is_hidden"]:
            hours.setdefault(row["day"], []).append(puzzle.column("hour", row["day"], row["hour"]))
            say("hour", (row["day"], row["hour"]), [hours[row["day"]][-1]], row["visitors"])
    for day, parts in hours.items():
        puzzle.adds_up(parts, [days[day]])
    for view, groups in (
        ("gender_age_by_day", (GENDER_COLUMNS, BAND_COLUMNS)),
        ("mood_by_day", (MOOD_COLUMNS,)),
    ):
        for row in await read(database, f"select * from bi.{view} where shop = $1", shop):
            if row["is_gap"]:
                continue
            for columns in groups:
                parts = [puzzle.column(row["day"], name) for name in columns]
                puzzle.adds_up(parts, [days[row["day"]]])
                for name, part in zip(columns, parts, strict=True):
                    say(columns[0], (row["day"], name), [part], row[name])
    for row in await read(database, "select * from bi.mood_by_month where shop = $1", shop):
        if row["visitors"] is not None or row["is_hidden"]:
            name = MOOD_COLUMNS[list(Mood).index(Mood(row["mood"]))]
            say("mood of a month", name, [puzzle.column(day, name) for day in days], row["visitors"])
    for row in await read(database, "select * from bi.gender_age_by_month where shop = $1", shop):
        if row["visitors"] is not None or row["is_hidden"]:
            part = puzzle.column("month", row["gender"], row["age_band"])
            say("cell of a month", (row["gender"], row["age_band"]), [part], row["visitors"])
    if any(name[0] == "month" for name in puzzle.names):
        for gender, name in zip(Gender, GENDER_COLUMNS, strict=True):
            puzzle.adds_up(
                [puzzle.column("month", gender, band) for band in AgeBand], [puzzle.column(day, name) for day in days]
            )
        for band, name in zip(AgeBand, BAND_COLUMNS, strict=True):
            puzzle.adds_up(
                [puzzle.column("month", gender, band) for gender in Gender], [puzzle.column(day, name) for day in days]
            )
    return puzzle, hidden


@pytest.mark.parametrize("seed", range(5))
async def test_nothing_hidden_follows_from_all_that_is_shown_together(database: Database, seed: int) -> None:
    await register(database)
    await fill(database, estate(seed, days=5))
    chance = random.Random(seed)
    asked = 0
    for shop in SHOPS:
        puzzle, hidden = await puzzle_of(database, shop)
        for kind in sorted({kind for kind, _, _ in hidden}):
            of_kind = [(what, parts) for one, what, parts in hidden if one == kind]
            for what, parts in chance.sample(of_kind, min(6, len(of_kind))):
                least, most = puzzle.range_of(parts)
                assert most - least >= MIN_CELL / 10 - 1e-6, (shop, kind, what, least, most)
                asked += 1
    assert asked > 20


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_shown_is_right_and_not_small(database: Database, seed: int) -> None:
    await register(database)
    cubes = estate(seed + 100, days=40)
    await fill_months(database, cubes)
    by_day: dict[tuple[str, date], np.ndarray] = {}
    by_month: dict[tuple[str, date], np.ndarray] = {}
    for (shop, day, _), cells in cubes.items():
        by_day[shop, day] = by_day.get((shop, day), 0) + cells.reshape(3, 8, 8)
        month = (shop, day.replace(day=1))
        by_month[month] = by_month.get(month, 0) + cells.reshape(3, 8, 8)
    found = 0

    def check(shown: int | None, true: object) -> None:
        nonlocal found
        if shown is not None:
            assert shown == true
            assert shown >= MIN_CELL
            found += 1

    for row in await read(database, "select * from bi.visitors_by_hour"):
        check(row["visitors"], cubes[row["shop"], row["day"], row["hour"]].sum())
    for row in await read(database, "select * from bi.visitors_by_day where level = 'shop'"):
        check(row["visitors"], by_day[row["shop"], row["day"]].sum())
    for row in await read(database, "select * from bi.visitors_by_month where level = 'shop'"):
        check(row["visitors"], by_month[row["shop"], row["month"]].sum())
    for row in await read(database, "select * from bi.gender_age_by_day"):
        for i, name in enumerate(GENDER_COLUMNS):
            check(row[name], by_day[row["shop"], row["day"]][i].sum())
        for i, name in enumerate(BAND_COLUMNS):
            check(row[name], by_day[row["shop"], row["day"]][:, i].sum())
    for row in await read(database, "select * from bi.mood_by_day"):
        for i, name in enumerate(MOOD_COLUMNS):
            check(row[name], by_day[row["shop"], row["day"]][:, :, i].sum())
    for row in await read(database, "select * from bi.mood_by_month"):
        i = list(Mood).index(Mood(row["mood"]))
        check(row["visitors"], by_month[row["shop"], row["month"]][:, :, i].sum())
    for row in await read(database, "select * from bi.gender_age_by_month"):
        i, j = list(Gender).index(Gender(row["gender"])), list(AgeBand).index(AgeBand(row["age_band"]))
        check(row["visitors"], by_month[row["shop"], row["month"]][i, j].sum())
    assert found > 300


async def fill_months(database: Database, cubes: Cubes) -> None:
    """As `fill`, where days reach into the next month."""
    owner = await asyncpg.connect(database.dsn("owner"))
    try:
        for day in {day for _, day, _ in cubes}:
            await owner.execute("select ensure_month($1)", day)
    finally:
        await owner.close()
    await fill(database, cubes)


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
    assert set(rows[0]["rolconfig"]) == {"default_transaction_read_only=on", "statement_timeout=60s"}


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
