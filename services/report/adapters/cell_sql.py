"""The SQL of sums over tallies: everybody's are columns, those of some are sums of pairs or of cells.

Only what cannot be worked out from the rest is asked for. Whoever asks for women gets ages and moods: that all of them are
women, and how many they are, follows.
"""

from collections.abc import Iterable
from itertools import product
from typing import Any, Final

from services.report.domain.counts import BANDS, GENDERS, MOODS, Counts
from services.report.domain.filters import Filters

HOURS: Final = ("open_hours", "cameras_due", "cameras_seen")
CELLS: Final = len(GENDERS) * len(BANDS) * len(MOODS)
# The columns of services/record/migrations/0005, in the order of GENDERS, BANDS and MOODS.
_COLUMNS: Final = (
    ("female", "male", "gender_unknown"),
    ("age_0_12", "age_13_17", "age_18_24", "age_25_34", "age_35_44", "age_45_54", "age_55_64", "age_65"),
    ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "mood_unknown"),
)
_SIZES: Final = tuple(map(len, _COLUMNS))
# Where in the array `pairs` those of two axes begin, the first axis slower.
_PAIRS: Final = {(0, 1): 0, (0, 2): _SIZES[0] * _SIZES[1], (1, 2): _SIZES[0] * (_SIZES[1] + _SIZES[2])}


def sums(filters: Filters, *, pairs: bool) -> str:
    """A select list over tallies t: sums of hours, and of visitors along every axis that is not filtered.

    Args:
        filters: which visitors.
        pairs: whether the table has the array `pairs`.
    """
    chosen = _chosen(filters)
    what = {name: f"t.{name}" for name in HOURS}
    for axis, names in enumerate(_COLUMNS):
        if chosen[axis] is None:
            what |= {name: _line(chosen, axis, i, pairs=pairs) for i, name in enumerate(names)}
    if None not in chosen:
        what["visitors"] = _cells(chosen)
    return ", ".join(f"sum({expression})::bigint as {name}" for name, expression in what.items())


def again(filters: Filters) -> str:
    """A select list of the sums of what `sums` gave, under the same names; with a sign for each row."""
    chosen = _chosen(filters)
    names = [*HOURS, *(name for axis, names in enumerate(_COLUMNS) if chosen[axis] is None for name in names)]
    if None not in chosen:
        names.append("visitors")
    return ", ".join(f"sum(sign * {name})::bigint as {name}" for name in names)


def counts(row: Any, filters: Filters) -> Counts:
    """The counts of a row that has what `sums` asked for."""
    chosen = _chosen(filters)
    lines = [
        tuple(row[name] for name in names) if chosen[axis] is None else None for axis, names in enumerate(_COLUMNS)
    ]
    visitors = next((sum(line) for line in lines if line is not None), None)
    if visitors is None:
        visitors = row["visitors"]
    genders, bands, moods = (
        tuple(visitors if i == chosen[axis] else 0 for i in range(_SIZES[axis])) if line is None else line
        for axis, line in enumerate(lines)
    )
    return Counts(visitors, genders, bands, moods, *(row[name] for name in HOURS))


def cell_sums() -> str:
    """One array of the sums of all cells, over tallies t."""
    return "array[" + ", ".join(f"sum(t.cells[{i}])" for i in range(1, CELLS + 1)) + "]::bigint[]"


def _chosen(filters: Filters) -> tuple[int | None, int | None, int | None]:
    return (
        GENDERS.index(filters.gender) if filters.gender else None,
        BANDS.index(filters.band) if filters.band else None,
        MOODS.index(filters.mood) if filters.mood else None,
    )


def _line(chosen: tuple[int | None, ...], axis: int, index: int, *, pairs: bool) -> str:
    """Visitors who pass the filters and are at an index of an axis that is not filtered."""
    filtered = [other for other, choice in enumerate(chosen) if choice is not None]
    if not filtered:
        return f"t.{_COLUMNS[axis][index]}"
    at = tuple(index if other == axis else choice for other, choice in enumerate(chosen))
    if len(filtered) == 1 and pairs:
        first, second = sorted((axis, filtered[0]))
        return f"t.pairs[{_PAIRS[first, second] + (at[first] or 0) * _SIZES[second] + (at[second] or 0) + 1}]"
    return _cells(at)


def _cells(at: Iterable[int | None]) -> str:
    """The sum of all cells at some indexes; None: at all."""
    ranges = [range(size) if i is None else (i,) for i, size in zip(at, _SIZES, strict=True)]
    return " + ".join(f"t.cells[{(g * _SIZES[1] + b) * _SIZES[2] + m + 1}]" for g, b, m in product(*ranges))
