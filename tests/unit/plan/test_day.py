"""When photos come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.year.curves import _RUSHES
from services.plan.domain.day import CLOSE_H, OPEN_H, RUSHES, day, per_s
from services.plan.domain.estate import Region


@given(offsets=st.lists(st.integers(-12, 14).map(float), min_size=1, max_size=4), photos=st.floats(1, 1e9))
def test_a_day_has_its_photos(offsets: list[float], photos: float) -> None:
    assert day(Region("x", 1, tuple(offsets)), photos).sum() * 60 == pytest.approx(photos, rel=1e-4)


def test_nobody_comes_while_shops_are_closed() -> None:
    rates = day(Region("x", 1, (1.0,)), 1_000)
    assert (rates[: (OPEN_H - 1) * 60] == 0).all()
    assert (rates[(CLOSE_H - 1) * 60 :] == 0).all()
    assert (rates[(OPEN_H - 1) * 60 : (CLOSE_H - 1) * 60] > 0).all()


def test_the_rushes_are_at_noon_and_after_work_as_in_the_made_up_year() -> None:
    assert _RUSHES["street"] == RUSHES
    rates = per_s(Region("x", 1, (0.0,)), 1_000, np.array([10.0, 12.5, 15.0, 17.5]) * 3_600)
    assert rates[3] > rates[1] > rates[2] > rates[0]


def test_zones_spread_the_rush() -> None:
    one, many = (day(Region("x", 1, offsets), 1_000).max() for offsets in ((0.0,), (-5.0, -6.0, -8.0)))
    assert many < one
