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
    """Visitors, age, women, mood and coverage of a place."""
    before, against = o.before, _against(o.period, o.asked.comparison)
    was = None if before is None else before.women_share
    number, unit = words.compact(o.now.visitors)
    women = o.now.women_share
    age = difference(o.now.median_age_years, before.median_age_years if before else None)
    mood = difference(_rounded(o.now.mood_index), _rounded(before.mood_index) if before else None)
    covered, covered_before = o.hours.coverage, o.hours_before.coverage if o.hours_before else None
    missing = o.hours.missing_hours
    visitors_changes = [Change(words.change(o.change), against, _tone(o.change))] if o.other else []
    if o.asked.comparison is not Comparison.YEAR and o.year_change is not None:
        visitors_changes.append(Change(words.change(o.year_change), _("vs a year before"), _tone(o.year_change)))
    return (
        _kpi(o, "visitors", (words.hidden(o.min_cell) if o.now.visitors is None else number, unit), visitors_changes),
        _kpi(
            o,
            "age",
            (words.count(o.now.median_age_years), _("years")),
            [Change(words.years(age), _was(words.count(before.median_age_years)))] if before else [],
        ),
        _kpi(
            o,
            "women",
            _split(words.share(women)),
            [Change(words.points(difference(women, was)), _was(words.share(was)))] if before else [],
        ),
        _kpi(
            o,
            "mood",
            (words.signed(o.now.mood_index), ""),
            [Change(words.signed(mood), _was(words.signed(before.mood_index)), _tone(mood))] if before else [],
        ),
        _kpi(
            o,
            "coverage",
            _split(words.share(covered)),
            [
                Change(
                    words.points(difference(covered, covered_before)) if before else "",
                    ngettext("%(hours)s hour missing", "%(hours)s hours missing", missing)
                    % {"hours": words.count(missing)},
                    _tone(difference(covered, covered_before)),
                )
            ],
        ),
    )


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


def _was(text: str) -> str:
    return _("was %(number)s") % {"number": text}


def _against(period: Period, comparison: Comparison) -> str:
    return _("vs %(period)s") % {"period": words.before(period, comparison)}


def _tone(number: float | None) -> str:
    return "" if not number else "up" if number > 0 else "down"


def _rounded(number: float | None) -> int | None:
    return None if number is None else round(number)
