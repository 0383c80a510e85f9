"""Which hours cameras owe photos in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.common.cameras.opening_hours import parse_opening_hours
from services.record.domain.hours_due import Due, DueHour, ShopHours, at_most, hours_due


def due(zone: str, hours: str, through: datetime | None, now: datetime, most: int = 48, holidays: tuple[date, ...] = ()) -> Due:  # fmt: skip
    shop = ShopHours(1, 10, zone, hours, holidays, 3, through)
    return hours_due(shop, parse_opening_hours(hours, holidays), ZoneInfo(zone), now, most)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_only_hours_that_have_ended_are_due() -> None:
    found = due("UTC", "", at(2, 10), at(2, 12, 59))
    assert [hour.local_hour for hour in found.hours] == [10, 11]
    assert found.through == at(2, 12)
    assert {hour.cameras for hour in found.hours} == {3}
    assert due("UTC", "", found.through, at(2, 12, 59)).hours == ()


@pytest.mark.parametrize(
    ("hours", "first", "last"),
    [
        ("Mo-Su 08:30-20:00", 8, 19),
        ("Mo-Su 08:31-20:00", 9, 19),
        ("Mo-Su 08:00-20:30", 8, 20),
        ("Mo-Su 08:00-20:15", 8, 19),
    ],
)
def test_an_hour_counts_when_the_shop_is_open_for_half_of_it(hours: str, first: int, last: int) -> None:
    found = [hour.local_hour for hour in due("UTC", hours, at(2, 0), at(3, 0)).hours]
    assert (found[0], found[-1]) == (first, last)
    assert found == list(range(first, last + 1))


def test_hours_past_midnight_belong_to_their_own_day() -> None:
    found = due("UTC", "Mo 22:00-02:00", at(2, 21), at(3, 6)).hours  # the 2nd is a Monday
    assert [(hour.local_day.day, hour.local_hour) for hour in found] == [(2, 22), (2, 23), (3, 0), (3, 1)]


def test_nothing_is_due_on_a_holiday() -> None:
    found = due("Asia/Tokyo", "Mo-Su 09:00-18:00", at(1, 0), at(4, 0), most=99, holidays=(date(2026, 3, 2),)).hours
    assert {hour.local_day.day for hour in found} == {1, 3}


def test_a_new_shop_begins_with_its_present_hour() -> None:
    assert due("UTC", "", None, at(2, 10, 17)) == Due(1, (), at(2, 10))
    assert due("UTC", "", None, at(2, 10)) == Due(1, (), at(2, 10))
    assert due("Asia/Kolkata", "", None, at(2, 10, 17)) == Due(1, (), at(2, 9, 30))


def test_hours_are_those_of_the_shops_clock_where_it_is_off_by_half_an_hour() -> None:
    found = due("Asia/Kolkata", "", at(2, 9, 30), at(2, 11, 29))
    assert found == Due(1, (DueHour(1, 10, date(2026, 3, 2), 15, 3),), at(2, 10, 30))


def test_the_hour_that_is_left_out_is_not_due_and_the_one_that_is_repeated_is_due_once() -> None:
    spring = due("Europe/Berlin", "", at(29, 0), at(29, 3)).hours
    assert [hour.local_hour for hour in spring] == [1, 3, 4]
    autumn = due("Europe/Berlin", "", at(24, 23, month=10), at(25, 3, month=10)).hours
    assert [hour.local_hour for hour in autumn] == [1, 2, 3]


def test_what_is_too_much_for_once_is_left_for_the_next_time() -> None:
    found = due("UTC", "", at(2, 0), at(9, 0), most=10)
    assert len(found.hours) == 10
    assert found.through == at(2, 10)
    assert len(at_most([found] * 5, 25)) == 2
    assert len(at_most([found] * 5, 3)) == 1
    assert at_most([], 3) == []


def test_bit_by_bit_is_the_same_as_at_once() -> None:
    hours, now, through = "Mo-Sa 09:45-18:15", at(29, 12), at(27, 6)
    bits: list[DueHour] = []
    for minutes in range(0, 60 * 54, 7):
        found = due("America/Denver", hours, through, at(27, 6) + timedelta(minutes=minutes))
        bits += found.hours
        through = found.through
    assert tuple(bits) == due("America/Denver", hours, at(27, 6), now, most=500).hours[: len(bits)]
    assert len(bits) > 10
