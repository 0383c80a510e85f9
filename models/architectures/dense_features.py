"""What face-api's expression and landmark nets share: four densely connected blocks, and a pooling.

Source: face-api.js, FaceFeatureExtractor. https://github.com/vladmandic/face-api
"""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from models.architectures.layers import Normalise, SameConv2d, SeparableConv2d
from models.preprocess import MEAN_RGB, SCALE

FEATURES: Final = 256


class DenseBlock(nn.Module):
    """Four convolutions; each of the later three sees the sum of all before it. Halves the size."""

    def __init__(self, inputs: int, outputs: int, *, first: bool = False) -> None:
        super().__init__()
        self.conv0: nn.Module = SameConv2d(inputs, outputs, 3, 2) if first else SeparableConv2d(inputs, outputs, 2)
        self.conv1 = SeparableConv2d(outputs, outputs)
        self.conv2 = SeparableConv2d(outputs, outputs)
        self.conv3 = SeparableConv2d(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, ceil(h / 2), ceil(w / 2))."""
        a = functional.relu(self.conv0(x))
        b = self.conv1(a)
        c = self.conv2(functional.relu(a + b))
        d = self.conv3(functional.relu(a + b + c))
        return functional.relu(a + b + c + d)


class DenseFeatures(nn.Module):
    """Features of a face. A net inherits them, rather than holding them, so that its weights keep face-api's names."""

    def __init__(self) -> None:
        super().__init__()
        self.normalise = Normalise(MEAN_RGB, SCALE)
        self.dense0 = DenseBlock(3, 32, first=True)
        self.dense1 = DenseBlock(32, 64)
        self.dense2 = DenseBlock(64, 128)
        self.dense3 = DenseBlock(128, FEATURES)

    def features(self, x: Tensor) -> Tensor:
        """(n, 3, 112, 112), R G B, 0 to 255 -> (n, 256)."""
        x = self.dense3(self.dense2(self.dense1(self.dense0(self.normalise(x)))))
        return functional.avg_pool2d(x, 7, 2).flatten(1)
