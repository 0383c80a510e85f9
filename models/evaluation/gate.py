"""Whether a new model may take the place of the one in service: face by face on the same labelled faces, by group.

Both look at the same faces, so that what is compared is the difference on each: it is known far better than either figure. A model is
worse where the whole interval of the mean difference lies beyond the margin that was declared for the figure. In a group of few faces
nothing is said against it, and the table shows how wide the interval is; where all faces together are too few, it does not pass.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.metrics import Floats, Measured, mean

EVERYBODY: Final = "everybody"
# Of fewer faces an interval says nothing that is worth refusing a model for.
LEAST_FACES: Final = 30


class Figure(StrEnum):
    """What models are compared by. All are errors: less is better."""

    AGE_ERROR_YEARS = "age_error_years"
    GENDER_ERRORS = "gender_errors"
    EMOTION_ERRORS = "emotion_errors"


# How much worse a model may be: a third of a year, one face in a hundred, two in a hundred; in a group, where there are fewer
# faces, three times as much.
MARGINS: Final[Mapping[Figure, float]] = {
    Figure.AGE_ERROR_YEARS: 1 / 3,
    Figure.GENDER_ERRORS: 0.01,
    Figure.EMOTION_ERRORS: 0.02,
}
_OF_A_GROUP: Final = 3.0


class GateError(Exception):
    """The two cannot be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """What a model got wrong on n faces, in the same order as the other's.

    Args:
        figure: which kind of error.
        of_face: (n,) its size for each face; nan where the face has no label for it.
    """

    figure: Figure
    of_face: Floats


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of one group.

    Args:
        group: of people; EVERYBODY for all.
        before: mean error of the model in service.
        after: of the new one.
        worse_by: the mean of the differences, with its interval: above 0 the new one is worse.
        margin: by how much it may be.
    """

    figure: Figure
    group: str
    before: Measured
    after: Measured
    worse_by: Measured
    margin: float

    @property
    def refused(self) -> bool:
        """Whether the new model is worse by more than the margin, beyond doubt."""
        return self.worse_by.n >= LEAST_FACES and self.worse_by.low > self.margin


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a new model."""

    comparisons: tuple[Comparison, ...]

    @property
    def against(self) -> tuple[Comparison, ...]:
        """What speaks against it."""
        return tuple(each for each in self.comparisons if each.refused)

    @property
    def too_few(self) -> tuple[Comparison, ...]:
        """Figures that too few faces have a label for to say anything."""
        return tuple(each for each in self.comparisons if each.group == EVERYBODY and each.worse_by.n < LEAST_FACES)

    @property
    def passed(self) -> bool:
        """Whether nothing does, and enough faces have been asked."""
        return not self.against and not self.too_few


def compare(
    before: Iterable[Errors],
    after: Iterable[Errors],
    groups: Sequence[str],
    margins: Mapping[Figure, float] = MARGINS,
) -> Verdict:
    """Compare two models.

    Args:
        before: errors of the one in service.
        after: of the new one, of the same faces.
        groups: (n,) of people, by name; empty for a face of no group.
        margins: by how much each figure may be worse.

    Raises:
        GateError: they are of different faces or figures, or no face has a label.
    """
    of_before, of_after = ({each.figure: each.of_face for each in errors} for errors in (before, after))
    if of_before.keys() != of_after.keys() or not of_before:
        raise GateError("the two models were measured by different figures")
    names = np.asarray(groups)
    found: list[Comparison] = []
    for figure, errors in of_before.items():
        if errors.shape != of_after[figure].shape or errors.shape != names.shape:
            raise GateError(f"{figure}: the two models were measured on different faces")
        labelled = ~np.isnan(errors)
        if not np.array_equal(labelled, ~np.isnan(of_after[figure])):
            raise GateError(f"{figure}: the two models were measured on different labels")
        for group in (EVERYBODY, *sorted(set(names[labelled]) - {""})):
            chosen = labelled if group == EVERYBODY else labelled & (names == group)
            margin = margins[figure] * (1.0 if group == EVERYBODY else _OF_A_GROUP)
            found.append(_comparison(figure, group, errors[chosen], of_after[figure][chosen], margin))
    if not any(each.worse_by.n for each in found):
        raise GateError("no face has a label")
    return Verdict(tuple(found))


def age_errors(estimated: NDArray[np.floating], true: NDArray[np.floating]) -> Errors:
    """Years that ages are off.

    Args:
        estimated: (n,) years.
        true: (n,) years, nan where there is no label.
    """
    return Errors(Figure.AGE_ERROR_YEARS, np.abs(np.asarray(estimated, np.float64) - true))


def class_errors(figure: Figure, probabilities: NDArray[np.floating], true: NDArray[np.int64]) -> Errors:
    """1 for each face that is taken for another class than it has.

    Args:
        figure: of gender or emotion.
        probabilities: (n, k).
        true: (n,) class, -1 where there is no label.
    """
    wrong = (probabilities.argmax(axis=1) != true).astype(np.float64)
    return Errors(figure, np.where(true < 0, np.nan, wrong))


def _comparison(figure: Figure, group: str, before: Floats, after: Floats, margin: float) -> Comparison:
    return Comparison(figure, group, mean(before), mean(after), mean(after - before), margin)
