import tomllib

import numpy as np
import pytest

from models.evaluation.calibration import (
    AgeCorrection,
    calibration_toml,
    correction_toml,
    fit_age_correction,
    fit_confidence,
    fit_intervals,
    fit_temperature,
)
from models.evaluation.metrics import calibration_error, softmax
from models.registry import AgeCorrection as CardCorrection
from models.registry import Calibration


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_a_temperature_is_recovered(temperature: float) -> None:
    rng = np.random.default_rng(1)
    honest = rng.normal(0, 2, (20_000, 7))
    truth = np.array([rng.choice(7, p=row) for row in softmax(honest)])
    logits = honest * temperature
    fitted = fit_temperature(logits, truth)
    assert fitted == pytest.approx(temperature, rel=0.05)
    assert calibration_error(softmax(logits, fitted), truth).value < 0.02


def test_the_slope_of_ages_is_recovered_whatever_children_say() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(1, 90, 4000)
    estimated = np.where(truth > 13, 13 + (truth - 13) / 1.2, truth) + rng.laplace(0, 0.5, 4000)
    estimated[truth < 10] += 30
    fitted = fit_age_correction(estimated, truth)
    assert fitted.slope == pytest.approx(0.2, abs=0.01)
    assert fitted.offset == 0


def test_no_other_slope_has_less_absolute_error() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(16, 90, 101)
    estimated = truth * 0.8 + rng.normal(4, 6, 101)
    fitted = fit_age_correction(estimated, truth)

    def error(slope: float) -> float:
        used = estimated > 13
        return float(np.abs(AgeCorrection(13, 0, slope).corrected(estimated) - truth)[used].sum())

    assert error(fitted.slope) <= min(error(slope) for slope in np.linspace(-0.5, 1, 301)) + 1e-9


def test_a_correction_leaves_the_young_alone_and_is_continuous() -> None:
    corrected = AgeCorrection(13, 0, 0.1).corrected(np.array([4.0, 13.0, 13.001, 23.0]))
    np.testing.assert_allclose(corrected, [4, 13, 13.0011, 24])


def test_without_adults_nothing_is_corrected() -> None:
    assert fit_age_correction(np.array([3.0, 20.0]), np.array([3, 9])) == AgeCorrection(13, 0, 0)


def test_intervals_hold_nine_of_ten_new_faces_and_are_wider_where_errors_are() -> None:
    rng = np.random.default_rng(4)

    def faces() -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
        truth = rng.integers(1, 90, 5000)
        return truth + rng.normal(0, 1 + truth / 10), truth

    estimated, truth = faces()
    fitted = fit_intervals(AgeCorrection(13, 0, 0), estimated, truth)
    assert 2 <= len(fitted.interval_ages) <= 6
    assert list(fitted.interval_ages) == sorted(fitted.interval_ages)
    assert fitted.interval_half_widths[-1] > 2 * fitted.interval_half_widths[0]
    estimated, truth = faces()
    covered = np.abs(fitted.corrected(estimated) - truth) <= fitted.half_widths(fitted.corrected(estimated))
    assert covered.mean() == pytest.approx(0.9, abs=0.02)


def test_intervals_need_faces() -> None:
    with pytest.raises(ValueError, match="no band"):
        fit_intervals(AgeCorrection(13, 0, 0), np.array([20.0]), np.array([20]))


def test_the_tables_are_what_cards_take() -> None:
    correction = AgeCorrection(13, 0, 0.0312, (5.5, 40.25), (3.1, 12.0))
    table = tomllib.loads(correction_toml("age", correction, "some faces"))["age_correction"]
    read = CardCorrection.model_validate(table)
    assert (read.slope, read.offset, read.interval_half_widths) == (0.0312, 0, (3.1, 12.0))
    table = tomllib.loads(calibration_toml("age", 1.23456, None, "some faces"))["calibration"]
    assert Calibration.model_validate(table).temperature == 1.235


def test_the_line_from_confidence_to_how_often_it_is_right_is_recovered() -> None:
    rng = np.random.default_rng(3)
    probabilities = rng.uniform(0.34, 0.99, 20_000)
    logits = np.stack([np.log(probabilities), *[np.log((1 - probabilities) / 2)] * 2], 1)
    truth = np.where(rng.random(20_000) < 0.2 + 0.7 * probabilities, 0, 1)
    top = logits.argmax(1)
    offset, slope = fit_confidence(logits[top == 0], truth[top == 0], 1.0)
    assert offset == pytest.approx(0.2, abs=0.04)
    assert slope == pytest.approx(0.7, abs=0.05)


def test_a_table_with_a_confidence_line_is_one_that_a_card_takes() -> None:
    table = tomllib.loads(calibration_toml("mood", 3.5, (0.18, 0.78), "some faces"))["calibration"]
    card = Calibration.model_validate(table)
    assert (card.confidence_offset, card.confidence_slope) == (0.18, 0.78)
