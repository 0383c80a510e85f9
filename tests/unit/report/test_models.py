"""What two releases have in common, and a canary and the rest: sums and shares that can be worked out by hand."""

from datetime import date, timedelta

import pytest

from services.common.vocabulary import AgeBand, Gender
from services.report.domain.models import (
    Agreement,
    Answered,
    GroupAgreement,
    ModelDay,
    Tally,
    answered,
    beside,
    pairs,
    wilson,
)

MONDAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("those", "of", "low", "high"),
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_the_literature(those: int, of: int, low: float, high: float) -> None:
    interval = wilson(those, of)
    assert interval is not None
    assert (interval.share, interval.low, interval.high) == pytest.approx((those / of, low, high), abs=1e-4)
    assert wilson(0, 0) is None


def group(version: str, gender: Gender, band: AgeBand, sums: Agreement) -> GroupAgreement:
    return GroupAgreement(version, "shadow", gender, band, sums)


def test_a_pair_is_the_sum_of_its_groups_in_the_order_of_people() -> None:
    old_men, young_men = Agreement(10, 80.0, 4, 9, 5), Agreement(30, 60.0, 29, 30, 20)
    women, other = Agreement(60, 120.0, 57, 51, 45), Agreement(5, 5.0, 5, 5, 5)
    few, many = pairs(
        [
            group("b", Gender.FEMALE, AgeBand.AGE_0_12, other),
            group("a", Gender.MALE, AgeBand.AGE_65_UP, old_men),
            group("a", Gender.MALE, AgeBand.AGE_13_17, young_men),
            group("a", Gender.FEMALE, AgeBand.AGE_65_UP, women),
        ]
    )[::-1]
    assert (few.version, few.total) == ("b", other)
    assert [part.sums for part in many.groups] == [women, young_men, old_men]
    assert many.total == Agreement(100, 260.0, 90, 90, 70)
    assert many.total.mean_difference_years == pytest.approx(2.6)
    assert [share and share.share for share in (many.total.ages, many.total.genders, many.total.moods)] == [
        0.9,
        0.9,
        0.7,
    ]
    assert (Agreement().mean_difference_years, Agreement().ages) == (None, None)


def tally(photos: int, women: int, men: int) -> Tally:
    return Tally(photos, women + men, women, men, 40.0 * (women + men), (women, men, 0, 0, 0, 0, 0))


def test_a_canary_is_compared_with_the_others_on_its_own_days_alone() -> None:
    days = [
        ModelDay("old", MONDAY, 1, tally(100, 90, 10)),
        ModelDay("old", MONDAY + timedelta(1), 1, tally(90, 45, 45)),
        ModelDay("canary", MONDAY + timedelta(1), 1, tally(10, 6, 4)),
        ModelDay("old", MONDAY + timedelta(2), 1, tally(80, 40, 40)),
        ModelDay("canary", MONDAY + timedelta(2), 1, tally(10, 2, 8)),
        ModelDay("canary", MONDAY + timedelta(3), 1, tally(5, 5, 0)),
    ]
    assert answered(days) == (
        Answered("old", 270, True, MONDAY, MONDAY + timedelta(2)),
        Answered("canary", 25, True, MONDAY + timedelta(1), MONDAY + timedelta(3)),
    )
    (pair,) = beside(days)
    assert (pair.version, pair.days, pair.own, pair.rest) == ("canary", 2, tally(20, 8, 12), tally(170, 85, 85))
    assert pair.own.women_share is not None
    assert (pair.own.women_share.share, pair.own.mean_age_years) == (0.4, 40)
    share = pair.rest.mood_share(1)
    assert share is not None
    assert share.share == 0.5
    assert Tally().mean_age_years is None
    assert beside(days[:1]) == ()


def test_where_a_part_was_looked_at_there_are_about_so_many_photos() -> None:
    (release,) = answered([ModelDay("old", MONDAY, 0.25, tally(100, 1, 1))])
    assert (release.photos, release.is_exact) == (400, False)
