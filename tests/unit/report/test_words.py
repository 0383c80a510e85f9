"""Numbers and times as people read them, in both languages."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest

from services.report.domain.periods import Comparison, Period, Preset, Step
from services.report.domain.places import Level, Place
from services.report.pages import i18n, names, words

NO_BREAK = "\u00a0"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.speak("en")
    yield
    i18n.speak("en")


def both(say: Callable[[], object]) -> tuple[object, object]:
    """What is said in English and in German."""
    i18n.speak("en")
    in_english = say()
    i18n.speak("de")
    return in_english, say()


def test_numbers_are_written_as_each_language_does() -> None:
    assert both(lambda: words.count(9413)) == ("9,413", "9.413")
    assert both(lambda: words.share(0.5432)) == ("54.3%", f"54,3{NO_BREAK}%")
    assert both(lambda: words.change(0.041)) == ("+4.1%", f"+4,1{NO_BREAK}%")
    assert both(lambda: words.change(-0.0412)) == ("−4.1%", f"−4,1{NO_BREAK}%")
    assert both(lambda: words.points(-0.0532)) == ("−5.3 pts", "−5,3 Pkt.")
    assert both(lambda: words.years(1.2)) == ("+1 year", "+1 Jahr")
    assert both(lambda: words.years(-2)) == ("−2 years", "−2 Jahre")
    assert both(lambda: words.compact(9_160_000)) == (("9.16", "million"), ("9,16", "Mio."))
    assert words.compact(9413) == ("9.413", "")
    assert both(lambda: words.brief(157_300)) == ("157k", "157k")
    assert both(lambda: words.brief(12_400_000)) == ("12M", "12M")
    assert words.brief(8_123) == "8.123"


@pytest.mark.parametrize(
    ("number", "text"), [(19.4, "+19"), (-3.2, "−3"), (0.2, "±0"), (-0.4, "±0"), (0, "±0"), (None, "–")]
)
def test_a_signed_number_has_a_true_minus_sign(number: float | None, text: str) -> None:
    assert words.signed(number) == text


def test_what_is_not_known_is_a_dash_and_never_a_zero() -> None:
    for say in (
        words.count,
        words.share,
        words.percent,
        words.signed,
        words.change,
        words.points,
        words.years,
        words.brief,
    ):
        assert say(None) == names.NONE
    assert words.hidden(10) == "<10"


def test_days_are_written_as_each_language_does() -> None:
    when = date(2026, 11, 23)
    assert both(lambda: words.day(when)) == ("23 Nov", "23. Nov.")
    assert both(lambda: words.weekday_day(when)) == ("Mon 23 Nov", "Mo 23. Nov.")
    assert both(lambda: words.long_day(when)) == ("Monday, 23 November 2026", "Montag, 23. November 2026")
    assert both(lambda: words.moment(datetime(2026, 11, 12, 14, 10))) == ("Thu 12 Nov, 14:10", "Do 12. Nov., 14:10")
    assert both(lambda: words.month(when)) == ("Nov 2026", "Nov. 2026")
    assert words.hour_span(8) == "08:00–08:59"


def test_a_span_says_its_year_once_where_it_can() -> None:
    assert words.span(Period(date(2026, 10, 27), date(2026, 11, 23))) == "27 Oct – 23 Nov 2026"
    assert words.span(Period(date(2025, 12, 30), date(2026, 1, 5))) == "30 Dec 2025 – 5 Jan 2026"
    assert words.span(Period(date(2026, 11, 23), date(2026, 11, 23))) == "23 Nov 2026"


def test_a_step_is_named_by_its_length() -> None:
    start = datetime(2026, 11, 23, 8)
    assert words.point(start, Step.HOUR) == "Mon 23 Nov, 08:00"
    assert words.point(start, Step.DAY) == "Mon 23 Nov"
    assert words.point(start, Step.WEEK) == "23 Nov – 29 Nov"
    assert words.point(start, Step.MONTH) == "Nov 2026"


def test_the_other_period_is_named_by_what_it_is() -> None:
    def of(days: int) -> Period:
        return Period(date(2026, 1, 1), date(2026, 1, days))

    assert words.before(of(28), Comparison.PREVIOUS) == "28 days before"
    assert words.before(of(1), Comparison.PREVIOUS) == "a week before"
    assert words.before(of(10), Comparison.PREVIOUS) == "the same weekdays before"
    assert words.before(of(28), Comparison.YEAR) == "a year before"
    assert both(lambda: words.than(of(28), Comparison.PREVIOUS)) == (
        "than in the 28 days before",
        "als in den 28 Tagen davor",
    )
    assert both(lambda: words.how_long(of(1))) == ("in one day", "an einem Tag")
    yesterday = Period(date(2026, 1, 1), date(2026, 1, 1), Preset.YESTERDAY)
    assert both(lambda: words.how_long(yesterday)) == ("yesterday", "gestern")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(300, "clock 5 min fast"), (-7200, "clock 2 h slow, or uploads late"), (259_200, "clock 3 d fast")],
)
def test_drift_is_said_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert words.drift(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "just now"), (240, "4 min ago"), (10_800, "3 h ago"), (1_900_000, "21 days ago")]
)
def test_how_long_ago_is_said_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert words.ago(seconds) == text


def test_what_goes_into_a_sentence_is_escaped_and_its_marks_are_not() -> None:
    assert words.rich("<b>%(place)s</b>", place="<script>") == "<b>&lt;script&gt;</b>"


def test_lists_of_names_end_with_and() -> None:
    assert words.listed([]) == ""
    assert words.listed(["Berlin"]) == "Berlin"
    assert both(lambda: words.listed(["Berlin", "Paris", "Rome"])) == (
        "Berlin, Paris and Rome",
        "Berlin, Paris und Rome",
    )


def test_the_world_has_a_name_in_each_language_and_a_shop_keeps_its_own() -> None:
    assert both(lambda: names.place(Place(Level.WORLD, "", "World"))) == ("World", "Welt")
    assert both(lambda: names.place(Place(Level.SHOP, "a", "World"))) == ("World", "World")
    assert names.path(Place(Level.WORLD, "", "World")) == "/"
    assert names.path(Place(Level.CITY, "berlin", "Berlin")) == "/cities/berlin"
