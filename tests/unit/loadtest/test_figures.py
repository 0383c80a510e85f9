"""What a run comes to, and whether it kept to its limits."""

from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.figures import (
    Recorded,
    Request,
    Rows,
    last_that_held,
    steps_of,
    to_row_s,
    verdicts,
    without_row,
)
from loadtest.plan import Limits, Plan, Scenario
from loadtest.shapes import STEP_S

BEGAN_AT = 1000.0
PLAN = Plan(Scenario.FLAT, 10, 1, Path("run"), Path("photos"), "127.0.0.1", 21, Path("logins.csv"))


def uploads(per_s: float, from_s: float, to_s: float, took_ms: float = 50, failed_every: int = 0) -> list[Request]:
    count = round(per_s * (to_s - from_s))
    return [
        Request(
            BEGAN_AT + from_s + number / per_s,
            "FTP",
            "KeepsSession",
            took_ms,
            "450 Busy" if failed_every and number % failed_every == 0 else "",
            f"{from_s}-{number}",
        )
        for number in range(count)
    ]


def recorded(requests: list[Request], rows: Rows | None = None) -> Recorded:
    return Recorded(BEGAN_AT, requests, [], rows)


def broken(plan: Plan, what: Recorded) -> list[str]:
    return [verdict.what for verdict in verdicts(plan, what) if not verdict.kept]


def test_a_run_that_kept_up_keeps_every_limit() -> None:
    sent = uploads(10, 0, 60)
    rows = Rows({upload.photo_id: upload.ended_at + 1.5 for upload in sent}, BEGAN_AT + 70)
    assert broken(PLAN, recorded(sent, rows)) == []
    assert len(verdicts(PLAN, recorded(sent, rows))) == 4


def test_a_run_that_sent_nothing_has_not_passed() -> None:
    assert "photos were sent" in broken(PLAN, recorded([]))


def test_more_failures_than_allowed_break_the_limit_and_as_many_do_not() -> None:
    plan = replace(PLAN, limits=Limits(failed_share=0.1))
    assert broken(plan, recorded(uploads(10, 0, 60, failed_every=10))) == []
    assert broken(plan, recorded(uploads(10, 0, 60, failed_every=9))) == ["failed uploads"]


def test_two_slow_answers_of_a_hundred_break_the_limit() -> None:
    slow = [replace(upload, took_ms=2500) for upload in uploads(1, 0, 2)]
    assert broken(PLAN, recorded(uploads(10, 2, 12) + slow)) == ["an upload's answer, p99"]


def test_a_failed_page_counts_for_itself() -> None:
    page = Request(BEGAN_AT + 5, "GET", "overview", 80, "500")
    assert broken(PLAN, recorded([*uploads(10, 0, 60), page])) == ["failed pages and Face API requests"]


def test_a_photo_without_a_row_counts_for_as_long_as_it_was_waited_for() -> None:
    first, second = sent = uploads(1, 0, 2)
    rows = Rows({first.photo_id: first.ended_at + 0.5}, second.ended_at + 90)
    what = recorded(sent, rows)
    assert to_row_s(what) == pytest.approx([0.5, 90])
    assert without_row(what) == 1
    assert broken(PLAN, what) == ["from 226 to the row, p99"]


def test_without_a_database_rows_are_not_judged() -> None:
    what = recorded(uploads(10, 0, 60))
    assert to_row_s(what) == []
    assert all("row" not in verdict.what for verdict in verdicts(PLAN, what))


@pytest.mark.parametrize(
    ("third", "why"),
    [
        (uploads(15, 2 * STEP_S, 3 * STEP_S, took_ms=2100), "slow"),
        (uploads(15, 2 * STEP_S, 3 * STEP_S, failed_every=100), "failed"),
        (uploads(13, 2 * STEP_S, 3 * STEP_S), "too few"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_ramp_says_the_last_rate_that_held(third: list[Request], why: str) -> None:
    plan = replace(PLAN, scenario=Scenario.RAMP, rate=20, minutes=5)
    what = recorded(uploads(5, 0, STEP_S) + uploads(10, STEP_S, 2 * STEP_S) + third)
    steps = steps_of(plan, what)
    assert [(step.per_s, step.held) for step in steps] == [(5, True), (10, True), (15, False)], why
    assert last_that_held(steps) == 10
    assert broken(plan, what) == []


def test_a_ramp_whose_first_step_breaks_has_not_passed() -> None:
    plan = replace(PLAN, scenario=Scenario.RAMP, rate=20, minutes=5)
    assert broken(plan, recorded(uploads(5, 0, STEP_S, took_ms=9000))) == ["the last rate that held"]


def test_a_step_that_was_broken_off_is_not_judged() -> None:
    plan = replace(PLAN, scenario=Scenario.RAMP, rate=20, minutes=5)
    what = recorded(uploads(5, 0, STEP_S) + uploads(2, STEP_S, 1.5 * STEP_S))
    assert [step.per_s for step in steps_of(plan, what)] == [5]
