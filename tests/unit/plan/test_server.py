"""Lots are served as theory says that photos are."""

import numpy as np
import pytest

from services.plan.domain.queueing import wait_s
from services.plan.handler.cell import Server
from services.plan.handler.line import Line, Lot

TICK_S = 0.1


def mean_time_s(per_s: float, cpu_s: float, spread: float, replicas: int, ticks: int) -> float:
    """Of photos from their arrival to their end."""
    random = np.random.default_rng(11)
    arrivals = random.poisson(per_s * TICK_S, ticks).tolist()
    line, server = Line(), Server(cpu_s, spread, random)
    total = photos = 0
    for tick, number in enumerate(arrivals):
        line.put([Lot(tick, number, 0)])
        for lot in server.serve(line, replicas, TICK_S):
            total += lot.photos * (tick - lot.born)
            photos += lot.photos
    return total * TICK_S / photos


def test_one_server_of_equal_photos_is_m_d_1() -> None:
    # 0.8 x 1 s / (2 x 0.2) = 2 s, and the photo's own second.
    assert wait_s(0.8, 1, 0, 1) == pytest.approx(2)
    assert mean_time_s(0.8, 1, 0, 1, 600_000) == pytest.approx(3, rel=0.08)


def test_one_server_of_photos_that_differ_is_m_g_1() -> None:
    assert mean_time_s(0.85, 1, 0.5, 1, 600_000) == pytest.approx(1 + wait_s(0.85, 1, 0.5, 1), rel=0.12)


@pytest.mark.parametrize(("replicas", "cpu_s"), [(1, 0.0265), (8, 0.0265), (60, 0.0265), (3, 0.4)])
def test_they_are_as_fast_as_their_cpu(replicas: int, cpu_s: float) -> None:
    line, server = Line(), Server(cpu_s, 0.3, np.random.default_rng(3))
    line.put([Lot(0, 10_000_000, 0)])
    done = sum(lot.photos for _ in range(5_000) for lot in server.serve(line, replicas, TICK_S))
    assert done == pytest.approx(replicas * 500 / cpu_s, rel=0.02)
    assert server.so_far_s() == pytest.approx(done * cpu_s)


def test_who_was_idle_has_worked_nothing_off() -> None:
    line, server = Line(), Server(1, 0, np.random.default_rng(3))
    for _ in range(100):
        assert server.serve(line, 1, TICK_S) == []
    line.put([Lot(0, 2, 0)])
    done = [sum(lot.photos for lot in server.serve(line, 1, TICK_S)) for _ in range(21)]
    assert sum(done[:9]) == 0
    assert sum(done) == 2


def test_no_more_is_done_than_there_is_room_for() -> None:
    line, server = Line(), Server(0.01, 0, np.random.default_rng(3))
    line.put([Lot(0, 100, 0)])
    assert sum(lot.photos for lot in server.serve(line, 1, TICK_S, room=4)) == 4
    assert server.serve(line, 1, TICK_S, room=0) == []
    assert line.photos == 96
