from dataclasses import replace

import pytest

from bench.chaos.footprint import Footprint
from bench.chaos.verdict import MIB, Evidence, Held, Letter, Tallies, judge

HELD = Held({"ingest": Footprint(1, 40, 100 * MIB), "postgres": Footprint(9, 300, 60 * MIB)}, connections=5)
TALLIES = Tallies(
    faces=4, visitors={"the hours of shops": 4, "the days of the world": 4}, photos=3, uploads={"camera days": 3}
)
GOOD = Evidence(
    acknowledged={"a", "b", "c"},
    objects={"a": 1, "b": 1, "c": 1},
    damaged=[],
    rows={"a": 1, "b": 1, "c": 1},
    tallies=TALLIES,
    letters=[],
    waiting={"stream PHOTOS": 0},
    before=HELD,
    after=HELD,
)


def test_nothing_is_wrong_where_every_photo_is_stored_and_counted_once() -> None:
    verdict = judge(GOOD)
    assert verdict.is_good, verdict.faults
    assert (verdict.acknowledged, verdict.counted, verdict.lost, verdict.doubled) == (3, 3, 0, 0)


def test_a_photo_whose_camera_was_not_told_may_be_kept_and_counted() -> None:
    verdict = judge(replace(GOOD, acknowledged={"a", "b"}))
    assert verdict.is_good, verdict.faults
    assert verdict.unacknowledged == 1


def test_a_photo_that_was_dated_anew_may_be_in_the_store_twice() -> None:
    assert judge(replace(GOOD, objects={"a": 2, "b": 1, "c": 1})).is_good


def test_a_photo_that_is_not_in_the_store_is_lost() -> None:
    verdict = judge(replace(GOOD, objects={"a": 1, "b": 1}))
    assert not verdict.is_good
    assert verdict.lost == 1


def test_a_photo_that_is_not_counted_is_lost() -> None:
    verdict = judge(replace(GOOD, rows={"a": 1, "b": 1}))
    assert not verdict.is_good
    assert verdict.lost == 1


def test_a_photo_that_is_neither_stored_nor_counted_is_lost_once() -> None:
    assert judge(replace(GOOD, rows={"a": 1, "b": 1}, objects={"a": 1, "b": 1})).lost == 1


def test_a_photo_that_is_counted_but_not_stored_is_wrong_whoever_was_told() -> None:
    assert not judge(replace(GOOD, acknowledged={"a", "b"}, objects={"a": 1, "b": 1})).is_good


def test_a_photo_with_two_rows_is_doubled() -> None:
    verdict = judge(replace(GOOD, rows={"a": 1, "b": 2, "c": 1}))
    assert not verdict.is_good
    assert verdict.doubled == 1


@pytest.mark.parametrize(("uploads", "lost", "doubled"), [(2, 1, 0), (5, 0, 2)])
def test_a_tally_of_uploads_that_differs_from_the_rows_has_lost_or_doubled(
    uploads: int, lost: int, doubled: int
) -> None:
    verdict = judge(replace(GOOD, tallies=replace(TALLIES, uploads={"camera days": uploads})))
    assert not verdict.is_good
    assert (verdict.lost, verdict.doubled) == (lost, doubled)


@pytest.mark.parametrize("visitors", [3, 5])
def test_a_tally_of_visitors_that_differs_from_the_faces_is_wrong(visitors: int) -> None:
    assert not judge(replace(GOOD, tallies=replace(TALLIES, visitors={"the days of the world": visitors}))).is_good


def test_an_object_that_is_not_what_its_name_says_is_wrong() -> None:
    assert judge(replace(GOOD, damaged=["photos/x.jpg"])).faults == ["photos/x.jpg is not what its name says"]


def test_a_letter_that_nobody_explains_is_wrong() -> None:
    verdict = judge(replace(GOOD, letters=[Letter("detect", "a bug", "z", on_purpose=False)]))
    assert not verdict.is_good
    assert dict(verdict.dead_letters) == {"detect: a bug": 1}


def test_nonsense_is_expected_to_die_and_so_may_what_was_counted_all_the_same() -> None:
    letters = [
        Letter("detect", "no message", "", on_purpose=True),
        Letter("record", "too many attempts", "a", on_purpose=False),
    ]
    verdict = judge(replace(GOOD, letters=letters))
    assert verdict.is_good, verdict.faults
    assert sum(verdict.dead_letters.values()) == 2


def test_a_message_that_still_waits_is_wrong() -> None:
    assert judge(replace(GOOD, waiting={"stream FACES": 2})).faults == ["2 messages wait at stream FACES"]


@pytest.mark.parametrize(
    ("ingest", "connections"),
    [
        (Footprint(2, 40, 100 * MIB), 5),
        (Footprint(1, 90, 100 * MIB), 5),
        (Footprint(1, 40, 300 * MIB), 5),
        (Footprint(1, 40, 100 * MIB), 20),
    ],
    ids=["processes", "files", "memory", "connections"],
)
def test_what_leaks_is_wrong(ingest: Footprint, connections: int) -> None:
    after = Held({**HELD.programs, "ingest": ingest}, connections)
    verdict = judge(replace(GOOD, after=after))
    assert not verdict.is_good
    assert len(verdict.faults) == 1


def test_a_program_that_no_longer_runs_is_wrong() -> None:
    after = Held({"postgres": HELD.programs["postgres"]}, 5)
    assert judge(replace(GOOD, after=after)).faults == ["ingest does not run"]


@pytest.mark.parametrize(
    "evidence",
    [replace(GOOD, left_over=("something",)), replace(GOOD, unwanted=("something",))],
    ids=["left over", "unwanted"],
)
def test_what_is_left_over_or_should_not_have_happened_is_wrong(evidence: Evidence) -> None:
    assert judge(evidence).faults == ["something"]
