"""Waiting times by theory, beside known values and beside a simulation photo by photo."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plan.domain.queueing import erlang_c, wait_s
from tests.unit.plan.photo_by_photo import gamma, poisson, waits


def test_erlang_c_is_what_tables_say() -> None:
    # One server: as likely busy as it is loaded. Two: 2 r^2 / (1 + r) for a load of r each.
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(2, 2 * 0.6) == pytest.approx(2 * 0.36 / 1.6)
    # A table's value: 10 servers, 8 erlangs.
    assert erlang_c(10, 8) == pytest.approx(0.409, abs=0.001)


@given(servers=st.integers(1, 5_000), busy=st.floats(0.001, 0.999))
def test_it_is_a_probability(servers: int, busy: float) -> None:
    assert 0 <= erlang_c(servers, servers * busy) <= 1


def test_waits_of_one_server() -> None:
    # M/M/1: r s / (1 - r). M/D/1: half of it.
    assert wait_s(8, 0.1, 1, 1) == pytest.approx(0.4)
    assert wait_s(8, 0.1, 0, 1) == pytest.approx(0.2)


def test_more_than_can_be_served_waits_for_ever() -> None:
    assert wait_s(30, 0.1, 1, 3) == math.inf


@pytest.mark.parametrize(("servers", "busy", "spread"), [(1, 0.8, 0.0), (1, 0.8, 0.3), (3, 0.85, 0.3), (4, 0.8, 1.0)])
def test_photo_by_photo_they_wait_as_theory_says(servers: int, busy: float, spread: float) -> None:
    random = np.random.default_rng(5)
    rate = busy * servers / 0.0265
    waited = waits(poisson(rate, 30_000 / rate, random), [(servers, gamma(0.0265, spread, random))])
    assert np.mean(waited) == pytest.approx(wait_s(rate, 0.0265, spread, servers), rel=0.15)
