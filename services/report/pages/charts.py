"""What the charts draw, as data; the browser's code (static/charts.js) makes pictures of it.

None stands for what is not known or not said. Words and dates are in the language that is spoken; numbers are written
by the browser.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from services.common.vocabulary import Gender
from services.report.domain.counts import BANDS, GENDERS, MOODS
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import Step
from services.report.domain.shown import ShownCounts, ShownPoint
from services.report.domain.suppression import ALL, Published
from services.report.handler.overview import Overview
from services.report.pages import names, words
from services.report.pages.i18n import _

# Of a step with less of its hours covered, the number is a floor: it is drawn beside the line.
PARTIAL: Final = 0.9
_WING: Final = (Gender.FEMALE, Gender.MALE)

Data = dict[str, object]
_Measure = Callable[[ShownCounts], float | None]
# What a series may show: key, how it is read, how it is written, whether its axis begins at nothing.
MEASURES: Final[dict[str, tuple[_Measure, str, bool]]] = {
    "visitors": (lambda counts: counts.visitors, "count", True),
    "age": (lambda counts: counts.median_age_years, "years", False),
    "women": (lambda counts: _percent(counts.women_share), "percent", False),
    "mood": (lambda counts: None if counts.mood_index is None else round(counts.mood_index, 1), "index", False),
    "coverage": (lambda counts: _percent(counts.coverage), "percent", True),
}


def measure_name(measure: str) -> str:
    """A measure of MEASURES, as a title says it."""
    return {
        "visitors": _("Visitors"),
        "age": _("Median age"),
        "women": _("Women"),
        "mood": _("Mood index"),
        "coverage": _("Coverage"),
    }[measure]


def overview(o: Overview) -> Data:
    """All charts of an overview."""
    return {
        "time": time(o.points, o.points_before, o.step),
        "pyramid": pyramid(o.table, o.table_before, o.asked.filters),
        "mood": mood(o.points, o.points_before, o.step),
    }


def time(points: Sequence[ShownPoint], before: Sequence[ShownPoint], step: Step) -> Data:
    """Measures over time, with another period behind them, gaps and partial steps.

    Args:
        points: every step of the period.
        before: every step of the other period; empty where nothing is compared.
        step: how fine they are.
    """
    return {
        **_axis(points, step),
        "labelsBefore": [words.point(point.start, step) for point in before],
        "gaps": _gaps(points),
        "partial": {i: _reason(point) for i, point in enumerate(points) if _is_partial(point)},
        "notes": {i: _note(point) for i, point in enumerate(points) if _note(point)},
        "coverage": [_percent(point.counts.coverage) for point in points],
        "first": "visitors",
        "metrics": {
            key: {
                "name": measure_name(key),
                "format": form,
                "zero": zero,
                "now": [_value(point, read, key) for point in points],
                "before": [_value(point, read, key) for point in before[: len(points)]],
            }
            for key, (read, form, zero) in MEASURES.items()
        },
    }


def compare(series: Sequence[tuple[str, Sequence[ShownPoint]]], step: Step) -> Data:
    """Several series over time, one line each; their steps are matched by number, so that periods may differ.

    Args:
        series: names and points.
        step: how fine they are.
    """
    longest = max((points for _name, points in series), key=len, default=())
    return {
        **_axis(longest, step),
        "names": [name for name, _points in series],
        "dates": [[words.point(point.start, step) for point in points] for _name, points in series],
        "first": "visitors",
        "metrics": {
            key: {
                "name": measure_name(key),
                "format": form,
                "zero": zero,
                "lines": [[_value(point, read, key) for point in points] for _name, points in series],
            }
            for key, (read, form, zero) in MEASURES.items()
        },
    }


def bars(labels: Sequence[str], values: Sequence[float | None], name: str) -> Data:
    """Bars of one measure; None is hatched.

    Args:
        labels: below the bars.
        values: their heights.
        name: of the measure.
    """
    return {"labels": list(labels), "values": list(values), "name": name}


def pyramid(table: Published, before: Published | None = None, filters: Filters = EVERYBODY) -> Data:
    """Two wings: percent of all visitors by age band, women and men, the youngest first.

    Args:
        table: visitors by gender, age band and mood.
        before: of another period.
        filters: whom it is about.
    """
    return {
        "bands": [names.band(band) for band in BANDS],
        "women": _wing(table, Gender.FEMALE, filters),
        "men": _wing(table, Gender.MALE, filters),
        "before": before
        and {"women": _wing(before, Gender.FEMALE, filters), "men": _wing(before, Gender.MALE, filters)},
        "names": [names.gender(gender) for gender in _WING],
    }


def wing_counts(table: Published, gender: Gender, filters: Filters = EVERYBODY) -> list[int | None]:
    """Visitors of a gender by age band; 0 for those whom the filters leave out."""
    if filters.gender not in (None, gender):
        return [0] * len(BANDS)
    line = table.line(GENDERS.index(gender), None, _mood_index(filters))
    return [count if filters.band in (None, band) else 0 for count, band in zip(line, BANDS, strict=True)]


def mood(points: Sequence[ShownPoint], before: Sequence[ShownPoint], step: Step) -> Data:
    """The mood index, and below it the share of each mood, the happiest first; last, what is hidden of them."""
    columns = [_mood_shares(point) for point in points]
    count = len(names.MOOD_ORDER) + 1
    read, _form, _zero = MEASURES["mood"]
    return {
        **_axis(points, step),
        "gaps": _gaps(points),
        "names": [*(names.mood(which) for which in names.MOOD_ORDER), _("Hidden: too few")],
        "shares": [[None if column is None else column[k] for column in columns] for k in range(count)],
        "someHidden": any(column is not None and column[-1] for column in columns),
        "index": [_value(point, read, "mood") for point in points],
        "before": [_value(point, read, "mood") for point in before[: len(points)]],
    }


def _mood_shares(point: ShownPoint) -> list[float] | None:
    counts = point.counts
    if not counts.visitors or point.is_gap:
        return None
    by_mood = dict(zip(MOODS, counts.moods, strict=True))
    shown = [by_mood[which] or 0 for which in names.MOOD_ORDER]
    return [round(100 * number / counts.visitors, 2) for number in (*shown, counts.visitors - sum(shown))]


def _axis(points: Sequence[ShownPoint], step: Step) -> Data:
    return {
        "labels": [words.point(point.start, step) for point in points],
        "ticks": [
            [i, _tick(point.start, step, len(points))] for i, point in enumerate(points) if _has_tick(i, points, step)
        ],
    }


def _has_tick(i: int, points: Sequence[ShownPoint], step: Step) -> bool:
    start = points[i].start
    match step:
        case Step.HOUR:
            days = points[-1].start.date() != points[0].start.date()
            return start.date() != points[i - 1].start.date() or i == 0 if days else start.hour % 2 == 0
        case Step.DAY:
            return start.weekday() == 0 or len(points) < 10
        case Step.WEEK:
            return i == 0 or start.month != points[i - 1].start.month
        case Step.MONTH:
            return True


def _tick(start: datetime, step: Step, number: int) -> str:
    match step:
        case Step.HOUR:
            return words.weekday_day(start) if number > 24 else words.hour(start.hour)
        case Step.DAY:
            return words.weekday_day(start) if number <= 42 else words.day(start)
        case Step.WEEK:
            return words.day(start) if number <= 16 else words.month(start)
        case Step.MONTH:
            return words.month(start)


def _gaps(points: Sequence[ShownPoint]) -> list[list[int]]:
    """First and last index of each row of steps of which nothing is known."""
    gaps: list[list[int]] = []
    for i, point in enumerate(points):
        if point.is_gap:
            if gaps and gaps[-1][1] == i - 1:
                gaps[-1][1] = i
            else:
                gaps.append([i, i])
    return gaps


def _is_partial(point: ShownPoint) -> bool:
    coverage = point.counts.coverage
    return coverage is not None and coverage < PARTIAL and not point.is_gap


def _reason(point: ShownPoint) -> str:
    return _("Partial: photos of %(share)s of the hours") % {"share": words.share(point.counts.coverage)}


def _note(point: ShownPoint) -> str:
    if point.is_gap:
        return _("No photos, so nobody knows")
    if point.was_closed:
        return _("Closed")
    return _("Hidden: too few people") if point.counts.visitors is None else ""


def _value(point: ShownPoint, read: _Measure, key: str) -> float | None:
    unknown = point.was_closed or (point.is_gap and key != "coverage")
    return None if unknown else read(point.counts)


def _wing(table: Published, gender: Gender, filters: Filters) -> list[float | None]:
    which = GENDERS.index(filters.gender) if filters.gender else ALL
    band = BANDS.index(filters.band) if filters.band else ALL
    whole = table.at(which, band, _mood_index(filters))
    counts = wing_counts(table, gender, filters)
    return [None if count is None or whole is None else round(100 * count / (whole or 1), 2) for count in counts]


def _mood_index(filters: Filters) -> int:
    return MOODS.index(filters.mood) if filters.mood else ALL


def _percent(part: float | None) -> float | None:
    return None if part is None else round(100 * part, 1)
