"""Estimates for serving: chips in, ages, genders and emotions out, with how sure they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.preprocess import AGE_GENDER_CROPS, CHIP_SIZE_PX, EXPRESSION_CROPS, Crop, Crops, crops
from models.registry import WEIGHTS_DIR, AgeCorrection, Calibration, Card, WeightsError, read_card
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
    """The nets in service: one for age and gender and one for emotion, or one and the same for all three.

    Args:
        age_gender: gives ages and logits of gender first.
        expression: gives logits of emotion last.
        cards: theirs.
        plan: how many looks each face gets.
        name: that the version begins with; by default it says which weights they are.

    Raises:
        WeightsError: a card has not the outputs that it takes.
    """

    def __init__(
        self, age_gender: Net, expression: Net, cards: tuple[Card, Card], plan: Crops, name: str | None = None
    ) -> None:
        age_card, expression_card = cards
        self._age_gender = age_gender
        self._expression = expression
        self._age_gender_plan = _plan(age_card, plan, AGE_GENDER_CROPS)
        self._shared = age_gender is expression
        self._expression_plan = (
            self._age_gender_plan if self._shared else _plan(expression_card, plan, EXPRESSION_CROPS)
        )
        self._gender_order = _order(age_card, GENDERS)
        self._emotion_order = _order(expression_card, EMOTIONS)
        self._gender_calibration = age_card.calibration
        self._emotion_calibration = expression_card.emotion_calibration if self._shared else expression_card.calibration
        self._age_correction = age_card.age_correction
        self._last: tuple[NDArray[np.uint8], tuple[NDArray[np.float32], ...]] | None = None
        digests = "-".join(card.weights.sha256[:_VERSION_DIGITS] for card in cards)
        self.version = f"{name or f'face-api-{digests}'}-{plan}"

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
        cards = (read_card(AGE_GENDER), read_card(EXPRESSION))
        return cls.of_cards(cards, weights_dir or WEIGHTS_DIR, device, crops=crops, threads=threads)

    @classmethod
    def of_cards(
        cls,
        cards: tuple[Card, ...],
        folder: Path,
        device: Device = "cpu",
        *,
        crops: Crops = Crops.BALANCED,
        threads: int = 1,
        name: str | None = None,
    ) -> Self:
        """As `load`, of other nets than those that come with the code.

        Args:
            cards: of a net for age and gender and of one for emotion, or of one net for all three.
            folder: of converted and exported weights.
            device: where to run.
            crops: how many looks each face gets.
            threads: of the processor that a net may use.
            name: that the version begins with.
        """
        nets = [serving_net(card, folder, device, threads) for card in cards]
        classifier = cls(nets[0], nets[-1], (cards[0], cards[-1]), crops, name)
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
        age, gender, *_ = self._looks(self._age_gender, chips, self._age_gender_plan)
        return age, gender[:, self._gender_order]

    def _raw_emotions(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        if not len(chips):
            return np.zeros((0, len(EMOTIONS)), np.float32)
        *_, emotion = self._looks(self._expression, chips, self._expression_plan)
        return emotion[:, self._emotion_order]

    def _looks(self, net: Net, chips: NDArray[np.uint8], plan: tuple[Crop, ...]) -> tuple[NDArray[np.float32], ...]:
        """A net's outputs, the mean over all crops of each face. One that estimates everything looks at the same chips once."""
        last = self._last
        if last is not None and last[0] is chips:
            return last[1]
        outputs = tuple(
            output.reshape(len(chips), len(plan), *output.shape[1:]).mean(1) for output in net(crops(chips, plan))
        )
        self._last = (chips, outputs) if self._shared else None
        return outputs


def _plan(card: Card, plan: Crops, otherwise: dict[Crops, tuple[Crop, ...]]) -> tuple[Crop, ...]:
    if card.looks is None:
        return otherwise[plan]
    return tuple(Crop(look.side_px, look.mirrored) for look in getattr(card.looks, plan))


def _order(card: Card, names: tuple[str, ...]) -> list[int]:
    """Where the columns of these names are among those of them that a net gives."""
    given = [output for output in card.outputs if output in names]
    if sorted(given) != sorted(names):
        raise WeightsError(f"{card.name} does not give {', '.join(names)}")
    return [given.index(name) for name in names]


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
