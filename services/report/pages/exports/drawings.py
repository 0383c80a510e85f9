"""Charts for print, as SVG: what a page draws in the browser. Always on white, whatever the reader's theme."""

from collections.abc import Sequence
from itertools import groupby
from math import ceil, log10
from typing import Final

from markupsafe import Markup

from services.common.vocabulary import Gender, Mood
from services.report.domain.counts import BANDS, GENDERS, MOODS
from services.report.domain.filters import Filters
from services.report.domain.periods import Step
from services.report.domain.shown import ShownCounts, ShownHeatCell, ShownPoint
from services.report.domain.suppression import ALL, Published
from services.report.pages import names, words
from services.report.pages.exports import svg

_SIDES: Final = ((Gender.FEMALE, "#774a9f", -1), (Gender.MALE, "#bb7b10", 1))
_SERIES: Final = (svg.ACCENT, "#bb7b10", "#0b6f6a", "#774a9f", "#bd6127", "#626964")
_MOODS: Final = {
    Mood.HAPPINESS: "#0b6f6a",
    Mood.SURPRISE: "#74bdb0",
    Mood.NEUTRAL: "#d6d8d1",
    Mood.SADNESS: "#ecc76c",
    Mood.FEAR: "#db9440",
    Mood.DISGUST: "#bd6127",
    Mood.ANGER: "#8c3218",
    Mood.UNKNOWN: "#9aa09b",
}
_HEAT: Final = ("#edf3f8", "#d6e5f1", "#b5d0e6", "#8ab5d8", "#3a77ab", "#215c94", "#113d6b")
_STUB: Final = 9.0  # length of a bar whose number is hidden
_WIDE, _HALF = 700.0, 340.0
_LEFT, _TOP, _WIDTH, _HEIGHT = 52.0, 8.0, 640.0, 168.0


def lines(series: Sequence[tuple[str, Sequence[ShownPoint]]], step: Step, before: Sequence[ShownPoint] = ()) -> Markup:
    """Visitors over time. A line breaks where a number is hidden or not known; those steps are hatched.

    Args:
        series: name and points; all in the same step. They are told apart by a legend where there are several.
        before: the period that is compared with, dashed.
    """
    every = [points for _name, points in series]
    longest = max(every, key=len, default=())
    top = _nice(max((_visitors(point) or 0 for points in (*every, before) for point in points), default=0))
    gap = _WIDTH / max(1, len(longest) - 1)
    parts = []
    for tick in range(5):
        y = _TOP + _HEIGHT * (1 - tick / 4)
        parts += [svg.rule(_LEFT, y, _LEFT + _WIDTH), svg.text(_LEFT - 6, y + 3.5, words.brief(top * tick / 4), "end")]
    if len(series) == 1:
        for i, point in enumerate(longest):
            if not point.was_closed and _visitors(point) is None:
                left, right = max(_LEFT, _LEFT + (i - 0.5) * gap), min(_LEFT + _WIDTH, _LEFT + (i + 0.5) * gap)
                parts.append(svg.rect(left, _TOP, right - left, _HEIGHT))
    parts += [svg.line(spots, svg.BEFORE, dashed=True) for spots in _stretches(before[: len(longest)], gap, top)]
    for (_name, points), colour in zip(series, _SERIES, strict=False):
        parts += [svg.line(spots, colour) for spots in _stretches(points, gap, top)]
    every_so_many = ceil(len(longest) / 7) or 1
    for i in range(0, len(longest), every_so_many):
        anchor = "start" if i == 0 else "end" if i > len(longest) - 2 else "middle"
        parts.append(svg.text(_LEFT + i * gap, _TOP + _HEIGHT + 16, words.point(longest[i].start, step), anchor))
    height = _TOP + _HEIGHT + 24
    if len(series) > 1:
        for i, ((name, _points), colour) in enumerate(zip(series, _SERIES, strict=False)):
            x, y = _LEFT + i % 3 * 215, height + 14 + i // 3 * 16
            parts += [svg.rect(x, y - 8, 10, 10, colour), svg.text(x + 16, y + 1, name[:36])]
        height += 8 + 16 * ceil(len(series) / 3)
    return svg.picture(_WIDE, height, parts)


def pyramid(table: Published, filters: Filters, min_cell: int) -> Markup:
    """Women to the left, men to the right, the oldest on top."""
    m = MOODS.index(filters.mood) if filters.mood else ALL
    sides = [(gender, colour, side) for gender, colour, side in _SIDES if filters.gender in (None, gender)]
    bands = [b for b in reversed(range(len(BANDS))) if filters.band in (None, BANDS[b])]
    numbers = {(g, b): table.at(GENDERS.index(g), b, m) for g, _colour, _side in sides for b in bands}
    most = max((number or 0 for number in numbers.values()), default=0) or 1
    middle, parts = _HALF / 2, []
    for gender, colour, side in sides:
        start, anchor = middle + side * 26, "start" if side > 0 else "end"
        parts.append(svg.text(start, 12, names.gender(gender), anchor, colour))
        for row, b in enumerate(bands):
            number = numbers[gender, b]
            long = _STUB if number is None else max(0.5, number / most * (middle - 66))
            bar = (start if side > 0 else start - long, 20.0 + row * 21, long, 15.0)
            parts.append(svg.rect(*bar) if number is None else svg.rect(*bar, colour))
            parts.append(svg.text(start + side * (long + 4), 31.0 + row * 21, _said(number, min_cell), anchor))
    parts += [svg.text(middle, 31.0 + row * 21, names.band(BANDS[b]), "middle") for row, b in enumerate(bands)]
    return svg.picture(_HALF, 192, parts)


def mood_bars(now: ShownCounts, min_cell: int) -> Markup:
    """How visitors looked, from the best to the worst."""
    numbers = [(mood, now.moods[MOODS.index(mood)]) for mood in names.MOOD_ORDER]
    most = max((number or 0 for _mood, number in numbers), default=0) or 1
    parts = []
    for row, (mood, number) in enumerate(numbers):
        y = 4.0 + row * 23
        long = _STUB if number is None else max(0.5, number / most * 160)
        parts.append(svg.text(74, y + 12, names.mood(mood), "end"))
        parts.append(svg.rect(82, y, long, 16) if number is None else svg.rect(82, y, long, 16, _MOODS[mood]))
        share = "" if number is None or not now.visitors else f" ({words.share(number / now.visitors)})"
        parts.append(svg.text(82 + long + 5, y + 12, _said(number, min_cell) + share))
    return svg.picture(_HALF, 192, parts)


def heat(cells: Sequence[ShownHeatCell], min_cell: int) -> Markup:
    """Visitors by weekday and hour; blank where shops are closed."""
    if not cells:
        return svg.picture(_WIDE, 10, [])
    first, last = min(cell.hour for cell in cells), max(cell.hour for cell in cells)
    most = max((cell.visitors or 0 for cell in cells), default=0) or 1
    width = min(56.0, (_WIDE - 44) / (last - first + 1))
    parts = [svg.text(44 + (h - first + 0.5) * width, 11, f"{h:02d}", "middle") for h in range(first, last + 1)]
    parts += [svg.text(38, 33.0 + day * 22, words.weekday(day), "end") for day in range(7)]
    for cell in cells:
        x, y = 44 + (cell.hour - first) * width, 18.0 + cell.weekday * 22
        square = (x, y, width - 2, 20.0)
        shade = min(6, int((cell.visitors or 0) / most * 7))
        parts.append(svg.rect(*square) if cell.visitors is None else svg.rect(*square, _HEAT[shade]))
        if width > 24 and not cell.is_gap:
            ink = "#ffffff" if shade > 3 else "#24323d"
            parts.append(svg.text(x + width / 2 - 1, y + 14, _said(cell.visitors, min_cell), "middle", ink))
    return svg.picture(_WIDE, 174, parts)


def _said(number: int | None, min_cell: int) -> str:
    return words.hidden(min_cell) if number is None else words.brief(number)


def _visitors(point: ShownPoint) -> int | None:
    return None if point.is_gap or point.was_closed else point.counts.visitors


def _stretches(points: Sequence[ShownPoint], gap: float, top: float) -> list[list[tuple[float, float]]]:
    """Where lines go: a list of spots for each stretch of known numbers."""
    spots = [
        (_LEFT + i * gap, _TOP + _HEIGHT * (1 - number / top)) if (number := _visitors(point)) is not None else None
        for i, point in enumerate(points)
    ]
    runs = groupby(spots, key=lambda spot: spot is not None)
    return [[spot for spot in run if spot is not None] for is_known, run in runs if is_known]


def _nice(most: float) -> float:
    """The top of an axis: 1, 2, 4 or 8 of something round, so that a quarter of it is round too."""
    if most <= 4:
        return 4
    unit = 10.0 ** int(log10(most))
    return next(unit * factor for factor in (1, 2, 4, 6, 8, 10, 20) if unit * factor >= most)
