"""Faces in any pose: dlib's max-margin object detector, seven convolutions over a canvas of all sizes.

Source: dlib, examples/dnn_mmod_face_detection_ex.cpp, net_type; public domain. Method: King, Max-Margin Object Detection,
arXiv:1502.00046. Its batch normalisation is folded into the convolutions.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.architectures.layers import Normalise
from models.preprocess import MEAN_RGB

SCALE: Final = 256.0
# Filters, window, stride and padding of each convolution.
CONVOLUTIONS: Final = (
    (16, 5, 2, 0),
    (32, 5, 2, 0),
    (32, 5, 2, 0),
    (45, 5, 1, 2),
    (45, 5, 1, 2),
    (45, 5, 1, 2),
    (1, 9, 1, 4),
)
_BYTE_MAX: Final = 255
_WEIGHT_MAX: Final = 127


class Mmod(nn.Module):
    """Says for every eighth pixel of a canvas how much it looks like the middle of a face."""

    def __init__(self) -> None:
        super().__init__()
        self.normalise = Normalise(MEAN_RGB, SCALE)
        inputs = (3, *(filters for filters, *_ in CONVOLUTIONS))
        self.convolutions = nn.ModuleList(
            nn.Conv2d(channels, filters, window, stride, padding)
            for channels, (filters, window, stride, padding) in zip(inputs, CONVOLUTIONS, strict=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Look.

        Args:
            x: (n, 3, h, w), R G B, 0 to 255; the mean colour where there is no picture.

        Returns:
            Confidence, (n, rows, columns): above 0 is a face.
        """
        x = self.normalise(x)
        for convolution in self.convolutions[:-1]:
            x = functional.relu(convolution(x))
        scores: Tensor = self.convolutions[-1](x)
        return scores[:, 0]


class QuantisedMmod(nn.Module):
    """The same net as 8-bit arithmetic computes it; here simulated, on processors that can (VNNI) four times as fast.

    Weights are rounded to 255 steps for each filter, what flows between convolutions to 256 steps for all of it. The first
    convolution takes bytes as they are: what `Normalise` does is part of its weights, which is exact as it pads nothing. The last
    one, a single filter, would leave most of the processor's lanes empty: each of its rows is a filter of its own, and
    their results are summed as they lie above each other, which is a tenth of the cost.

    Args:
        net: with its weights.
        activations: the largest value that flows into each convolution after the first. Larger ones are cut.
    """

    rows_above_each_other: Tensor

    def __init__(self, net: Mmod, activations: tuple[float, ...]) -> None:
        super().__init__()
        self.steps = (1.0, *(largest / _BYTE_MAX for largest in activations))
        self.convolutions = nn.ModuleList()
        mean = torch.tensor(MEAN_RGB, dtype=torch.float64).view(1, 3, 1, 1) / SCALE
        (weight, bias), *others, (last_weight, self.last_bias) = map(_weight_and_bias, net.convolutions)
        first = (weight / SCALE, (bias - (weight * mean).sum((1, 2, 3))).float())
        for (weight, bias), (*_, stride, padding) in zip((first, *others), CONVOLUTIONS, strict=False):
            self.convolutions.append(_QuantisedConvolution(weight, bias, stride, (padding, padding)))
        rows = last_weight.shape[2]
        row_filters = last_weight.permute(2, 1, 0, 3)
        self.convolutions.append(_QuantisedConvolution(row_filters, torch.zeros(rows), 1, (0, rows // 2)))
        self.register_buffer("rows_above_each_other", torch.eye(rows).view(1, rows, rows, 1))

    def forward(self, x: Tensor) -> Tensor:
        """As `Mmod.forward`."""
        last = len(self.convolutions) - 1
        for i, (convolution, step) in enumerate(zip(self.convolutions, self.steps, strict=True)):
            x = convolution(torch.fake_quantize_per_tensor_affine(x, step, 0, 0, _BYTE_MAX))
            if i < last:
                x = functional.relu(x)
        rows = self.rows_above_each_other
        return functional.conv2d(x, rows, self.last_bias, padding=(rows.shape[2] // 2, 0))[:, 0]


def _weight_and_bias(convolution: nn.Module) -> tuple[Tensor, Tensor]:
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.bias is not None
    return convolution.weight.detach(), convolution.bias.detach()


class _QuantisedConvolution(nn.Module):
    weight: Tensor
    bias: Tensor
    step: Tensor
    zero: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, stride: int, padding: tuple[int, int]) -> None:
        super().__init__()
        self.register_buffer("weight", weight.contiguous())
        self.register_buffer("bias", bias)
        self.register_buffer("step", weight.abs().amax((1, 2, 3)) / _WEIGHT_MAX)
        self.register_buffer("zero", torch.zeros(len(weight), dtype=torch.int32))
        self.stride, self.padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.fake_quantize_per_channel_affine(self.weight, self.step, self.zero, 0, -_WEIGHT_MAX, _WEIGHT_MAX)
        return functional.conv2d(x, weight, self.bias, self.stride, self.padding)
