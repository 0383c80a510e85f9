"""Layers as TensorFlow defines them."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def pad_same(x: Tensor, kernel: int, stride: int, value: float = 0.0) -> Tensor:
    """Pad as TensorFlow's "same" does: just enough, and the odd pixel at the bottom and the right.

    Args:
        x: (n, c, h, w).
        kernel: side of the window, pixels.
        stride: step of the window, pixels.
        value: what to pad with.
    """
    height, width = x.shape[-2:]
    down = max((-(-height // stride) - 1) * stride + kernel - height, 0)
    across = max((-(-width // stride) - 1) * stride + kernel - width, 0)
    if not down and not across:
        return x
    return functional.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2), value=value)


class SameConv2d(nn.Conv2d):
    """A convolution with "same" padding."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, ceil(h / stride), ceil(w / stride))."""
        return super().forward(pad_same(x, self.kernel_size[0], self.stride[0]))


class SeparableConv2d(nn.Module):
    """A 3 x 3 convolution of each channel, then a 1 x 1 convolution across them."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        # At stride 1 "same" is the same on all sides, which a convolution pads by itself, and faster.
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, int(stride == 1), groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, ceil(h / stride), ceil(w / stride))."""
        stride = self.depthwise.stride[0]
        mixed: Tensor = self.pointwise(self.depthwise(x if stride == 1 else pad_same(x, 3, stride)))
        return mixed


class Normalise(nn.Module):
    """Pixel values to what a net was trained on: (x - mean) / scale."""

    mean: Tensor

    def __init__(self, mean_rgb: tuple[float, float, float], scale: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean_rgb).view(1, 3, 1, 1), persistent=False)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w), R G B, 0 to 255 -> the same shape, about -0.5 to 0.5."""
        return (x - self.mean) / self.scale
