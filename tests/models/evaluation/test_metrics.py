import numpy as np
import pytest

from models.evaluation.metrics import (
    balanced_accuracy,
    calibration_error,
    conformal_quantile,
    confusion,
    mean,
    measured,
    reliability,
    softmax,
)


def test_a_mean_comes_with_an_interval_that_holds_it() -> None:
    figure = mean(np.array([True, False, True, True]))
    assert (figure.value, figure.n) == (0.75, 4)
    assert 0 <= figure.low < 0.75 < figure.high <= 1


def test_an_interval_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(10, 2, 400)
    figure = mean(values)
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_the_same_faces_give_the_same_interval() -> None:
    values = np.random.default_rng(2).random(50)
    assert mean(values) == mean(values)


def test_no_faces_give_no_figure() -> None:
    figure = mean(np.zeros(0))
    assert np.isnan(figure.value)
    assert figure.n == 0


def test_any_figure_can_be_resampled() -> None:
    figure = measured(lambda rows: float(np.median(rows)), 101)
    assert figure.value == 50
    assert 30 < figure.low < 50 < figure.high < 70


def test_confusion_counts_truths_by_row() -> None:
    counts = confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_balanced_accuracy_gives_rare_classes_the_same_weight() -> None:
    truth, answer = np.array([0] * 9 + [1]), np.zeros(10, np.int64)
    assert balanced_accuracy(truth, answer, 2) == 0.5


def test_balanced_accuracy_leaves_out_classes_that_do_not_occur() -> None:
    assert balanced_accuracy(np.array([0, 0]), np.array([0, 2]), 3) == 0.5


def test_softmax_is_flatter_at_a_higher_temperature() -> None:
    logits = np.array([[0.0, np.log(3)]])
    np.testing.assert_allclose(softmax(logits), [[0.25, 0.75]])
    np.testing.assert_allclose(softmax(2 * logits, 2), [[0.25, 0.75]])
    np.testing.assert_allclose(softmax(np.array([[1000.0, 1000.0]])), [[0.5, 0.5]])


def test_calibration_error_of_answers_that_are_too_sure() -> None:
    sure = np.tile((0.9, 0.1), (10, 1))
    truth = np.array([0] * 6 + [1] * 4)
    assert calibration_error(sure, truth).value == pytest.approx(0.3)


def test_calibration_error_weights_bins_by_their_faces() -> None:
    probabilities = np.array([[0.9, 0.1]] * 3 + [[0.6, 0.4]])
    assert calibration_error(probabilities, np.array([0, 0, 0, 1])).value == pytest.approx((3 * 0.1 + 0.6) / 4)


def test_calibration_error_of_nothing_is_nothing() -> None:
    assert np.isnan(calibration_error(np.zeros((0, 2)), np.zeros(0, np.int64)).value)


def test_reliability_has_a_point_for_each_bin_that_has_faces() -> None:
    bins = reliability(np.array([[0.9, 0.1], [0.92, 0.08], [0.55, 0.45], [1.0, 0.0]]), np.array([0, 1, 0, 0]))
    assert [bin_.n for bin_ in bins] == [1, 2, 1]
    assert [bin_.accuracy for bin_ in bins] == [1.0, 0.5, 1.0]
    assert bins[1].confidence == pytest.approx(0.91)


def test_a_conformal_quantile_is_the_score_of_the_right_rank() -> None:
    scores = np.arange(1.0, 20.0)  # 90 % of 20 is 18
    assert conformal_quantile(scores, 0.9) == 18
    assert conformal_quantile(np.array([3.0, 1.0]), 0.9) == 3
