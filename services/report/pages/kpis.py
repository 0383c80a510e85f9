"""The figures at the top of a page: a number, what it was, and the shape of its way there."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.report.domain.counts import difference
from services.report.domain.periods import Comparison, Period, Step
from services.report.domain.shown import ShownPoint
from services.report.handler.explore import Exploration
from services.report.handler.overview import Overview
from services.report.pages import charts, graphics, names, words
from services.report.pages.i18n import _, ngettext


@dataclass(frozen=True, slots=True)
class Change:
    """A change and what it is against.

    Args:
        tone: "up" where it is good, "down" where it is bad, empty where it is neither.
    """

    text: str
    than: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure.

    Args:
        id: of charts.MEASURES.
        title: of the chart that it chooses.
    """

    id: str
    label: str
    value: str
    unit: str
    title: str
    changes: tuple[Change, ...]
    spark: graphics.Sparkline


def overview(o: Overview | Exploration) -> tuple[Kpi, ...]:
    """Visitors, age, women, mood and coverage of a place; of those who pass a filter only what is known over time."""
    before, hours, hours_before = o.before, o.hours, o.hours_before
    women, women_before = o.now.women_share, before.women_share if before else None
    age, age_before = o.now.median_age_years, before.median_age_years if before else None
    mood, mood_before = o.now.mood_index, before.mood_index if before else None
    mood_change = difference(_rounded(mood), _rounded(mood_before))
    covered = difference(hours.coverage, hours_before.coverage if hours_before else None)
    number, unit = words.compact(o.now.visitors)
    known = o.now.visitors is not None
    visitors = _kpi(o, "visitors", (number, unit) if known else (words.hidden(o.min_cell), ""), _visitors_changes(o))
    coverage = _kpi(
        o,
        "coverage",
        _split(words.share(hours.coverage)),
        (
            Change(
                "" if covered is None else words.points(covered),
                ngettext("%(hours)s hour missing", "%(hours)s hours missing", hours.missing_hours)
                % {"hours": words.count(hours.missing_hours)},
                _tone(covered),
            ),
        ),
    )
    if o.asked.filters.active:
        return (visitors, coverage)
    return (
        visitors,
        _kpi(
            o,
            "age",
            (words.count(age), "" if age is None else _("years")),
            _change(words.years(difference(age, age_before)), words.count(age_before), age_before),
        ),
        _kpi(
            o,
            "women",
            _split(words.share(women)),
            _change(words.points(difference(women, women_before)), words.share(women_before), women_before),
        ),
        _kpi(
            o,
            "mood",
            (words.signed(mood), ""),
            _change(words.signed(mood_change), words.signed(mood_before), mood_before, _tone(mood_change)),
        ),
        coverage,
    )


def _visitors_changes(o: Overview | Exploration) -> tuple[Change, ...]:
    changes = []
    if o.other and o.change is not None:
        changes.append(Change(words.change(o.change), _against(o.period, o.asked.comparison), _tone(o.change)))
    elif o.other:
        changes.append(Change("", _("no comparison: too little is known")))
    if o.asked.comparison is not Comparison.YEAR and o.year_change is not None:
        changes.append(Change(words.change(o.year_change), _("vs a year before"), _tone(o.year_change)))
    return tuple(changes)


def _change(text: str, was: str, before: float | None, tone: str = "") -> tuple[Change, ...]:
    """A change and what it was before; nothing where that is not known."""
    return () if before is None else (Change(text, _("was %(number)s") % {"number": was}, tone),)


def title(measure: str, step: Step) -> str:
    """Of a chart over time: Visitors per day."""
    return f"{charts.measure_name(measure)} {names.per_step(step)}"


def shape(points: Sequence[ShownPoint], measure: str = "visitors") -> graphics.Sparkline:
    """A measure over time, as a line without axes."""
    read, _form, zero = charts.MEASURES[measure]
    values = [None if point.was_closed or point.is_gap else read(point.counts) for point in points]
    closed = [i for i, point in enumerate(points) if point.was_closed]
    return graphics.sparkline(values, closed=closed, from_zero=zero)


def _kpi(o: Overview | Exploration, measure: str, value: tuple[str, str], changes: Sequence[Change]) -> Kpi:
    return Kpi(
        measure,
        charts.measure_name(measure),
        *value,
        title(measure, o.step),
        tuple(changes),
        shape(o.points, measure),
    )


def _split(text: str) -> tuple[str, str]:
    """54.3% -> 54.3 and %."""
    return (text[:-1].rstrip(), "%") if text.endswith("%") else (text, "")


def _against(period: Period, comparison: Comparison) -> str:
    return _("vs %(period)s") % {"period": words.before(period, comparison)}


def _tone(number: float | None) -> str:
    return "" if not number else "up" if number > 0 else "down"


def _rounded(number: float | None) -> int | None:
    return None if number is None else round(number)
