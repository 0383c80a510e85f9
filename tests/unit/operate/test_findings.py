"""Words of doctor."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.common.streams import DEAD, DETECT, PHOTOS, RESULTS
from services.operate.domain.findings import Finding, State, duration, size, summary
from services.operate.domain.streams import (
    ConsumerFacts,
    StreamFacts,
    consumer_finding,
    dead_letters_finding,
    shops_finding,
    stream_finding,
)
from services.operate.domain.surroundings import (
    certificate_finding,
    clock_finding,
    disk_finding,
    schema_finding,
    service_finding,
    weights_finding,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GIB = 1 << 30
STREAM = StreamFacts(
    name="PHOTOS",
    subjects=("photos.>",),
    work_queue=True,
    discards_new=True,
    on_disk=True,
    max_bytes=GIB,
    max_age_s=None,
    duplicate_window_s=120,
    messages=3,
    bytes=1024,
    first_number=5,
    last_number=7,
    first_at=NOW - timedelta(hours=2),
)
CONSUMER = ConsumerFacts(
    stream="PHOTOS",
    name="detect",
    waiting=2,
    unanswered=1,
    redelivered=0,
    ack_wait_s=30,
    max_unanswered=256,
    max_deliver=-1,
    explicit=True,
    paused=False,
    answered_to=4,
    answered_at=NOW,
)


def test_a_stream_as_it_should_be_says_what_it_holds() -> None:
    found = stream_finding(PHOTOS, STREAM)
    assert (found.state, found.says) == (State.OK, "It holds 3 messages, 1 KiB of 1 GiB (0%).")
    assert not found.next_step


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_bytes": 1 << 20}, "max_bytes is 1 MiB, and should be 1 GiB"),
        ({"max_bytes": -1}, "max_bytes is without limit, and should be 1 GiB"),
        ({"subjects": ("photos.eu",)}, "subjects is photos.eu, and should be photos.>"),
        ({"work_queue": False}, "retention is limits, and should be workqueue"),
        ({"discards_new": False}, "discard is old, and should be new"),
        ({"on_disk": False}, "storage is memory, and should be file"),
        ({"max_age_s": 3600.0}, "max_age is 1 h, and should be without limit"),
        ({"duplicate_window_s": 10.0}, "duplicate_window is 10 s, and should be 2 min"),
    ],
)
def test_each_setting_of_a_stream_that_is_another_one_is_named(change: dict[str, object], words: str) -> None:
    found = stream_finding(PHOTOS, replace(STREAM, **change))  # type: ignore[arg-type]
    assert found.state is State.BROKEN
    assert found.says == f"It is not configured as it should be: {words}."
    assert "services.provision" in found.next_step


def test_a_stream_that_fills_up_is_a_warning_and_then_broken() -> None:
    assert stream_finding(PHOTOS, replace(STREAM, bytes=int(0.6 * GIB))).state is State.OK
    assert stream_finding(PHOTOS, replace(STREAM, bytes=int(0.8 * GIB))).state is State.WARNING
    full = stream_finding(PHOTOS, replace(STREAM, bytes=int(0.96 * GIB)))
    assert full.state is State.BROKEN
    assert "cameras are told to send again" in full.says
    assert "facetally backlog" in full.next_step


def test_dead_letters_that_fill_their_stream_are_to_be_replayed_or_dropped() -> None:
    facts = replace(STREAM, name="DEAD", subjects=("dead.>",), work_queue=False, bytes=int(0.8 * GIB))
    assert "facetally dead list" in stream_finding(DEAD, facts).next_step


def test_a_stream_and_a_consumer_that_are_not_there_are_broken() -> None:
    assert "not there" in stream_finding(RESULTS, None).says
    assert "nobody is given what is in PHOTOS" in consumer_finding(DETECT, None).says
    assert "no camera can log in" in shops_finding(None).says


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ack_wait_s": 5.0}, "ack_wait is 5 s, and should be 30 s"),
        ({"max_unanswered": 1}, "max_ack_pending is 1, and should be 256"),
        ({"max_deliver": 3}, "max_deliver is 3, and should be -1"),
        ({"explicit": False}, "ack_policy is another, and should be explicit"),
        ({"paused": True}, "It is paused"),
    ],
)
def test_each_setting_of_a_consumer_that_is_another_one_is_named(change: dict[str, object], words: str) -> None:
    found = consumer_finding(DETECT, replace(CONSUMER, **change))  # type: ignore[arg-type]
    assert found.state is State.BROKEN
    assert words in found.says


def test_messages_that_come_back_are_a_warning() -> None:
    assert consumer_finding(DETECT, CONSUMER).says == "2 messages wait for it, 1 are in work."
    again = consumer_finding(DETECT, replace(CONSUMER, redelivered=1))
    assert again.state is State.WARNING
    assert "dead letters" in again.next_step


def test_no_shops_is_a_warning() -> None:
    assert shops_finding(replace(STREAM, messages=0)).state is State.WARNING
    assert shops_finding(replace(STREAM, messages=12)).says == "It knows 12 shops."


def test_dead_letters_are_a_warning_with_their_age() -> None:
    assert dead_letters_finding(replace(STREAM, messages=0, first_at=None), NOW).state is State.OK
    found = dead_letters_finding(STREAM, NOW)
    assert (found.state, found.says) == (
        State.WARNING,
        "3 wait, the oldest for 2 h: their photos are not counted.",
    )


def test_the_schema_is_compared_by_name_and_digest() -> None:
    known = {"0001_a": "x", "0002_b": "y"}
    assert schema_finding(known, known) == Finding("schema", State.OK, "It is at 0002_b, the newest.")
    assert schema_finding(known, {}).says == "The database has no schema."
    assert schema_finding(known, {"0001_a": "x"}).says == "The database lacks 0002_b."
    assert "0002_b reads differently" in schema_finding(known, {"0001_a": "x", "0002_b": "z"}).says
    newer = schema_finding(known, known | {"0003_c": "z"})
    assert newer.state is State.WARNING
    assert "0003_c" in newer.says


@pytest.mark.parametrize(
    ("ahead_s", "round_trip_s", "state"),
    [
        (1.0, 0.0, State.OK),
        (-1.0, 0.0, State.OK),
        (3.0, 4.0, State.OK),  # a slow answer proves nothing
        (3.0, 0.0, State.WARNING),
        (-31.0, 0.0, State.BROKEN),
    ],
)
def test_clocks_may_be_apart_a_little(ahead_s: float, round_trip_s: float, state: State) -> None:
    assert clock_finding(ahead_s, round_trip_s).state is state


def test_the_side_of_a_wrong_clock_is_named() -> None:
    assert "90 s" not in clock_finding(-90, 0).says
    assert "1 min 30 s behind" in clock_finding(-90, 0).says
    assert "ahead of" in clock_finding(90, 0).says


def test_a_service_says_what_it_waits_for() -> None:
    assert service_finding("ingest", 200, []).state is State.OK
    assert service_finding("ingest", 503, ["start-up"]).state is State.WARNING
    waiting = service_finding("ingest", 503, ["nats", "s3"])
    assert (waiting.state, waiting.says) == (State.BROKEN, "It is not ready: it waits for nats, s3.")
    assert "answered 404" in service_finding("ingest", 404, []).says


def test_a_disk_is_little_and_then_nothing() -> None:
    assert disk_finding("/state", 20 * GIB, 100 * GIB).state is State.OK
    assert disk_finding("/state", 9 * GIB, 100 * GIB).state is State.WARNING
    full = disk_finding("/state", 2 * GIB, 100 * GIB)
    assert full.state is State.BROKEN
    assert full.says.startswith("2 GiB of 100 GiB are free where /state is (2%)")


def test_a_certificate_has_its_time() -> None:
    def finding(begins_days: int, ends_days: int) -> Finding:
        return certificate_finding(NOW + timedelta(begins_days), NOW + timedelta(ends_days), NOW)

    assert finding(-1, 90).says == "It is valid until 2026-07-30, 90 days from now."
    assert finding(-1, 90).state is State.OK
    assert finding(-1, 29).state is State.WARNING
    assert "ran out on 2026-04-30" in finding(-9, -1).says
    assert "only from 2026-05-02" in finding(1, 90).says
    assert finding(1, 90).state is finding(-9, -1).state is State.BROKEN


def test_weights_say_which_are_wrong() -> None:
    assert weights_finding([], 6).state is State.OK
    wrong = weights_finding(["cc0-age: cc0-age.safetensors is not the file of the card"], 6)
    assert wrong.state is State.BROKEN
    assert "make setup" in wrong.next_step


def test_whatever_is_not_in_order_says_what_to_do() -> None:
    for found in (stream_finding(PHOTOS, None), dead_letters_finding(STREAM, NOW), disk_finding("/", 0, GIB)):
        assert found.next_step


def test_the_summary_counts() -> None:
    ok, warning, broken = (Finding("it", state, "") for state in State)
    assert summary([ok, ok]) == "Everything is in order: 2 things looked at."
    assert summary([ok, warning, broken]) == "1 broken, 1 warning, 3 things looked at."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (95, "1 min 35 s"), (3600, "1 h"), (7260, "2 h 1 min"), (172_800, "2 days")],
)  # fmt: skip
def test_time_spans_are_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (GIB, "1 GiB"), (1 << 41, "2.0 TiB")]
)
def test_bytes_are_words(count: int, words: str) -> None:
    assert size(count) == words
