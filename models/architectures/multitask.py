"""Age, gender and emotion of a face in one net: a MobileNetV3 with three heads, for training on faces of one's own.

Source: Howard et al., Searching for MobileNetV3, arXiv:1905.02244, as torchvision has it. Age is a distribution whose expectation is
the estimate: Gao et al., Learning Expectation of Label Distribution, arXiv:2007.01771.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor, nn

from models.architectures.layers import Normalise
from models.preprocess import MEAN_RGB, SCALE

AGE_BINS: Final = 101  # whole years from 0
GENDERS: Final = 2
EMOTIONS: Final = 7
_WIDTHS_PERCENT: Final = (25, 50, 75, 100)


class Logits(NamedTuple):
    """What the heads say of n faces, in the order of the card's outputs.

    Args:
        age: (n, 101), a class for each year of age from 0.
        gender: (n, 2), [female, male].
        emotion: (n, 7), [neutral, happiness, surprise, sadness, anger, disgust, fear].
    """

    age: Tensor
    gender: Tensor
    emotion: Tensor


class Multitask(nn.Module):
    """Estimates age in years, gender and emotion."""

    ages: Tensor

    def __init__(self, size: Literal["small", "large"] = "large", width: float = 1.0) -> None:
        """Make a net with random weights.

        Args:
            size: which MobileNetV3.
            width: how many channels it has, of the original's.
        """
        super().__init__()
        # It takes seconds, which none need wait for who only look up other nets.
        from torchvision.models import mobilenet_v3_large, mobilenet_v3_small  # type: ignore[import-untyped]  # noqa: PLC0415

        make = {"small": mobilenet_v3_small, "large": mobilenet_v3_large}[size]
        backbone = make(weights=None, width_mult=width)
        last = backbone.classifier[-1]
        assert isinstance(last, nn.Linear)
        self.normalise = Normalise(MEAN_RGB, SCALE)
        self.features = backbone.features
        self.neck = backbone.classifier[:-1]
        self.age = nn.Linear(last.in_features, AGE_BINS)
        self.gender = nn.Linear(last.in_features, GENDERS)
        self.emotion = nn.Linear(last.in_features, EMOTIONS)
        self.register_buffer("ages", torch.arange(AGE_BINS, dtype=torch.float32), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Estimate.

        Args:
            x: (n, 3, 112, 112), R G B, 0 to 255.

        Returns:
            The expected age in years, (n,); logits of [female, male], (n, 2); logits of [neutral, happiness, surprise, sadness,
            anger, disgust, fear], (n, 7).
        """
        age, gender, emotion = self.logits(x)
        return self.expected_age(age), gender, emotion

    def logits(self, x: Tensor) -> Logits:
        """As forward, but what age is expected from, which training needs."""
        hidden = self.neck(self.features(self.normalise(x)).mean((2, 3)))
        return Logits(self.age(hidden), self.gender(hidden), self.emotion(hidden))

    def expected_age(self, age_logits: Tensor) -> Tensor:
        """Years, (n,), of logits (n, 101)."""
        expected: Tensor = age_logits.float().softmax(1) @ self.ages
        return expected


# multitask_small_050 is the small one with half of the channels.
MULTITASK: Final[dict[str, Callable[[], Multitask]]] = {
    f"multitask_{size}_{percent:03d}": partial(Multitask, size, percent / 100)
    for size in ("small", "large")
    for percent in _WIDTHS_PERCENT
}
