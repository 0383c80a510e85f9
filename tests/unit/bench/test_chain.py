"""What bench-chain makes of photos, rows and processes."""

from dataclasses import replace

import pytest

from bench.chain.__main__ import summary
from bench.chain.cameras import Sent
from bench.chain.machine import Outcome, Usage, outcome_of

SENT = [
    Sent("a", due_at=100.0, acknowledged_at=100.1, tries=1),
    Sent("b", due_at=101.0, acknowledged_at=101.3, tries=2),
    Sent("c", due_at=102.0, acknowledged_at=102.1, tries=1),
]
USAGE = Usage({"ingest": 6.0, "detect-1": 54.0}, {"ingest": 1 << 20, "detect-1": 1 << 28})


def test_times_run_from_226_to_the_row_and_the_rate_from_the_first_photo_to_the_last_row() -> None:
    outcome = outcome_of(SENT, [("a", 100.6), ("b", 101.5), ("c", 104.0)], 3, USAGE)
    assert (outcome.sent, outcome.acknowledged, outcome.rows, outcome.doubled) == (3, 3, 3, 0)
    assert sorted(outcome.tallied_s) == pytest.approx([0.2, 0.5, 1.9])
    assert sorted(outcome.answered_s) == pytest.approx([0.1, 0.1, 0.3])
    assert outcome.photos_per_s == pytest.approx(3 / 4.0)


def test_a_photo_without_a_row_and_one_with_two_are_told() -> None:
    outcome = outcome_of(SENT, [("a", 100.6), ("b", 101.5), ("b", 101.6)], 3, USAGE)
    assert (outcome.acknowledged, outcome.rows, outcome.doubled) == (3, 2, 1)


def test_a_row_that_nobody_has_sent_is_none_of_ours() -> None:
    outcome = outcome_of(SENT, [("a", 100.6), ("stranger", 99.0)], 3, USAGE)
    assert outcome.rows == 1
    assert outcome.photos_per_s == pytest.approx(1 / 0.6)


def test_the_figures_that_goals_are_about() -> None:
    outcome: Outcome = outcome_of(SENT, [("a", 100.6), ("b", 101.5), ("c", 104.0)], 4, USAGE)
    assert summary(outcome) == {
        "photos_per_s": 0.8,
        "cpu_ms_per_photo": 20.0,
        "p50_s": 0.5,
        "p99_s": 1.9,
        "sent": 4,
        "acknowledged": 3,
        "rows": 3,
        "doubled": 0,
    }
    assert summary(replace(outcome, rows=2))["cpu_ms_per_photo"] == 30.0
