"""What makes answers as sure as they are right: temperatures, a correction of age, the width of age intervals.

All is fitted on the rows with an even index (`dataset.is_held_out`), and printed as tables for the cards.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from models.evaluation.metrics import Floats, Ints, conformal_quantile, softmax

COVERAGE: Final = 0.9
FROM_YEARS: Final = 13.0
ADULT_YEARS: Final = 16
# Between these bounds of corrected age, a knot each.
_BANDS_YEARS: Final = (0.0, 8.0, 18.0, 30.0, 45.0, 60.0, np.inf)
_LEAST_IN_BAND: Final = 20
_LOG_TEMPERATURE: Final = (-3.0, 3.0)
_LEAST_PROBABILITY: Final = 1e-12


@dataclass(frozen=True, slots=True)
class AgeCorrection:
    """What is added to estimated ages, and how wide their intervals are. models.registry has the one that is on the card.

    Args:
        from_years: younger estimates stay as they are.
        offset: added at that age, years; 0 where the correction is continuous ...
        slope: ... and this for each year more.
        interval_ages: corrected ages, years, rising.
        interval_half_widths: half the interval's width at each, years; in between it is interpolated.
    """

    from_years: float
    offset: float
    slope: float
    interval_ages: tuple[float, ...] = ()
    interval_half_widths: tuple[float, ...] = ()

    def corrected(self, ages_years: NDArray[np.floating]) -> Floats:
        """Ages (n,) after correction."""
        ages = np.asarray(ages_years, np.float64)
        older = ages - self.from_years
        return np.where(older > 0, ages + self.offset + self.slope * older, ages)

    def half_widths(self, corrected_years: NDArray[np.floating]) -> Floats:
        """Half the widths of the intervals of corrected ages (n,), years."""
        return np.interp(np.asarray(corrected_years, np.float64), self.interval_ages, self.interval_half_widths)


def fit_temperature(logits: NDArray[np.floating], truth: Ints) -> float:
    """The temperature with the least negative log-likelihood.

    Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks (2017), arXiv:1706.04599.

    Args:
        logits: (n, k)
        truth: (n,) classes.
    """
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        likelihood = softmax(logits, float(np.exp(log_temperature)))[rows, truth]
        return float(-np.log(np.maximum(likelihood, _LEAST_PROBABILITY)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=_LOG_TEMPERATURE, method="bounded").x))


def fit_confidence(logits: NDArray[np.floating], truth: Ints, temperature: float) -> tuple[float, float]:
    """Offset and slope of the line from the likeliest class's probability to how often it is right, by least squares.

    Args:
        logits: (n, k)
        truth: (n,) classes.
        temperature: that the logits are divided by.

    Returns:
        Offset and slope; together at most 1.
    """
    probabilities = softmax(logits, temperature)
    sure, right = probabilities.max(1), (probabilities.argmax(1) == truth).astype(np.float64)
    spread = sure.var()
    slope = ((sure - sure.mean()) * (right - right.mean())).mean() / spread if spread else 1.0
    offset = float(np.clip(right.mean() - slope * sure.mean(), 0.0, 0.99))
    return offset, float(np.clip(slope, 0.01, 1 - offset))


def fit_age_correction(estimated_years: NDArray[np.floating], true_years: Ints) -> AgeCorrection:
    """The slope above 13 estimated years with the least absolute error on people of 16 and older, continuous at 13.

    The best slope is a weighted median: the sum of |w (slope - ratio)| is least at the ratios' median by weight w.

    Args:
        estimated_years: (n,) before correction.
        true_years: (n,)
    """
    older = np.asarray(estimated_years, np.float64) - FROM_YEARS
    used = (older > 0) & (true_years >= ADULT_YEARS)
    if not used.any():
        return AgeCorrection(FROM_YEARS, 0.0, 0.0)
    weight = older[used]
    ratio = (true_years[used] - estimated_years[used]) / weight
    order = np.argsort(ratio)
    reached = np.cumsum(weight[order])
    slope = ratio[order][np.searchsorted(reached, reached[-1] / 2)]
    return AgeCorrection(FROM_YEARS, 0.0, float(slope))


def fit_intervals(correction: AgeCorrection, estimated_years: NDArray[np.floating], true_years: Ints) -> AgeCorrection:
    """The correction with intervals that hold nine of ten true ages.

    Each band of corrected age gives a knot: its median, and its conformal quantile of absolute errors. All half widths are
    then scaled by the conformal quantile of error over half width, which makes up for interpolation.

    Args:
        correction: of the ages.
        estimated_years: (n,) before correction.
        true_years: (n,)
    """
    corrected = correction.corrected(estimated_years)
    errors = np.abs(corrected - true_years)
    knots = []
    for low, high in pairwise(_BANDS_YEARS):
        inside = (corrected >= low) & (corrected < high)
        if inside.sum() >= _LEAST_IN_BAND:
            knots.append((float(np.median(corrected[inside])), conformal_quantile(errors[inside], COVERAGE)))
    if not knots:
        raise ValueError(f"no band of ages has {_LEAST_IN_BAND} faces to fit intervals on")
    ages, half_widths = zip(*knots, strict=True)
    factor = conformal_quantile(errors / np.interp(corrected, ages, half_widths), COVERAGE)
    return AgeCorrection(
        correction.from_years, correction.offset, correction.slope, ages, tuple(width * factor for width in half_widths)
    )


def calibration_toml(net: str, temperature: float, confidence: tuple[float, float] | None, fitted_on: str) -> str:
    """A net's table, as its card has it."""
    lines = [f"# {net}", "[calibration]", f"temperature = {temperature:.3f}"]
    if confidence is not None:
        lines += [
            f"confidence_{name} = {value:.2f}" for name, value in zip(("offset", "slope"), confidence, strict=True)
        ]
    return "\n".join([*lines, f'fitted_on = "{fitted_on}"', ""])


def correction_toml(net: str, correction: AgeCorrection, fitted_on: str) -> str:
    """The table of an age net, as its card has it."""
    return (
        f"# {net}\n[age_correction]\n"
        f"from_years = {correction.from_years:g}\n"
        f"offset = {correction.offset:.3f}\n"
        f"slope = {correction.slope:.4f}\n"
        f"interval_ages = {_numbers(correction.interval_ages)}\n"
        f"interval_half_widths = {_numbers(correction.interval_half_widths)}\n"
        f'fitted_on = "{fitted_on}"\n'
    )


def _numbers(values: tuple[float, ...]) -> str:
    return "[" + ", ".join(f"{value:.1f}" for value in values) + "]"
