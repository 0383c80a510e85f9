"""A classifier whose estimates follow from a chip's first pixel, so that a mix-up shows."""

import numpy as np
from numpy.typing import NDArray

from services.classify.domain import TALLIED, Estimates, FaceEstimate, Versioned, Wanted, estimates_by_face


class FakeFaceClassifier:
    """Age is the red of the first pixel, ten years either way; green decides gender; blue modulo 7 the emotion.

    All landmarks lie at red and green; pitch, yaw and roll are red, green and blue.
    """

    version = "fake"

    def __init__(self) -> None:
        self.asked: list[Wanted] = []

    async def estimate(self, chips: NDArray[np.uint8], camera_id: str) -> Versioned[list[FaceEstimate]]:
        """As BatchedClassifier.estimate."""
        return Versioned(estimates_by_face(self._estimates(chips, TALLIED)), self.version)

    async def estimate_only(self, chips: NDArray[np.uint8], wanted: Wanted) -> Versioned[Estimates]:
        """As BatchedClassifier.estimate_only."""
        self.asked.append(wanted)
        return Versioned(self._estimates(chips, wanted), self.version)

    @staticmethod
    def _estimates(chips: NDArray[np.uint8], wanted: Wanted) -> Estimates:
        def pixels(estimate: Wanted) -> NDArray[np.float32]:
            return chips[:, 0, 0].astype(np.float32)[: len(chips) if estimate in wanted else 0]

        red, green, _ = pixels(Wanted.AGE_AND_GENDER).T
        gender = np.stack([green / 255, 1 - green / 255], axis=1)
        emotion = np.eye(7, dtype=np.float32)[pixels(Wanted.EMOTION)[:, 2].astype(int) % 7]
        pose = pixels(Wanted.LANDMARKS)
        landmarks = np.repeat(pose[:, None, :2], 68, axis=1)
        return Estimates(red, red - 10, red + 10, gender, emotion, landmarks, pose)
