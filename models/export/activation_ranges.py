"""What 8-bit arithmetic must know of a net: how large its activations get."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from models.architectures.mmod import Mmod

# A few pixels in ten thousand may be cut, so that the steps are finer for all others.
_QUANTILE = 0.9999
_SAMPLES = 1_000_000


def activation_ranges(net: Mmod, canvases: Sequence[NDArray[np.uint8]]) -> tuple[float, ...]:
    """The largest value that flows into each convolution after the first.

    Args:
        net: with its weights.
        canvases: (h, w, 3) uint8 RGB each, see `models.pyramid`.
    """
    largest = [0.0] * (len(net.convolutions) - 1)
    with torch.inference_mode():
        for canvas in canvases:
            x = net.normalise(torch.from_numpy(canvas)[None].permute(0, 3, 1, 2).float())
            for i, convolution in enumerate(net.convolutions[:-1]):
                assert isinstance(convolution, nn.Conv2d)
                x = functional.relu(convolution(x))
                values = x.flatten()[:: max(1, x.numel() // _SAMPLES)]
                largest[i] = max(largest[i], float(torch.quantile(values, _QUANTILE)))
    return tuple(round(value, 3) for value in largest)
