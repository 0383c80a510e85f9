"""Which faces are drawn."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.labels.domain.drawing import Draw, Method
from services.labels.domain.faces import Candidate, Estimate

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SURE = Estimate(30.0, 1.0, (1.0, 0, 0, 0, 0, 0, 0), 25.0, 35.0)
FACE = Candidate(
    UUID(int=0), 0, date(2026, 11, 2), "a", "berlin-1", NOON, NOON, "key", (10, 20, 90, 90), 1.0, "good", "v", SURE
)


def face(number: int, camera: str = "a", estimate: Estimate = SURE, other: Estimate | None = None) -> Candidate:
    return replace(FACE, photo_id=UUID(int=number), camera=camera, estimate=estimate, other=other)


def draw(by: Method, count: int, faces: Iterable[Candidate]) -> list[Candidate]:
    drawing = Draw(by, count)
    for one in faces:
        drawing.offer(one)
    return [drawn.candidate for drawn in drawing.drawn()]


def test_doubt_grows_with_each_estimate_that_says_little() -> None:
    assert SURE.doubt == pytest.approx(10 / 60)
    assert replace(SURE, female_probability=0.5).doubt == pytest.approx(1 + 10 / 60)
    assert replace(SURE, emotion_probabilities=(1 / 7,) * 7).doubt == pytest.approx(1 + 10 / 60)
    assert replace(SURE, age_low_years=0.0, age_high_years=90.0).doubt == pytest.approx(1)
    assert replace(SURE, age_low_years=None, age_high_years=None).doubt == 0


def test_the_most_doubtful_come_first() -> None:
    faces = [face(number, estimate=replace(SURE, female_probability=number / 1000)) for number in range(500, 1001)]
    random.Random(1).shuffle(faces)
    assert [one.photo_id.int for one in draw(Method.UNCERTAINTY, 5, faces)] == [500, 501, 502, 503, 504]


def test_those_are_drawn_of_which_two_releases_say_the_most_different_things() -> None:
    others = [
        None,
        SURE,
        replace(SURE, age_years=36.0),
        replace(SURE, female_probability=0.0),
        replace(SURE, emotion_probabilities=(0.5, 0.5, 0, 0, 0, 0, 0)),
    ]
    faces = [face(number, other=other) for number, other in enumerate(others)]
    assert [one.photo_id.int for one in draw(Method.DISAGREEMENT, 9, faces)] == [3, 4, 2, 1]


def test_balance_is_even_over_genders_and_age_bands_however_rare_they_are() -> None:
    chance = random.Random(2)
    people = [(1.0, 30.0)] * 4000 + [(0.0, 30.0)] * 900 + [(1.0, 70.0)] * 90 + [(0.0, 8.0)] * 3
    chance.shuffle(people)
    faces = [
        face(number, estimate=replace(SURE, female_probability=female, age_years=age))
        for number, (female, age) in enumerate(people)
    ]
    drawn = draw(Method.BALANCE, 63, faces)
    assert Counter((one.estimate.gender, one.estimate.age_years) for one in drawn) == {
        ("female", 30.0): 20, ("male", 30.0): 20, ("female", 70.0): 20, ("male", 8.0): 3,
    }  # fmt: skip


@given(st.lists(st.integers(0, 30), min_size=1, max_size=400), st.integers(1, 60))
def test_cameras_are_drawn_from_evenly_and_what_is_dropped_on_the_way_is_not_missed(
    cameras: list[int], count: int
) -> None:
    faces = [face(number, camera=str(camera)) for number, camera in enumerate(cameras)]
    drawn = draw(Method.CAMERA, count, faces)
    assert len(drawn) == len({one.face_id for one in drawn}) == min(count, len(faces))
    taken, there = Counter(one.camera for one in drawn), Counter(one.camera for one in faces)
    most = max(taken.values())
    # Who gives less than the others has no more, or the last round was not for all.
    assert all(taken[camera] >= min(there[camera], most - 1) for camera in there)


def test_chance_is_even_and_of_the_faces_alone() -> None:
    faces = [face(number, camera=str(number % 4)) for number in range(8000)]
    drawn = draw(Method.RANDOM, 2000, faces)
    random.Random(3).shuffle(faces)
    assert draw(Method.RANDOM, 2000, faces) == drawn
    assert all(430 < number < 570 for number in Counter(one.camera for one in drawn).values())
    assert 900 < sum(one.photo_id.int < 4000 for one in drawn) < 1100
