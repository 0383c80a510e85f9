"""Measures of accuracy, in pure numpy. Each takes columns of n faces, and is nan where there are none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RESAMPLES: Final = 1000
BINS: Final = 15
_SEED: Final = 20_260_101
_INTERVAL_PERCENT: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and its 95 % bootstrap confidence interval.

    Args:
        value: of all n faces.
        low: the interval's lower end, in the value's unit.
        high: its upper end.
        n: faces that the figure is made of.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers of about the same confidence.

    Args:
        confidence: their mean confidence, 0 to 1.
        accuracy: the share of them that is right, 0 to 1.
        n: how many they are, at least one.
    """

    confidence: float
    accuracy: float
    n: int


def mean(values: NDArray[np.floating] | Bools) -> Measured:
    """Mean of a column (n,): shares of booleans, errors in years.

    Source: Efron, Tibshirani, An Introduction to the Bootstrap (1993), percentile intervals.
    """
    column = np.asarray(values, np.float64)
    return measured(lambda chosen: column[chosen].mean(axis=-1), len(column), vectorised=True)


def measured(statistic: Callable[[Ints], Floats | float], n: int, *, vectorised: bool = False) -> Measured:
    """Any figure of n faces, with its interval.

    Args:
        statistic: of the faces with these indices (m,).
        n: faces there are.
        vectorised: it also takes indices (resamples, m), and gives (resamples,).
    """
    if n == 0:
        return Measured(np.nan, np.nan, np.nan, 0)
    chosen = np.random.default_rng(_SEED).integers(0, n, (RESAMPLES, n))
    drawn = statistic(chosen) if vectorised else [statistic(row) for row in chosen]
    low, high = np.percentile(np.asarray(drawn, np.float64), _INTERVAL_PERCENT)
    return Measured(float(statistic(np.arange(n))), float(low), float(high), n)


def confusion(truth: Ints, answer: Ints, classes: int) -> Ints:
    """How often each class (row) is taken for each (column): (classes, classes)."""
    return np.bincount(truth * classes + answer, minlength=classes * classes).reshape(classes, classes)


def balanced_accuracy(truth: Ints, answer: Ints, classes: int) -> float:
    """Mean over the classes that occur of the share of each that is recognised: rare classes count as much as others."""
    counts = confusion(truth, answer, classes)
    of_class = counts.sum(axis=1)
    there = of_class > 0
    return float((counts.diagonal()[there] / of_class[there]).mean()) if there.any() else np.nan


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Probabilities (n, k) of logits (n, k) divided by a temperature."""
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def reliability(probabilities: NDArray[np.floating], truth: Ints, bins: int = BINS) -> list[ReliabilityBin]:
    """How often answers are right, by how sure of them the net is; bins of confidence of equal width, empty ones left out.

    Args:
        probabilities: (n, k); the answer is the likeliest class, its probability the confidence.
        truth: (n,) classes.
        bins: between 0 and 1.
    """
    confidence, right = _answers(probabilities, truth)
    number = _bin_of(confidence, bins)
    return [
        ReliabilityBin(float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for inside in (number == bin_ for bin_ in range(bins))
        if inside.any()
    ]


def calibration_error(probabilities: NDArray[np.floating], truth: Ints, bins: int = BINS) -> Measured:
    """Expected calibration error: mean distance of confidence and accuracy over the bins of `reliability`, weighted by n.

    Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks (2017), arXiv:1706.04599.
    """
    confidence, right = _answers(probabilities, truth)
    number = _bin_of(confidence, bins)
    distance = confidence - right

    def error(chosen: Ints) -> float:
        return float(np.abs(np.bincount(number[chosen], distance[chosen], bins)).sum() / len(chosen))

    return measured(error, len(truth))


def conformal_quantile(scores: NDArray[np.floating], coverage: float) -> float:
    """The score that a new one does not exceed with at least this probability, if it is like these.

    Source: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, Distribution-Free Predictive Inference for Regression (2018).

    Args:
        scores: (n,), n at least 1.
        coverage: 0 to 1.
    """
    rank = int(np.ceil((len(scores) + 1) * coverage))
    return float(np.sort(scores)[min(rank, len(scores)) - 1])


def _answers(probabilities: NDArray[np.floating], truth: Ints) -> tuple[Floats, Floats]:
    confidence = np.asarray(probabilities.max(axis=1) if len(probabilities) else np.zeros(0), np.float64)
    answer = probabilities.argmax(axis=1) if len(probabilities) else np.zeros(0, np.int64)
    return confidence, (answer == truth).astype(np.float64)


def _bin_of(confidence: Floats, bins: int) -> Ints:
    return np.clip((confidence * bins).astype(np.int64), 0, bins - 1)
