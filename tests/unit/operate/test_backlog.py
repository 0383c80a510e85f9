"""What two looks at a consumer say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.operate.domain.backlog import Line, Look, line
from tests.unit.operate.test_findings import CONSUMER, NOW, STREAM


def of(before: tuple[int, int, int], after: tuple[int, int, int], apart_s: float = 2.0) -> Line:
    """Each look: last number of the stream, waiting, unanswered."""

    def look(last: int, waiting: int, unanswered: int) -> Look:
        stream = replace(STREAM, last_number=last, messages=waiting + unanswered)
        return Look(stream, replace(CONSUMER, waiting=waiting, unanswered=unanswered))

    return line(look(*before), look(*after), apart_s, NOW)


def test_rates_are_what_came_and_what_was_answered() -> None:
    # 10 came in 2 s, and 12 fewer are left: 22 were answered.
    found = of((100, 30, 2), (110, 18, 2))
    assert (found.arriving_per_s, found.answered_per_s) == (5.0, 11.0)
    assert found.empty_in_s == pytest.approx(20 / 6)


def test_a_backlog_that_grows_is_never_empty() -> None:
    found = of((100, 30, 2), (110, 36, 2))
    assert found.answered_per_s == 2.0
    assert found.empty_in_s is None


def test_nothing_left_is_empty_now() -> None:
    found = of((100, 0, 0), (100, 0, 0))
    assert (found.empty_in_s, found.oldest_s) == (0.0, None)


def test_the_oldest_of_a_work_queue_is_the_streams_oldest() -> None:
    assert of((7, 2, 1), (7, 2, 1)).oldest_s == timedelta(hours=2).total_seconds()


def test_the_oldest_of_a_stream_that_keeps_what_is_answered_is_known_only_before_the_first_answer() -> None:
    stream = replace(STREAM, work_queue=False)
    for answered_to, expected in ((4, 7200.0), (5, None)):
        look = Look(stream, replace(CONSUMER, answered_to=answered_to, answered_at=NOW - timedelta(seconds=9)))
        found = line(look, look, 2.0, NOW)
        assert found.oldest_s == expected
        assert found.answered_s == 9.0


def test_a_stream_without_a_consumer_counts_its_messages() -> None:
    found = line(Look(STREAM, None), Look(replace(STREAM, messages=1), None), 2.0, NOW)
    assert (found.consumer, found.waiting, found.answered_per_s) == (None, 1, 1.0)
