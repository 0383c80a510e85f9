import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.gate import (
    EVERYBODY,
    LEAST_FACES,
    Errors,
    Figure,
    GateError,
    age_errors,
    class_errors,
    compare,
)

CHANCE = np.random.default_rng(3)
FACES = 2000


def ages(error_years: float, chance: np.random.Generator = CHANCE) -> Errors:
    """Of a model that is off by so much on average."""
    true = chance.uniform(16, 80, FACES)
    return age_errors(true + chance.choice((-1, 1), FACES) * error_years, true)


def test_a_model_that_is_as_good_passes() -> None:
    errors = age_errors(CHANCE.normal(40, 6, FACES), np.full(FACES, 40.0))
    verdict = compare([errors], [errors], [""] * FACES)
    assert verdict.passed
    (everybody,) = verdict.comparisons
    assert everybody.worse_by.value == 0


@pytest.mark.parametrize(("years", "passed"), [(5.0, True), (6.2, True), (6.5, False), (9.0, False)])
def test_a_model_that_is_worse_beyond_the_margin_is_refused(years: float, passed: bool) -> None:
    verdict = compare([ages(6.0)], [ages(years)], [""] * FACES)
    assert verdict.passed == passed
    assert [each.group for each in verdict.against] == ([] if passed else [EVERYBODY])


def test_a_model_that_is_better_for_all_and_much_worse_for_some_is_refused() -> None:
    before, after = ages(6.0), ages(5.0)
    groups = ["old" if i % 10 == 0 else "young" for i in range(FACES)]
    worse = after.of_face.copy()
    worse[::10] = 9.0
    verdict = compare([before], [Errors(Figure.AGE_ERROR_YEARS, worse)], groups)
    assert [each.group for each in verdict.against] == ["old"]
    assert next(each for each in verdict.comparisons if each.group == EVERYBODY).worse_by.value < 0


def test_a_group_of_few_faces_says_nothing() -> None:
    few = LEAST_FACES - 1
    groups = ["few"] * few + ["many"] * (FACES - few)
    worse = ages(6.0).of_face.copy()
    worse[:few] = 30.0
    assert compare([ages(6.0)], [Errors(Figure.AGE_ERROR_YEARS, worse)], groups, {Figure.AGE_ERROR_YEARS: 1.0}).passed


def test_a_model_that_too_few_faces_were_asked_about_does_not_pass() -> None:
    few = [age_errors(np.full(LEAST_FACES - 1, 30.0), np.full(LEAST_FACES - 1, 30.0))]
    verdict = compare(few, few, [""] * (LEAST_FACES - 1))
    assert (verdict.passed, verdict.against) == (False, ())
    assert [each.figure for each in verdict.too_few] == [Figure.AGE_ERROR_YEARS]


def test_faces_without_a_label_do_not_count() -> None:
    true = np.array([0, 1, -1, 1])
    right, wrong = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]]), np.array([[0.1, 0.9]] * 4)
    verdict = compare(
        [class_errors(Figure.GENDER_ERRORS, right, true)], [class_errors(Figure.GENDER_ERRORS, wrong, true)], [""] * 4
    )
    (everybody,) = verdict.comparisons
    assert everybody.before.value == 0
    assert everybody.after.value == pytest.approx(1 / 3)
    assert everybody.worse_by.n == 3


def test_what_cannot_be_compared_is_said() -> None:
    errors = ages(6.0)
    shorter = Errors(errors.figure, errors.of_face[:-1])
    other_labels = Errors(errors.figure, np.where(np.arange(FACES) == 0, np.nan, errors.of_face))
    for after in (shorter, other_labels, Errors(Figure.GENDER_ERRORS, errors.of_face)):
        with pytest.raises(GateError, match="different"):
            compare([errors], [after], [""] * FACES)
    nothing = Errors(errors.figure, np.full(FACES, np.nan))
    with pytest.raises(GateError, match="no face has a label"):
        compare([nothing], [nothing], [""] * FACES)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.3))
def test_a_model_within_the_margin_is_hardly_ever_refused(seed: int, worse_by: float) -> None:
    chance = np.random.default_rng(seed)
    before = np.abs(chance.normal(0, 7, 500))
    after = np.maximum(before + chance.normal(worse_by, 3, 500), 0)
    truly_worse = float((after - before).mean())
    verdict = compare([Errors(Figure.AGE_ERROR_YEARS, before)], [Errors(Figure.AGE_ERROR_YEARS, after)], [""] * 500)
    assert verdict.passed or truly_worse > 1 / 3
