"""What is measured, as far as measuring must know it: `models.predict` has the real ones, tests have small ones."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

# Called after each photo or batch, with the number of photos or faces done: moves the progress bar.
Advance = Callable[[int], None]
GOOD: Final = "good"
REJECTED: Final = "rejected"


class Quality(Protocol):
    """What a found face is good for."""

    @property
    def level(self) -> str:
        """Good, usable or rejected."""


class Found(Protocol):
    """A face in a photo; measures in pixels of the full-size photo."""

    @property
    def left_px(self) -> float:
        """Of its box."""

    @property
    def top_px(self) -> float:
        """Of its box."""

    @property
    def width_px(self) -> float:
        """Of its box."""

    @property
    def height_px(self) -> float:
        """Of its box."""

    @property
    def chip(self) -> NDArray[np.uint8]:
        """(144, 144, 3) uint8 RGB, aligned."""

    @property
    def quality(self) -> Quality:
        """What it is good for."""


class Finder(Protocol):
    """Finds faces in photos."""

    def find(self, rgb: NDArray[np.uint8], full_px: tuple[int, int]) -> Sequence[Found]:
        """Faces in a photo.

        Args:
            rgb: (h, w, 3) uint8, contiguous: the photo at half its size.
            full_px: height and width of the photo in full size.
        """


class Estimated(Protocol):
    """What a classifier says of n faces."""

    @property
    def age_years(self) -> NDArray[np.float32]:
        """(n,), the likeliest age."""

    @property
    def age_low_years(self) -> NDArray[np.float32]:
        """(n,), of an interval that should hold nine ages of ten."""

    @property
    def age_high_years(self) -> NDArray[np.float32]:
        """(n,), its other end."""

    @property
    def gender(self) -> NDArray[np.float32]:
        """(n, 2), calibrated probabilities in the order of GENDERS."""

    @property
    def emotion(self) -> NDArray[np.float32]:
        """(n, 7), calibrated probabilities in the order of EMOTIONS."""


class RawEstimated(Protocol):
    """What its nets say, before calibration and correction."""

    @property
    def age_years(self) -> NDArray[np.float32]:
        """(n,), before correction."""

    @property
    def gender_logits(self) -> NDArray[np.float32]:
        """(n, 2), in the order of GENDERS."""

    @property
    def emotion_logits(self) -> NDArray[np.float32]:
        """(n, 7), in the order of EMOTIONS."""


class Classifier(Protocol):
    """Estimates age, gender and emotion of chips, (n, 144, 144, 3) uint8 RGB."""

    def predict(self, chips: NDArray[np.uint8]) -> Estimated:
        """What the product says."""

    def raw(self, chips: NDArray[np.uint8]) -> RawEstimated:
        """What its nets say."""
