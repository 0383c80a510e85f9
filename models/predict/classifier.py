"""Estimates for serving: chips in, ages, genders and emotions out, with how sure they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.preprocess import AGE_GENDER_CROPS, CHIP_SIZE_PX, EXPRESSION_CROPS, Crop, Crops, crops
from models.registry import WEIGHTS_DIR, AgeCorrection, Calibration, Card, read_card
from models.runtime import Device, Net
from models.runtime.serving import serving_net

GENDERS: Final = ("female", "male")
EMOTIONS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
AGE_GENDER: Final = "face-api-age-gender"
EXPRESSION: Final = "face-api-expression"
_WARM_UP_FACES: Final = (1, 8)
_VERSION_DIGITS: Final = 8


class AgesAndGenders(NamedTuple):
    """What one net says of n faces, in the order of their chips; fields as in Predictions."""

    age_years: NDArray[np.float32]
    age_low_years: NDArray[np.float32]
    age_high_years: NDArray[np.float32]
    gender: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Estimates for n faces, in the order of their chips.

    Args:
        age_years: (n,) float32.
        age_low_years: (n,) float32; between this and age_high_years lie nine of ten true ages.
        age_high_years: (n,) float32.
        gender: (n, 2) float32, probabilities in the order of GENDERS.
        emotion: (n, 7) float32, probabilities in the order of EMOTIONS.
    """

    age_years: NDArray[np.float32]
    age_low_years: NDArray[np.float32]
    age_high_years: NDArray[np.float32]
    gender: NDArray[np.float32]
    emotion: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What the nets say, the mean over all crops, before anything is calibrated.

    Args:
        age_years: (n,) float32.
        gender_logits: (n, 2) float32, in the order of GENDERS.
        emotion_logits: (n, 7) float32, in the order of EMOTIONS.
    """

    age_years: NDArray[np.float32]
    gender_logits: NDArray[np.float32]
    emotion_logits: NDArray[np.float32]


class FaceClassifier:
    """The nets in service."""

    def __init__(self, age_gender: Net, expression: Net, cards: tuple[Card, Card], plan: Crops) -> None:
        age_card, expression_card = cards
        self._age_gender = age_gender
        self._expression = expression
        self._plan = plan
        self._gender_order = [age_card.outputs.index(name) for name in GENDERS]
        self._emotion_order = [expression_card.outputs.index(name) for name in EMOTIONS]
        self._gender_calibration = age_card.calibration
        self._emotion_calibration = expression_card.calibration
        self._age_correction = age_card.age_correction
        digests = "-".join(card.weights.sha256[:_VERSION_DIGITS] for card in cards)
        self.version = f"face-api-{digests}-{plan}"

    @classmethod
    def load(
        cls,
        weights_dir: Path | None = None,
        device: Device = "cpu",
        *,
        crops: Crops = Crops.BALANCED,
        threads: int = 1,
    ) -> Self:
        """Load the nets, check their digests, and run them once so that the first face does not wait.

        Args:
            weights_dir: folder of converted and exported weights; by default the one that set-up fills.
            device: where to run.
            crops: how many looks each face gets.
            threads: of the processor that a net may use.

        Raises:
            WeightsError: weights are missing, or not the ones on the cards.
            RuntimeError: CUDA is asked for and not there.
        """
        folder = weights_dir or WEIGHTS_DIR
        cards = (read_card(AGE_GENDER), read_card(EXPRESSION))
        age_gender, expression = (serving_net(card, folder, device, threads) for card in cards)
        classifier = cls(age_gender, expression, cards, crops)
        for faces in _WARM_UP_FACES:
            classifier.predict(np.zeros((faces, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8))
        return classifier

    def predict(self, chips: NDArray[np.uint8]) -> Predictions:
        """Estimate all faces.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB, see `models.preprocess`; n may be 0.
        """
        return Predictions(*self.ages_and_genders(chips), self.emotions(chips))

    def ages_and_genders(self, chips: NDArray[np.uint8]) -> AgesAndGenders:
        """Estimate all faces, and run no more than the one net that this takes.

        Args:
            chips: as for `predict`; where there are none, no net runs.
        """
        age, gender_logits = self._raw_ages_and_genders(chips)
        age, margin = _corrected(age, self._age_correction)
        gender = _calibrated(gender_logits, self._gender_calibration)
        return AgesAndGenders(age, np.maximum(age - margin, 0), age + margin, gender)

    def emotions(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Estimate all faces, and run no more than the one net that this takes.

        Args:
            chips: as for `predict`; where there are none, no net runs.

        Returns:
            (n, 7) float32, probabilities in the order of EMOTIONS.
        """
        return _calibrated(self._raw_emotions(chips), self._emotion_calibration)

    def raw(self, chips: NDArray[np.uint8]) -> Raw:
        """As the nets see them.

        Args:
            chips: as for `predict`.
        """
        return Raw(*self._raw_ages_and_genders(chips), self._raw_emotions(chips))

    def _raw_ages_and_genders(self, chips: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if not len(chips):
            return np.zeros(0, np.float32), np.zeros((0, len(GENDERS)), np.float32)
        age, gender = _looks(self._age_gender, chips, AGE_GENDER_CROPS[self._plan])
        return age, gender[:, self._gender_order]

    def _raw_emotions(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        if not len(chips):
            return np.zeros((0, len(EMOTIONS)), np.float32)
        (emotion,) = _looks(self._expression, chips, EXPRESSION_CROPS[self._plan])
        return emotion[:, self._emotion_order]


def _looks(net: Net, chips: NDArray[np.uint8], plan: tuple[Crop, ...]) -> tuple[NDArray[np.float32], ...]:
    """A net's outputs, the mean over all crops of each face."""
    outputs = net(crops(chips, plan))
    return tuple(output.reshape(len(chips), len(plan), *output.shape[1:]).mean(1) for output in outputs)


def _corrected(
    age: NDArray[np.float32], correction: AgeCorrection | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Ages, and half the width of their intervals, years. Without a correction nothing is known of the width."""
    if correction is None:
        return age, np.full_like(age, np.nan)
    older = age - correction.from_years
    corrected = np.where(older > 0, age + correction.offset + correction.slope * older, age)
    margin = np.interp(corrected, correction.interval_ages, correction.interval_half_widths)
    return corrected.astype(np.float32), margin.astype(np.float32)


def _calibrated(logits: NDArray[np.float32], calibration: Calibration | None) -> NDArray[np.float32]:
    """Probabilities, as `Calibration` says."""
    if calibration is None or not len(logits):
        return _softmax(logits)
    probabilities = _softmax(logits / calibration.temperature)
    top = probabilities.argmax(1, keepdims=True)
    before = np.take_along_axis(probabilities, top, 1)
    # Never under what makes it the likeliest.
    after = np.maximum(
        calibration.confidence_offset + calibration.confidence_slope * before, np.float32(1 / logits.shape[1])
    ).astype(np.float32)
    rest: NDArray[np.float32] = probabilities * ((1 - after) / np.maximum(1 - before, np.finfo(np.float32).tiny))
    np.put_along_axis(rest, top, after, 1)
    return rest


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(1, keepdims=True, initial=-np.inf)) if len(logits) else logits
    probabilities: NDArray[np.float32] = (powers / powers.sum(1, keepdims=True)).astype(np.float32)
    return probabilities
