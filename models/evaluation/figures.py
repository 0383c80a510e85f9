"""Figures of ages, genders and emotions, from labels and estimates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.calibration import ADULT_YEARS
from models.evaluation.classification import Estimates, RawEstimates, SeenFaces
from models.evaluation.dataset import SOURCES, AgeGenderFaces, EmotionFaces
from models.evaluation.metrics import (
    Bools,
    Floats,
    Ints,
    Measured,
    ReliabilityBin,
    balanced_accuracy,
    calibration_error,
    confusion,
    mean,
    measured,
    reliability,
    softmax,
)
from models.predict.classifier import EMOTIONS, GENDERS

AGE_BANDS: Final = ((0, 12), (13, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 200))
THRESHOLDS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class AgeFigures:
    """Of the people of some age.

    Args:
        mae: mean absolute error, years.
        bias: mean of estimated minus true age, years.
        covered: share of true ages that lie in the interval.
        width: mean width of the interval, years.
    """

    mae: Measured
    bias: Measured
    covered: Measured
    width: Measured


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Of one group of people; the figures are of those of 16 and older.

    Args:
        labelled: images of them, of all ages.
        found: share of these whose face was found.
        age_mae: years.
        age_bias: years.
        gender: share of genders right.
    """

    labelled: int
    found: Measured
    age_mae: Measured
    age_bias: Measured
    gender: Measured


@dataclass(frozen=True, slots=True)
class Calibration:
    """How sure answers are, beside how often they are right."""

    error: Measured
    bins: tuple[ReliabilityBin, ...]


class AgesAndGenders:
    """Found faces of known age and gender, and what was said of them.

    Args:
        labelled: all n faces.
        seen: which of them were found.
        estimates: of the k found ones.
        raw: the same before calibration; None where that is not asked for.
        only: (n,) which of the labelled faces to speak of; None for all.
    """

    def __init__(
        self,
        labelled: AgeGenderFaces,
        seen: SeenFaces,
        estimates: Estimates,
        raw: RawEstimates | None = None,
        only: Bools | None = None,
    ) -> None:
        self._asked = np.ones(len(labelled.rows), np.bool_) if only is None else only
        self._was_found = np.zeros(len(labelled.rows), np.bool_)
        self._was_found[seen.index] = True
        self._labelled = labelled
        self._kept = self._asked[seen.index]
        index = seen.index[self._kept]
        self._truth = labelled.ages_years[index]
        self._gender = labelled.genders[index]
        self._group = labelled.groups[index]
        self._age = estimates.age_years[self._kept].astype(np.float64)
        self._low, self._high = estimates.age_low_years[self._kept], estimates.age_high_years[self._kept]
        self._probabilities = estimates.gender[self._kept]
        self._raw = raw
        self._adult = self._truth >= ADULT_YEARS

    @property
    def found(self) -> Measured:
        """Share of faces found."""
        return mean(self._was_found[self._asked])

    @property
    def true_and_estimated(self) -> tuple[Ints, Floats]:
        """Ages in years, (k,) each."""
        return self._truth, self._age

    def age(self, least: int = 0, most: int = 200) -> AgeFigures:
        """Of people of these ages, both included."""
        return self._age_of((self._truth >= least) & (self._truth <= most))

    def gender(self, threshold: float = 0.0) -> tuple[Measured, Measured]:
        """Share of genders right where one is at least this probable, and share for which one is; people of 16 and older."""
        known = self._adult & (self._probabilities.max(axis=1, initial=0) >= threshold)
        return mean(self._right[known]), mean(known[self._adult])

    def group(self, group: str | None, gender: int | None) -> GroupFigures:
        """Of a group, a gender, or both."""
        asked = self._asked & _is(self._labelled.groups, group) & _is(self._labelled.genders, gender)
        chosen = self._adult & _is(self._group, group) & _is(self._gender, gender)
        age = self._age_of(chosen)
        return GroupFigures(
            int(asked.sum()), mean(self._was_found[asked]), age.mae, age.bias, mean(self._right[chosen])
        )

    @property
    def groups(self) -> list[str]:
        """That there are, by name."""
        return sorted({str(name) for name in self._labelled.groups[self._asked]})

    def calibration(self, *, before: bool = False) -> Calibration:
        """Of genders of people of 16 and older, after temperature scaling or before."""
        probabilities: NDArray[np.floating] = self._probabilities
        if before:
            if self._raw is None:
                raise ValueError("what the nets say was not asked for")
            probabilities = softmax(self._raw.gender_logits[self._kept])
        return _calibration(probabilities[self._adult], self._gender[self._adult])

    @property
    def _right(self) -> Bools:
        return np.asarray(self._answer == self._gender, np.bool_)

    @property
    def _answer(self) -> Ints:
        return self._probabilities.argmax(axis=1) if len(self._probabilities) else np.zeros(0, np.int64)

    def _age_of(self, chosen: Bools) -> AgeFigures:
        error = (self._age - self._truth)[chosen]
        # An age net without a correction on its card has no intervals: they are nan, and so is their coverage.
        covered = np.where(np.isnan(self._high), np.nan, (self._low <= self._truth) & (self._truth <= self._high))
        return AgeFigures(
            mean(np.abs(error)), mean(error), mean(covered[chosen]), mean((self._high - self._low)[chosen])
        )


class Emotions:
    """Found faces of known expression, and what was said of them.

    Args:
        labelled: all n faces.
        seen: which of them were found.
        estimates: of the k found ones.
        raw: the same before calibration; None where that is not asked for.
        only: (n,) which of the labelled faces to speak of; None for all.
    """

    def __init__(
        self,
        labelled: EmotionFaces,
        seen: SeenFaces,
        estimates: Estimates,
        raw: RawEstimates | None = None,
        only: Bools | None = None,
    ) -> None:
        self._asked = np.ones(len(labelled.rows), np.bool_) if only is None else only
        self._was_found = np.zeros(len(labelled.rows), np.bool_)
        self._was_found[seen.index] = True
        self._all_sources = labelled.sources
        self._kept = self._asked[seen.index]
        index = seen.index[self._kept]
        self._truth = labelled.emotions[index]
        self._source = labelled.sources[index]
        self._good = seen.good[self._kept]
        self._probabilities = estimates.emotion[self._kept]
        self._raw = raw

    def found(self, source: str | None = None) -> Measured:
        """Share of faces found."""
        return mean(self._was_found[self._asked & _is(self._all_sources, source)])

    def good(self, source: str | None = None) -> Measured:
        """Share of the found faces whose mood the product reports."""
        return mean(self._good[_is(self._source, source)])

    def accuracy(self, source: str | None = None, *, good: bool | None = None) -> Measured:
        """Share of emotions right, of all found faces, of the good ones or of the others."""
        chosen = self._chosen(source, good)
        return mean((self._answer == self._truth)[chosen])

    def balanced(self, source: str | None = None, *, good: bool | None = None) -> Measured:
        """Mean over emotions of the share of each that is recognised."""
        chosen = self._chosen(source, good)
        truth, answer = self._truth[chosen], self._answer[chosen]
        return measured(lambda rows: balanced_accuracy(truth[rows], answer[rows], len(EMOTIONS)), len(truth))

    def confusion(self, *, good: bool | None = None) -> Ints:
        """(7, 7): how often each emotion (row) is taken for each (column)."""
        chosen = self._chosen(None, good)
        return confusion(self._truth[chosen], self._answer[chosen], len(EMOTIONS))

    def calibration(self, *, before: bool = False, good: bool | None = None) -> Calibration:
        """After temperature scaling or before."""
        probabilities: NDArray[np.floating] = self._probabilities
        if before:
            if self._raw is None:
                raise ValueError("what the nets say was not asked for")
            probabilities = softmax(self._raw.emotion_logits[self._kept])
        chosen = self._chosen(None, good)
        return _calibration(probabilities[chosen], self._truth[chosen])

    @property
    def _answer(self) -> Ints:
        return self._probabilities.argmax(axis=1) if len(self._probabilities) else np.zeros(0, np.int64)

    def _chosen(self, source: str | None, good: bool | None) -> Bools:
        return _is(self._source, source) & _is(self._good, good)


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan of crops.

    Args:
        name: of the plan.
        ages: what it gives for faces of known age and gender.
        emotions: what it gives for faces of known expression.
        cpu_ms_per_face: what it costs, CPU milliseconds, mean over all faces.
    """

    name: str
    ages: AgesAndGenders
    emotions: Emotions
    cpu_ms_per_face: float


@dataclass(frozen=True, slots=True)
class Split:
    """The figures of some rows."""

    ages: AgesAndGenders
    emotions: Emotions


@dataclass(frozen=True, slots=True)
class Classification:
    """All that was estimated.

    Args:
        all_rows: with the plan in service.
        held_out: of the rows that calibration is not fitted on; None for a folder that nothing was fitted on.
        plans: all of them, the cheapest first.
        plan: the name of the one in service.
        cpu_ms_per_photo: of finding and cutting, CPU milliseconds.
    """

    all_rows: Split
    held_out: Split | None
    plans: tuple[Plan, ...]
    plan: str
    cpu_ms_per_photo: float


def headline(split: Split) -> dict[str, Measured]:
    """The figures that stand for all, by their key in the JSON line."""
    ages, emotions = split.ages, split.emotions
    adults = ages.age(ADULT_YEARS)
    figures = {
        "age_mae_16plus": adults.mae,
        "age_mae_all": ages.age().mae,
        "age_bias_16plus": adults.bias,
        "age_coverage_16plus": adults.covered,
        "age_coverage_all": ages.age().covered,
        "age_interval_years_16plus": adults.width,
        "gender_acc_16plus": ages.gender()[0],
    }
    for source in SOURCES:
        figures[f"emotion_acc_{source}"] = emotions.accuracy(source, good=True)
        figures[f"emotion_acc_{source}_all"] = emotions.accuracy(source)
    return figures | {
        "ece_gender": ages.calibration().error,
        "ece_gender_before": ages.calibration(before=True).error,
        "ece_emotion": emotions.calibration(good=True).error,
        "ece_emotion_before": emotions.calibration(good=True, before=True).error,
        "ece_emotion_all": emotions.calibration().error,
        "ece_emotion_all_before": emotions.calibration(before=True).error,
    }


def group_rows(ages: AgesAndGenders) -> list[tuple[str, GroupFigures]]:
    """Every group, both genders, and each gender of every group, with names."""
    asked: list[tuple[str | None, int | None]] = [(group, None) for group in ages.groups]
    asked += [(None, gender) for gender in range(len(GENDERS))]
    asked += [(group, gender) for group in ages.groups for gender in range(len(GENDERS))]
    return [(_name(group, gender), ages.group(group, gender)) for group, gender in asked]


def by_band(figure: Callable[[int, int], AgeFigures]) -> list[tuple[str, AgeFigures]]:
    """A figure of every band of true age, with the bands' names."""
    return [(f"{low}–{high}" if high < AGE_BANDS[-1][1] else f"{low}+", figure(low, high)) for low, high in AGE_BANDS]


def _name(group: str | None, gender: int | None) -> str:
    return ", ".join(part for part in (group, None if gender is None else GENDERS[gender]) if part)


def _is(column: NDArray[np.generic], value: str | int | bool | None) -> Bools:
    return np.ones(len(column), np.bool_) if value is None else np.asarray(column == value, np.bool_)


def _calibration(probabilities: NDArray[np.floating], truth: Ints) -> Calibration:
    return Calibration(calibration_error(probabilities, truth), tuple(reliability(probabilities, truth)))
