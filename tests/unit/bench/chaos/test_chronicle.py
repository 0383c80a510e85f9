import pytest

from bench.chaos.cameras import KEPT, LEFT, NOTHING, Try
from bench.chaos.chronicle import Chronicle


@pytest.fixture
def chronicle() -> Chronicle:
    told = Chronicle()
    for photo, ended_at, answer in (
        ("a", 1.0, KEPT),
        ("b", 2.0, "451"),
        ("b", 3.0, NOTHING),
        ("c", 3.5, LEFT),
        ("b", 4.0, KEPT),
        ("a", 9.0, KEPT),
        ("c", 9.5, KEPT),
    ):
        told.add(Try(photo, ended_at - 0.5, ended_at, answer))
    return told


def test_a_photo_is_acknowledged_when_that_was_said_first(chronicle: Chronicle) -> None:
    assert chronicle.acknowledged == {"a": 1.0, "b": 4.0, "c": 9.5}


def test_a_camera_that_hangs_up_was_not_refused(chronicle: Chronicle) -> None:
    assert chronicle.refused(0, 10) == 2
    assert chronicle.refused(3.2, 10) == 0
    assert chronicle.answers(0, 10) == {KEPT: 4, "451": 1, NOTHING: 1, LEFT: 1}


def test_a_silence_is_a_time_without_a_photo_that_is_kept_at_either_end_too(chronicle: Chronicle) -> None:
    assert chronicle.longest_silence(0, 10) == 5.0
    assert chronicle.longest_silence(0.5, 4.0) == 3.0
    assert chronicle.longest_silence(9.5, 20) == 10.5
    assert chronicle.longest_silence(5, 8) == 3.0


def test_the_oldest_that_waits_is_the_next_after_those_that_are_recorded(chronicle: Chronicle) -> None:
    assert chronicle.oldest_after(1, now=12.0) == 8.0
    assert chronicle.oldest_after(3, now=12.0) == 0.0
