"""The SQL of sums over tallies.

Whoever passes one filter is a margin, which everybody's counts have; whoever passes two or three is a sum of cells. Everybody
is always counted as well: what may be shown of some depends on the others.
"""

from itertools import product
from typing import Any, Final

from services.report.domain.counts import BANDS, GENDERS, MOODS, Counts
from services.report.domain.filters import Filters

CELLS: Final = len(GENDERS) * len(BANDS) * len(MOODS)
_HOURS: Final = ("open_hours", "cameras_due", "cameras_seen")
# The columns of services/record/migrations/0005, in the order of GENDERS, BANDS and MOODS.
_GENDERS: Final = ("female", "male", "gender_unknown")
_BANDS: Final = ("age_0_12", "age_13_17", "age_18_24", "age_25_34", "age_35_44", "age_45_54", "age_55_64", "age_65")
_MOODS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "mood_unknown")
_COLUMNS: Final = (*_HOURS, *_GENDERS, *_BANDS, *_MOODS)


def sums(filters: Filters) -> str:
    """A select list over tallies t: the sums that make up counts."""
    what = {name: f"t.{name}" for name in _COLUMNS}
    if filters.axes > 1:
        what["passing"] = _passing(filters)
    return ", ".join(f"sum({expression})::bigint as {name}" for name, expression in what.items())


def headcount() -> str:
    """A select list over tallies t: visitors and hours, and nothing of who they were."""
    return ", ".join(f"sum(t.{name})::bigint as {name}" for name in ("visitors", *_HOURS))


def again(filters: Filters) -> str:
    """A select list of the sums of what `sums` gave, under the same names; with a sign for each row."""
    names = (*_COLUMNS, "passing") if filters.axes > 1 else _COLUMNS
    return ", ".join(f"sum(sign * {name})::bigint as {name}" for name in names)


def counts(row: Any, filters: Filters) -> Counts:
    """The counts of a row that has what `sums` asked for."""
    genders, bands, moods = (tuple(row[name] for name in names) for names in (_GENDERS, _BANDS, _MOODS))
    open_hours, due, seen = (row[name] for name in _HOURS)
    passing = row["passing"] if filters.axes > 1 else 0
    return Counts(sum(genders), genders, bands, moods, open_hours, due, seen, passing)


def cell_sums() -> str:
    """One array of the sums of all cells, over tallies t."""
    return "array[" + ", ".join(f"sum(t.cells[{i}])" for i in range(1, CELLS + 1)) + "]::bigint[]"


def _passing(filters: Filters) -> str:
    ranges = (
        _chosen(len(GENDERS), GENDERS.index(filters.gender) if filters.gender else None),
        _chosen(len(BANDS), BANDS.index(filters.band) if filters.band else None),
        _chosen(len(MOODS), MOODS.index(filters.mood) if filters.mood else None),
    )
    return " + ".join(f"t.cells[{(g * len(BANDS) + b) * len(MOODS) + m + 1}]" for g, b, m in product(*ranges))


def _chosen(count: int, one: int | None) -> range:
    return range(count) if one is None else range(one, one + 1)
