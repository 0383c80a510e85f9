"""Landmarks for serving: chips in, 68 points of each face out."""

from pathlib import Path
from typing import Final, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.architectures.landmark_densenet import POINTS
from models.preprocess import CHIP_SIZE_PX, NET_SIZE_PX, Crop, crops
from models.registry import WEIGHTS_DIR, load

_NET: Final = "face-api-landmarks"
_VERSION_DIGITS: Final = 8
_MARGIN_PX: Final = (CHIP_SIZE_PX - NET_SIZE_PX) / 2


class FaceLandmarker:
    """The net in service, on one device."""

    def __init__(self, net: nn.Module, version: str, device: torch.device) -> None:
        self._net = net.to(device).to(memory_format=torch.channels_last)
        self._device = device
        self.version = version

    @classmethod
    def load(cls, weights_dir: Path | None = None, device: Literal["cpu", "cuda"] = "cpu") -> Self:
        """Load the net, check its digest, and run it once so that the first face does not wait.

        Args:
            weights_dir: folder of converted weights; by default the one that set-up fills.
            device: where to run.

        Raises:
            WeightsError: weights are missing, or not the ones on the card.
            RuntimeError: CUDA is asked for and not there.
        """
        if device == "cuda" and not torch.cuda.is_available():
            raise RuntimeError("device is cuda, and PyTorch finds no CUDA device here: set it to cpu")
        net, card = load(_NET, weights_dir or WEIGHTS_DIR)
        landmarker = cls(net, f"{_NET}-{card.weights.sha256[:_VERSION_DIGITS]}", torch.device(device))
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
            return np.zeros((0, POINTS, 2), np.float32)
        with torch.inference_mode():
            # A chip's bytes are channels-last already: the permutation moves nothing.
            middles = crops(chips, (Crop(NET_SIZE_PX),))
            pixels = torch.from_numpy(middles).to(self._device).permute(0, 3, 1, 2).float()
            points: NDArray[np.float32] = (self._net(pixels) * NET_SIZE_PX).cpu().numpy() + _MARGIN_PX
            return points
