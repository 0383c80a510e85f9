"""Numbers and times as people read them, in the language that is spoken."""

from datetime import date, datetime, timedelta
from typing import Final, Literal

from babel.dates import format_date, format_skeleton, get_day_names
from babel.numbers import format_compact_decimal, format_decimal
from markupsafe import Markup

from services.report.domain.periods import Comparison, Period, Preset, Step
from services.report.pages.i18n import _, locale, ngettext
from services.report.pages.names import NONE

MINUS: Final = "\u2212"
_COMPACT_FROM: Final = 1_000_000
_WEEK: Final = 7


def count(number: float | None) -> str:
    """9413 -> 9,413; in German 9.413."""
    return NONE if number is None else format_decimal(round(number), format="#,##0", locale=locale())


def decimal(number: float | None, digits: int = 1) -> str:
    """4.25 -> 4.3, with as many digits after the point as are asked for."""
    return NONE if number is None else _digits(number, digits)


def compact(number: float | None) -> tuple[str, str]:
    """9160000 -> 9.16 and million; 9413 -> 9,413 and nothing. For large type."""
    if number is None or abs(number) < _COMPACT_FROM:
        return count(number), ""
    style: Literal["long", "short"] = "long" if locale().language == "en" else "short"
    text = format_compact_decimal(number, format_type=style, locale=locale(), fraction_digits=2)
    value, unit = text.replace("\u00a0", " ").split(" ", 1)
    return value, unit


def brief(number: float | None, whole_below: int = 10_000) -> str:
    """157300 -> 157k, for where there is little room; smaller numbers than that stay whole."""
    if number is None:
        return NONE
    if abs(number) < whole_below:
        return count(number)
    divisor, unit = (1_000_000, "M") if abs(number) >= _COMPACT_FROM else (1_000, "k")
    digits = 1 if abs(number) < 10 * divisor else 0
    return _digits(number / divisor, digits) + unit


def share(part: float | None, digits: int = 1) -> str:
    """0.543 -> 54.3%; in German 54,3 %."""
    return NONE if part is None else percent(100 * part, digits)


def percent(number: float | None, digits: int = 1) -> str:
    """54.3 -> 54.3%."""
    return NONE if number is None else _digits(number, digits) + percent_sign()


def percent_sign() -> str:
    """What follows a number of percent."""
    return "%" if locale().language == "en" else "\u00a0%"


def signed(number: float | None, digits: int = 0) -> str:
    """-3.2 -> minus 3, with the true minus sign; nothing is ±0."""
    if number is None:
        return NONE
    rounded = round(number, digits)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else "±"
    return sign + _digits(abs(rounded), digits if rounded else 0)


def change(part: float | None) -> str:
    """0.041 -> +4.1%."""
    return NONE if part is None else signed(100 * part, 1) + percent_sign()


def points(difference: float | None) -> str:
    """0.008, between two shares -> +0.8 pts."""
    return NONE if difference is None else _("%(number)s pts") % {"number": signed(100 * difference, 1)}


def years(difference: float | None) -> str:
    """1.2 -> +1 year."""
    if difference is None:
        return NONE
    return ngettext("%(number)s year", "%(number)s years", abs(round(difference))) % {"number": signed(difference)}


def hidden(threshold: int) -> str:
    """<10: a number that is not said."""
    return f"<{threshold}"


def day(when: date, *, year: bool = False) -> str:
    """24 Nov, or 24 Nov 2026."""
    return str(format_skeleton("yMMMd" if year else "MMMd", _moment(when), locale=locale()))


def weekday_day(when: date, *, year: bool = False) -> str:
    """Mon 23 Nov."""
    return f"{weekday(when.weekday())} {day(when, year=year)}"


def long_day(when: date) -> str:
    """Monday, 23 November 2026."""
    return str(format_date(when, "full", locale=locale()))


def weekday(number: int, *, long: bool = False) -> str:
    """0 -> Mon."""
    width: Literal["wide", "abbreviated"] = "wide" if long else "abbreviated"
    return str(get_day_names(width, context="stand-alone", locale=locale())[number]).rstrip(".")


def hour(number: int) -> str:
    """8 -> 08:00."""
    return f"{number:02d}:00"


def hour_span(number: int) -> str:
    """8 -> 08:00–08:59."""
    return f"{number:02d}:00{NONE}{number:02d}:59"


def moment(when: datetime) -> str:
    """Mon 23 Nov, 14:10."""
    return f"{weekday_day(when)}, {when:%H:%M}"


def month(when: date) -> str:
    """Nov 2026."""
    return str(format_skeleton("yMMM", _moment(when), locale=locale()))


def point(start: datetime, step: Step) -> str:
    """A step of a period, as a table's row says it."""
    match step:
        case Step.HOUR:
            return f"{weekday_day(start)}, {start:%H:%M}"
        case Step.DAY:
            return weekday_day(start)
        case Step.WEEK:
            return span(Period(start.date(), start.date() + timedelta(days=6)), year=False)
        case Step.MONTH:
            return month(start)


def span(period: Period, *, year: bool = True) -> str:
    """27 Oct – 23 Nov 2026."""
    first, last = period.first, period.last
    if first == last:
        return day(last, year=year)
    return f"{day(first, year=year and first.year != last.year)} {NONE} {day(last, year=year)}"


def how_long(period: Period) -> str:
    """Today, in 28 days ..."""
    if period.preset is Preset.TODAY:
        return _("today")
    if period.preset is Preset.YESTERDAY:
        return _("yesterday")
    return ngettext("in one day", "in %(days)s days", period.days) % {"days": count(period.days)}


def before(period: Period, comparison: Comparison) -> str:
    """28 days before, a year before: the other period, in a few words."""
    if comparison is Comparison.YEAR:
        return _("a year before")
    if period.days < _WEEK:
        return _("a week before")
    if period.days % _WEEK:
        return _("the same weekdays before")
    return _("%(days)s days before") % {"days": count(period.days)}


def than(period: Period, comparison: Comparison) -> str:
    """Than in the 28 days before."""
    if comparison is Comparison.YEAR:
        return _("than a year before")
    if period.days < _WEEK:
        return _("than a week before")
    if period.days % _WEEK:
        return _("than on the same weekdays before")
    return _("than in the %(days)s days before") % {"days": count(period.days)}


def drift(seconds: float) -> str:
    """-7200 -> clock 2 h slow, or upload late."""
    size = abs(seconds)
    if size < 7200:
        amount = _("%(number)s min") % {"number": count(size / 60)}
    elif size < 172_800:
        amount = _("%(number)s h") % {"number": count(size / 3600)}
    else:
        amount = _("%(number)s d") % {"number": count(size / 86_400)}
    text = _("clock %(amount)s fast") if seconds > 0 else _("clock %(amount)s slow, or uploads late")
    return text % {"amount": amount}


def ago(seconds: float) -> str:
    """How long ago something was: just now, 4 min ago, 3 h ago, 21 days ago."""
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _("%(number)s min ago") % {"number": count(seconds // 60)}
    if seconds < 172_800:
        return _("%(number)s h ago") % {"number": count(seconds // 3600)}
    return _("%(number)s days ago") % {"number": count(seconds // 86_400)}


def listed(names: list[str]) -> str:
    """Names after each other: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}


def rich(text: str, **values: object) -> Markup:
    """A message with marks such as <b>, which are ours; what goes into it is escaped, for it is not."""
    return Markup(text) % values  # noqa: S704  # the message is from the code or its catalogue


def _digits(number: float, digits: int) -> str:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = format_decimal(abs(number), format=pattern, locale=locale())
    return MINUS + text if number < 0 and any(figure in text for figure in "123456789") else text


def _moment(when: date) -> datetime:
    return when if isinstance(when, datetime) else datetime(when.year, when.month, when.day)  # noqa: DTZ001
