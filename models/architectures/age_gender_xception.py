"""Age and gender: a small Xception with two heads.

Source: face-api.js, AgeGenderNet over TinyXception, 0.1 M weights. https://github.com/vladmandic/face-api
"""

from torch import Tensor, nn
from torch.nn import functional

from models.architectures.layers import Normalise, SameConv2d, SeparableConv2d
from models.preprocess import MEAN_RGB, SCALE


class Reduction(nn.Module):
    """Two separable convolutions and a pooling, beside a strided 1 x 1 convolution: half the size, more channels."""

    def __init__(self, inputs: int, outputs: int, *, activate_input: bool = True) -> None:
        super().__init__()
        self.activate_input = activate_input
        self.separable_conv0 = SeparableConv2d(inputs, outputs)
        self.separable_conv1 = SeparableConv2d(outputs, outputs)
        self.expansion_conv = SameConv2d(inputs, outputs, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, ceil(h / 2), ceil(w / 2))."""
        y = self.separable_conv0(functional.relu(x) if self.activate_input else x)
        y = self.separable_conv1(functional.relu(y))
        # TensorFlow pads at the bottom and the right, where ceil_mode lets a window hang over.
        pooled = functional.max_pool2d(y, 3, 2, ceil_mode=True)
        reduced: Tensor = pooled + self.expansion_conv(x)
        return reduced


class Middle(nn.Module):
    """Three separable convolutions around which the input takes a short cut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.separable_conv0 = SeparableConv2d(channels, channels)
        self.separable_conv1 = SeparableConv2d(channels, channels)
        self.separable_conv2 = SeparableConv2d(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> the same shape."""
        y = self.separable_conv0(functional.relu(x))
        y = self.separable_conv1(functional.relu(y))
        y = self.separable_conv2(functional.relu(y))
        summed: Tensor = y + x
        return summed


class AgeGenderXception(nn.Module):
    """Estimates age in years, and gender."""

    def __init__(self) -> None:
        super().__init__()
        self.normalise = Normalise(MEAN_RGB, SCALE)
        self.conv_in = SameConv2d(3, 32, 3, 2)
        self.entry_reduction0 = Reduction(32, 64, activate_input=False)
        self.entry_reduction1 = Reduction(64, 128)
        self.middle0 = Middle(128)
        self.middle1 = Middle(128)
        self.exit_reduction = Reduction(128, 256)
        self.exit_conv = SeparableConv2d(256, 512)
        self.age = nn.Linear(512, 1)
        self.gender = nn.Linear(512, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Estimate.

        Args:
            x: (n, 3, 112, 112), R G B, 0 to 255.

        Returns:
            Age in years, (n,), and logits of [male, female], (n, 2).
        """
        x = functional.relu(self.conv_in(self.normalise(x)))
        x = self.entry_reduction1(self.entry_reduction0(x))
        x = self.middle1(self.middle0(x))
        x = functional.relu(self.exit_conv(self.exit_reduction(x)))
        pooled = functional.avg_pool2d(x, 7, 2).flatten(1)
        return self.age(pooled).squeeze(1), self.gender(pooled)
