"""A classifier whose estimates follow from a chip's first pixel, so that a mix-up shows."""

import numpy as np
from numpy.typing import NDArray

from services.classify.domain import FaceEstimate


class FakeFaceClassifier:
    """Age is the red of the first pixel, ten years either way; green decides gender; blue modulo 7 the emotion."""

    version = "fake"

    async def estimate(self, chips: NDArray[np.uint8]) -> list[FaceEstimate]:
        """As BatchedClassifier.estimate."""
        return [self._one(chip) for chip in chips]

    @staticmethod
    def _one(chip: NDArray[np.uint8]) -> FaceEstimate:
        red, green, blue = (int(value) for value in chip[0, 0])
        emotion = [0.0] * 7
        emotion[blue % 7] = 1.0
        return FaceEstimate(red, red - 10, red + 10, (green / 255, 1 - green / 255), tuple(emotion))
