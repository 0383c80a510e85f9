"""How many photos a second come when."""

import numpy as np
import pytest

from loadtest.shapes import STEP_S, Day, Flat, Peak, Ramp, cameras_for

SECONDS = 600.0


def mean(shape: Day | Flat | Peak) -> float:
    rates = [shape.rate(float(at)) for at in np.linspace(0, SECONDS, 24 * 60, endpoint=False)]
    return float(np.mean([rate for rate in rates if rate is not None]))


@pytest.mark.parametrize("shape", [Flat(7, SECONDS), Day(7, SECONDS, [0.0]), Peak(7, SECONDS), Ramp(7, SECONDS)])
def test_every_run_ends(shape: Flat | Day | Peak | Ramp) -> None:
    assert shape.rate(0) is not None
    assert shape.rate(SECONDS) is None


def test_a_shop_sends_between_eight_and_twenty_by_its_own_clock() -> None:
    tokyo = Day(60, SECONDS, [9.0])
    hour = SECONDS / 24
    # 8 in Tokyo is 23 in UTC, and 20 is 11.
    assert tokyo.rate(22.9 * hour) == 0
    assert tokyo.rate(23.1 * hour) == 120
    assert tokyo.rate(0) == tokyo.rate(10.9 * hour) == 120
    assert tokyo.rate(11.1 * hour) == 0


@pytest.mark.parametrize("offsets", [[0.0], [5.5], [-8.0, 1.0, 9.0], [float(one) for one in range(-11, 13)]])
def test_a_day_has_its_rate_on_average_wherever_the_shops_are(offsets: list[float]) -> None:
    assert mean(Day(60, SECONDS, offsets)) == pytest.approx(60, rel=0.01)


def test_half_of_the_shops_are_open_at_any_time_where_they_are_everywhere() -> None:
    everywhere = Day(60, SECONDS, [float(one) for one in range(-12, 12)])
    assert {everywhere.rate(float(at)) for at in range(600)} == {60}


def test_a_peak_is_five_times_as_much_for_half_of_the_time() -> None:
    peak = Peak(10, SECONDS)
    assert peak.rate(0.24 * SECONDS) == 10
    assert peak.rate(0.275 * SECONDS) == pytest.approx(30)
    assert peak.rate(0.31 * SECONDS) == peak.rate(0.74 * SECONDS) == 50
    assert peak.rate(0.76 * SECONDS) == 10


def test_a_ramp_adds_as_much_with_every_step() -> None:
    ramp = Ramp(15, SECONDS)
    assert [ramp.rate(step * STEP_S) for step in range(4)] == [15, 30, 45, 60]
    assert ramp.rate(STEP_S - 0.01) == 15


def test_cameras_send_as_much_as_is_wanted_together() -> None:
    assert cameras_for(60) == 300
    assert cameras_for(0) == 1  # Locust ends a run that has no users
