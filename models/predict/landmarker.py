"""Landmarks for serving: chips in, 68 points of each face out, and how its head is turned."""

from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from models.head_pose import head_pose
from models.preprocess import CHIP_SIZE_PX, NET_SIZE_PX, Crop, crops
from models.registry import WEIGHTS_DIR, read_card
from models.runtime import Device, Net
from models.runtime.serving import serving_net

_NET: Final = "face-api-landmarks"
_VERSION_DIGITS: Final = 8
_POINTS: Final = 68
_MARGIN_PX: Final = (CHIP_SIZE_PX - NET_SIZE_PX) / 2


class FaceLandmarker:
    """The net in service."""

    def __init__(self, net: Net, version: str) -> None:
        self._net = net
        self.version = version

    @classmethod
    def load(cls, weights_dir: Path | None = None, device: Device = "cpu", *, threads: int = 1) -> Self:
        """Load the net, check its digest, and run it once so that the first face does not wait.

        Args:
            weights_dir: folder of converted and exported weights; by default the one that set-up fills.
            device: where to run.
            threads: of the processor that the net may use.

        Raises:
            WeightsError: weights are missing, or not the ones on the card.
            RuntimeError: CUDA is asked for and not there.
        """
        card = read_card(_NET)
        net = serving_net(card, weights_dir or WEIGHTS_DIR, device, threads)
        landmarker = cls(net, f"{_NET}-{card.weights.sha256[:_VERSION_DIGITS]}")
        landmarker.landmarks(np.zeros((1, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8))
        return landmarker

    def landmarks(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Find the points of all faces in one pass.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB, see `models.preprocess`; n may be 0.

        Returns:
            x, y of each point in pixels of its chip, from the top left corner, (n, 68, 2) float32. A point that the
            chip cuts off, a chin for example, lies outside it.
        """
        if not len(chips):
            return np.zeros((0, _POINTS, 2), np.float32)
        (points,) = self._net(crops(chips, (Crop(NET_SIZE_PX),)))
        moved: NDArray[np.float32] = points * NET_SIZE_PX + np.float32(_MARGIN_PX)
        return moved


def poses(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """How heads are turned; see `models.head_pose`.

    Args:
        points: (n, 68, 2), as `FaceLandmarker.landmarks` gives them; n may be 0.

    Returns:
        Pitch, yaw and roll, degrees, (n, 3) float32. The roll is what alignment has left over.
    """
    found = [head_pose(face) for face in points]
    return np.array([(pose.pitch_deg, pose.yaw_deg, pose.roll_deg) for pose in found], np.float32).reshape(-1, 3)
