from datetime import date, datetime

import pytest

from services.common.cameras.opening_hours import OpeningHoursError, parse_opening_hours

# 2026-11-23 is a Monday.
MONDAY, SATURDAY, SUNDAY = "2026-11-23", "2026-11-28", "2026-11-29"


def is_open(text: str, day: str, time: str, holidays: tuple[str, ...] = ()) -> bool:
    hours = parse_opening_hours(text, map(date.fromisoformat, holidays))
    return hours.is_open(datetime.fromisoformat(f"{day}T{time}"))


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        (MONDAY, "07:59:59", False),
        (MONDAY, "08:00", True),
        (MONDAY, "19:59:59", True),
        (MONDAY, "20:00", False),
        (SATURDAY, "12:30", True),
        (SATURDAY, "13:30", False),
        (SATURDAY, "14:30", True),
        (SUNDAY, "12:00", False),
    ],
)
def test_a_week(day: str, time: str, expected: bool) -> None:
    assert is_open("Mo-Fr 08:00-20:00; Sa 09:00-13:00, 14:00-18:00; Su off", day, time) is expected


def test_hours_past_midnight_belong_to_the_day_they_begin_on() -> None:
    assert is_open("Sa 20:00-02:00", SUNDAY, "01:59")
    assert not is_open("Sa 20:00-02:00", SUNDAY, "02:00")
    assert not is_open("Sa 20:00-02:00", SATURDAY, "01:00")
    assert not is_open("Sa 20:00-02:00", SUNDAY, "01:00", (SATURDAY,))


@pytest.mark.parametrize("text", ["", "24/7", "Mo-Su 00:00-24:00"])
def test_open_at_all_times_but_on_holidays(text: str) -> None:
    assert is_open(text, SUNDAY, "03:00")
    assert not is_open(text, SUNDAY, "03:00", (SUNDAY,))


def test_later_rules_replace_earlier_ones_and_days_may_wrap() -> None:
    assert not is_open("Mo-Su 08:00-20:00; Sa-Mo off", MONDAY, "12:00")
    assert is_open("Fr-Mo 08:00-20:00", SUNDAY, "12:00")
    assert is_open("mo,sa 8:00-20:00", SATURDAY, "12:00")


@pytest.mark.parametrize("text", ["Mo", "Mo 8-20", "Xx 08:00-20:00", "Mo 25:00-26:00", "Mo 08:61-09:00", "always"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(OpeningHoursError):
        parse_opening_hours(text)
