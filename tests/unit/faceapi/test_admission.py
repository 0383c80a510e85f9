from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.faceapi.domain.keys import ApiKey, digest
from services.faceapi.domain.problems import ProblemError
from services.faceapi.handler.admission import Admission

KEY = ApiKey("shop", digest("secret"), requests_per_second=2, burst=3, min_face_px=100, created_at=datetime.now(UTC))

OTHER = replace(KEY, name="other", sha256=digest("other secret"))


class OneKey:
    def find(self, key: str) -> ApiKey | None:
        return KEY if key == "secret" else None


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(admission: Admission) -> ProblemError:
    with pytest.raises(ProblemError) as problem, admission.enter(KEY, 1):
        pass
    return problem.value


@pytest.mark.parametrize("key", [None, "", "guess"])
def test_nobody_comes_in_without_a_key(key: str | None) -> None:
    with pytest.raises(ProblemError) as problem:
        Admission(OneKey(), 1, Clock()).identify(key)
    assert (problem.value.status, problem.value.code) == (401, "401")


def test_a_key_is_known_by_its_owner() -> None:
    assert Admission(OneKey(), 1, Clock()).identify("secret") is KEY


def test_a_key_that_has_had_its_share_is_told_when_to_come_back() -> None:
    clock = Clock()
    admission = Admission(OneKey(), 10, clock)
    for _ in range(3):
        with admission.enter(KEY, 1):
            pass
    problem = refused(admission)
    assert (problem.status, problem.retry_after_s) == (429, 1)
    clock.now += 0.5
    with admission.enter(KEY, 1):
        pass


def test_who_finds_no_room_is_told_at_once_and_pays_nothing_for_it() -> None:
    admission = Admission(OneKey(), 2, Clock())
    with admission.enter(KEY, 1), admission.enter(OTHER, 1):
        for _ in range(5):
            problem = refused(admission)
            assert (problem.status, problem.retry_after_s) == (503, 1)
    with admission.enter(KEY, 1):
        assert admission.inside == 1
    assert admission.inside == 0


def test_one_key_never_takes_all_of_the_room() -> None:
    admission = Admission(OneKey(), 4, Clock())
    with admission.enter(KEY, 1), admission.enter(KEY, 1):
        problem = refused(admission)
        assert (problem.status, problem.retry_after_s) == (429, 1)
        with admission.enter(OTHER, 1), admission.enter(OTHER, 1):
            assert admission.inside == 4


def test_room_is_free_again_after_a_failure() -> None:
    admission = Admission(OneKey(), 1, Clock())
    with pytest.raises(RuntimeError), admission.enter(KEY, 1):
        raise RuntimeError
    assert admission.inside == 0


def test_photos_are_counted_together_or_not_at_all() -> None:
    admission = Admission(OneKey(), 4, Clock())
    with admission.enter(KEY, 0):
        admission.count(KEY, 2)
        with admission.enter(KEY, 0), pytest.raises(ProblemError) as problem:
            admission.count(KEY, 2)
        assert problem.value.status == 429
        admission.count(KEY, 1)
    assert refused(admission).status == 429


def test_more_photos_than_a_key_ever_has_at_once_are_a_wrong_question() -> None:
    admission = Admission(OneKey(), 1, Clock())
    with admission.enter(KEY, 0), pytest.raises(ProblemError) as problem:
        admission.count(KEY, 4)
    assert (problem.value.status, problem.value.message[:8]) == (400, "4 photos")
