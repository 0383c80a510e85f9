"""Opening hours as people read them."""

import pytest

from services.report.pages.admin.estate_words import week


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", [("Every day", "open at all times")]),
        ("Mo-Su 08:00-20:00", [("Monday – Sunday", "08:00–20:00")]),
        (
            "Mo-Fr 08:00-12:00,13:00-18:00; Sa 09:00-13:00",
            [
                ("Monday – Friday", "08:00–12:00, 13:00–18:00"),
                ("Saturday", "09:00–13:00"),
                ("Sunday", "closed"),
            ],
        ),
        ("Fr 20:00-02:00", [("Monday – Thursday", "closed"), ("Friday", "20:00–02:00 the next day"), ("Saturday – Sunday", "closed")]),
        ("Mo-Su 00:00-24:00", [("Monday – Sunday", "00:00–24:00")]),
        ("whenever", []),
    ],
)  # fmt: skip
def test_a_week_is_read_as_days_and_hours(written: str, read: list[tuple[str, str]]) -> None:
    assert week(written) == read
