"""The SQL of sums over tallies: everybody's are columns, those of some are sums of cells."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

from services.report.domain.counts import BANDS, GENDERS, MOODS
from services.report.domain.filters import Filters

# The columns of services/record/migrations/0005, in the order of GENDERS, BANDS and MOODS.
GENDER_COLUMNS: Final = ("female", "male", "gender_unknown")
BAND_COLUMNS: Final = (
    "age_0_12",
    "age_13_17",
    "age_18_24",
    "age_25_34",
    "age_35_44",
    "age_45_54",
    "age_55_64",
    "age_65",
)
MOOD_COLUMNS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "mood_unknown")
MARGINS: Final = ("visitors", *GENDER_COLUMNS, *BAND_COLUMNS, *MOOD_COLUMNS)
HOURS: Final = ("open_hours", "cameras_due", "cameras_seen")
CELLS: Final = len(GENDERS) * len(BANDS) * len(MOODS)


def margins(filters: Filters, table: str = "t") -> dict[str, str]:
    """An expression for each margin, over the visitors that pass the filters."""
    if not filters.active:
        return {name: f"{table}.{name}" for name in MARGINS}
    genders = _chosen(len(GENDERS), GENDERS.index(filters.gender) if filters.gender else None)
    bands = _chosen(len(BANDS), BANDS.index(filters.band) if filters.band else None)
    moods = _chosen(len(MOODS), MOODS.index(filters.mood) if filters.mood else None)
    found = {"visitors": _sum(table, product(genders, bands, moods))}
    for i, name in enumerate(GENDER_COLUMNS):
        found[name] = _sum(table, product([i] if i in genders else [], bands, moods))
    for i, name in enumerate(BAND_COLUMNS):
        found[name] = _sum(table, product(genders, [i] if i in bands else [], moods))
    for i, name in enumerate(MOOD_COLUMNS):
        found[name] = _sum(table, product(genders, bands, [i] if i in moods else []))
    return found


def sums(filters: Filters, table: str = "t", sign: str = "") -> str:
    """A select list: the sum of every margin and of the hours, each under its own name."""
    what = margins(filters, table) | {name: f"{table}.{name}" for name in HOURS}
    return ", ".join(f"sum({sign}({expression}))::bigint as {name}" for name, expression in what.items())


def cell_sums(table: str = "t", sign: str = "") -> str:
    """One array of the sums of all cells."""
    return "array[" + ", ".join(f"sum({sign}{table}.cells[{i}])" for i in range(1, CELLS + 1)) + "]::bigint[]"


def _chosen(count: int, one: int | None) -> range:
    return range(count) if one is None else range(one, one + 1)


def _sum(table: str, cells: Iterable[tuple[int, int, int]]) -> str:
    return " + ".join(_subscripts(table, cells)) or "0"


def _subscripts(table: str, cells: Iterable[tuple[int, int, int]]) -> Iterator[str]:
    for gender, band, mood in cells:
        yield f"{table}.cells[{(gender * len(BANDS) + band) * len(MOODS) + mood + 1}]"
