"""The heat map: a table of weekdays and hours, coloured by what it shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from services.report.domain.periods import Period
from services.report.domain.shown import ShownHeatCell
from services.report.pages import words
from services.report.pages.i18n import _

_SHADES: Final = 7
# Of more hours than this, squares have room for four signs only.
_ROOMY: Final = 14


@dataclass(frozen=True, slots=True)
class Square:
    """One hour of one weekday.

    Args:
        kind: a class of the style sheet: q1 to q7 from least to most, few: hidden, gap: not known, shut: closed.
        title: all of it in words.
    """

    kind: str
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A measure by weekday and hour.

    Args:
        hours: of the columns.
        rows: weekday and squares.
        low: the least value, in words; empty where there is none.
        high: the largest.
    """

    id: str
    name: str
    hours: tuple[int, ...]
    rows: tuple[tuple[str, tuple[Square, ...]], ...]
    low: str
    high: str
    has_hidden: bool
    has_gaps: bool
    has_closed: bool

    @property
    def is_wide(self) -> bool:
        """Whether there are so many hours that little is left for each."""
        return len(self.hours) > _ROOMY


def heat_maps(cells: Sequence[ShownHeatCell], period: Period, min_cell: int) -> tuple[HeatMap, ...]:
    """Visitors, mood and age by weekday and hour; none where shops were never open.

    Args:
        cells: of hours in which anything may have happened.
        period: that they are of; only its weekdays are shown.
        min_cell: smaller counts are hidden.
    """
    if not cells:
        return ()
    days = tuple(sorted({(period.first + timedelta(days=i)).weekday() for i in range(min(7, period.days))}))
    hours = [cell.hour for cell in cells]
    number = partial(words.brief, whole_below=1_000 if max(hours) - min(hours) >= _ROOMY else 10_000)
    maps = [_map("visitors", _("Visitors"), cells, lambda cell: cell.visitors, number, days, min_cell, from_zero=True)]
    # Of those who pass a filter, or of few people, only their number is known.
    if any(cell.mood_index is not None for cell in cells):
        maps.append(_map("mood", _("Mood"), cells, lambda cell: cell.mood_index, words.signed, days, min_cell))
        maps.append(_map("age", _("Age"), cells, lambda cell: cell.median_age_years, words.count, days, min_cell))
    return tuple(maps)


def _map(
    id_: str,
    name: str,
    cells: Sequence[ShownHeatCell],
    read: Callable[[ShownHeatCell], float | None],
    write: Callable[[float | None], str],
    days: Sequence[int],
    min_cell: int,
    *,
    from_zero: bool = False,
) -> HeatMap:
    at = {(cell.weekday, cell.hour): cell for cell in cells}
    values = [value for value in map(read, cells) if value is not None]
    low, high = (0 if from_zero else min(values), max(values)) if values else (0, 0)
    hours = tuple(range(min(cell.hour for cell in cells), max(cell.hour for cell in cells) + 1))

    def square(weekday: int, hour: int) -> Square:
        cell = at.get((weekday, hour))
        when = f"{words.weekday(weekday, long=True)}, {words.hour_span(hour)}"
        if cell is None:
            return Square("shut", "", f"{when}: {_('closed')}")
        if cell.is_gap:
            return Square("gap", "", f"{when}: {_('no photos')}")
        value = read(cell)
        if value is None:
            few = cell.visitors is None
            return Square("few", words.hidden(min_cell) if few else "", f"{when}: {_('hidden: too few people')}")
        shade = 1 + min(_SHADES - 1, int((value - low) / ((high - low) or 1) * _SHADES))
        full = words.count(value) if from_zero else write(value)
        return Square(f"q{shade}", write(value), f"{when}: {full}")

    rows = tuple((words.weekday(day), tuple(square(day, hour) for hour in hours)) for day in days)
    kinds = {one.kind for _day, row in rows for one in row}
    edges = (write(min(values)), write(high)) if values else ("", "")
    return HeatMap(id_, name, hours, rows, *edges, "few" in kinds, "gap" in kinds, "shut" in kinds)
