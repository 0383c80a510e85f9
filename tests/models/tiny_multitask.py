"""python -m tests.models.tiny_multitask FILE SHA256: a net of all three tasks, for OpenVINO.

A program of its own: a process that has converted a net with PyTorch cannot fork any more, and others of its tests may have to.
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from models.export.openvino_model import write
from models.preprocess import NET_SIZE_PX


class TinyMultitask(nn.Module):
    """Estimates from the mean colour, so that what it should say is known."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        red, green, blue = (x.mean((2, 3)) / 255).unbind(1)
        emotion = torch.stack([blue * i for i in range(7)], 1)
        return red * 100, torch.stack([green, -green], 1), emotion


if __name__ == "__main__":
    write(TinyMultitask(), NET_SIZE_PX, sys.argv[2], Path(sys.argv[1]))
