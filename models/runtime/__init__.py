"""Where nets run: OpenVINO on the CPU, PyTorch on CUDA. Both take bytes and give float32; a test holds them to the same results."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# (n, h, w, 3) uint8 RGB in, the net's outputs, each (n, ...) float32, out.
Net = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], ...]]
Device = Literal["cpu", "cuda"]
