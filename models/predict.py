"""Estimates for serving: chips in, ages, genders and emotions out. Services see nothing else of the models."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.preprocess import CHIP_SIZE_PX
from models.registry import WEIGHTS_DIR, load

GENDERS: Final = ("female", "male")
EMOTIONS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
_WARM_UP_FACES = (1, 8)
_VERSION_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Predictions:
    """Estimates for n faces, in the order of their chips.

    Args:
        age_years: (n,) float32.
        gender: (n, 2) float32, probabilities in the order of GENDERS.
        emotion: (n, 7) float32, probabilities in the order of EMOTIONS.
    """

    age_years: NDArray[np.float32]
    gender: NDArray[np.float32]
    emotion: NDArray[np.float32]


class FaceClassifier:
    """The nets in service, on one device."""

    def __init__(
        self,
        age_gender: nn.Module,
        expression: nn.Module,
        gender_order: list[int],
        emotion_order: list[int],
        version: str,
        device: torch.device,
    ) -> None:
        self._age_gender = age_gender.to(device).to(memory_format=torch.channels_last)
        self._expression = expression.to(device).to(memory_format=torch.channels_last)
        self._gender_order = gender_order
        self._emotion_order = emotion_order
        self._device = device
        self.version = version

    @classmethod
    def load(cls, weights_dir: Path | None = None, device: Literal["cpu", "cuda"] = "cpu") -> Self:
        """Load the nets, check their digests, and run them once so that the first face does not wait.

        Args:
            weights_dir: folder of converted weights; by default the one that set-up fills.
            device: where to run.

        Raises:
            WeightsError: weights are missing, or not the ones on the cards.
            RuntimeError: CUDA is asked for and not there.
        """
        if device == "cuda" and not torch.cuda.is_available():
            raise RuntimeError("device is cuda, and PyTorch finds no CUDA device here: set it to cpu")
        folder = weights_dir or WEIGHTS_DIR
        age_gender, age_gender_card = load("face-api-age-gender", folder)
        expression, expression_card = load("face-api-expression", folder)
        digests = (age_gender_card.weights.sha256, expression_card.weights.sha256)
        classifier = cls(
            age_gender,
            expression,
            [age_gender_card.outputs.index(name) for name in GENDERS],
            [expression_card.outputs.index(name) for name in EMOTIONS],
            "face-api-" + "-".join(digest[:_VERSION_DIGITS] for digest in digests),
            torch.device(device),
        )
        for faces in _WARM_UP_FACES:
            classifier.predict(np.zeros((faces, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8))
        return classifier

    def predict(self, chips: NDArray[np.uint8]) -> Predictions:
        """Estimate all faces in one pass.

        Args:
            chips: (n, 112, 112, 3) uint8 RGB; n may be 0.
        """
        if not len(chips):
            none = np.zeros((0,), np.float32)
            return Predictions(none, none.reshape(0, len(GENDERS)), none.reshape(0, len(EMOTIONS)))
        with torch.inference_mode():
            # A chip's bytes are channels-last already: the permutation moves nothing.
            pixels = torch.from_numpy(chips).to(self._device).permute(0, 3, 1, 2).float()
            age, gender = self._age_gender(pixels)
            gender = gender.softmax(1)[:, self._gender_order]
            emotion = self._expression(pixels).softmax(1)[:, self._emotion_order]
            return Predictions(age.cpu().numpy(), gender.cpu().numpy(), emotion.cpu().numpy())


def limit_threads(threads: int) -> None:
    """Let PyTorch use so many CPU threads in this process: one, where replicas share the cores."""
    torch.set_num_threads(threads)
