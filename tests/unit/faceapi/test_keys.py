"""Keys and their limits."""

from dataclasses import replace
from datetime import UTC, datetime
from math import inf

import pytest
from facetally.v1 import api_key_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.faceapi.domain.keys import ApiKey, ApiKeyError, RateLimiter, digest

KEY = ApiKey("till-1", digest("secret"), 10.0, 20, 100, datetime(2026, 3, 1, 12, tzinfo=UTC))


def test_a_key_travels_as_a_message_that_does_not_have_it() -> None:
    message = KEY.to_bytes()
    assert ApiKey.from_bytes(message) == KEY
    assert b"secret" not in message


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a.b"},
        {"name": "till 1"},
        {"name": "till\n"},
        {"name": "ü"},
        {"name": "a" * 65},
        {"sha256": b"short"},
        {"requests_per_second": 0.0},
        {"requests_per_second": float("nan")},
        {"requests_per_second": float("inf")},
        {"burst": 0},
        {"burst": 10_001},
        {"min_face_px": 35},
        {"min_face_px": 1001},
    ],
)
def test_what_no_key_can_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ApiKeyError):
        replace(KEY, **wrong)  # type: ignore[arg-type]


def test_a_message_that_is_none_is_refused() -> None:
    too_late = api_key_pb2.ApiKey.FromString(KEY.to_bytes())
    too_late.created_at.seconds = 10**18
    for message in (b"\xff", b"", too_late.SerializeToString()):
        with pytest.raises(ApiKeyError):
            ApiKey.from_bytes(message)


def test_anything_can_be_looked_up() -> None:
    assert len({digest(key) for key in ("", "a", "ü", "\ud800", "\x00", "a" * 100_000)}) == 6


def test_a_burst_passes_and_then_the_rate() -> None:
    limiter = RateLimiter()
    assert [limiter.take(KEY, 5.0) for _ in range(20)] == [0.0] * 20
    assert limiter.take(KEY, 5.0) == pytest.approx(0.1)
    assert limiter.take(KEY, 5.04) == pytest.approx(0.06)
    assert limiter.take(KEY, 5.1) == 0.0
    assert limiter.take(KEY, 5.1) == pytest.approx(0.1)
    assert limiter.take(KEY, 7.1, 20) == 0.0, "after two seconds everything is there again"


def test_several_tokens_are_taken_together_or_not_at_all() -> None:
    limiter = RateLimiter()
    assert limiter.take(KEY, 0.0, 15) == 0.0
    assert limiter.take(KEY, 0.0, 6) == pytest.approx(0.1)
    assert limiter.take(KEY, 0.0, 5) == 0.0
    assert limiter.take(KEY, 99.0, 21) == inf
    assert limiter.take(KEY, 99.0, 20) == 0.0


def test_keys_have_buckets_of_their_own() -> None:
    limiter = RateLimiter()
    other = replace(KEY, sha256=digest("other"))
    assert limiter.take(KEY, 0.0, 20) == 0.0
    assert limiter.take(other, 0.0, 20) == 0.0
    assert limiter.take(KEY, 0.0) > 0


rates = st.floats(0.001, 10_000)
pauses = st.lists(st.one_of(st.just(0.0), st.floats(0, 0.01), st.floats(0, 100)), min_size=1, max_size=200)


@given(rates, st.integers(1, 50), pauses, st.data())
def test_no_stretch_of_time_sees_more_than_the_burst_and_the_rate(
    rate: float, burst: int, waited_s: list[float], data: st.DataObject
) -> None:
    key, limiter, now_s = replace(KEY, requests_per_second=rate, burst=burst), RateLimiter(), 1e6
    taken: list[tuple[float, int]] = []
    for pause_s in waited_s:
        now_s += pause_s
        tokens = data.draw(st.integers(1, burst))
        if limiter.take(key, now_s, tokens) == 0:
            taken.append((now_s, tokens))
    for i, (since_s, _) in enumerate(taken):
        total = 0
        for at_s, tokens in taken[i:]:
            total += tokens
            assert total <= burst + rate * (at_s - since_s) + 1e-3


@given(rates, st.integers(1, 50), pauses)
def test_whoever_waits_as_told_is_let_in(rate: float, burst: int, waited_s: list[float]) -> None:
    key, limiter, now_s = replace(KEY, requests_per_second=rate, burst=burst), RateLimiter(), 0.0
    for pause_s in waited_s:
        now_s += pause_s
        if wait_s := limiter.take(key, now_s):
            assert limiter.take(key, now_s + wait_s) == 0
            now_s += wait_s
