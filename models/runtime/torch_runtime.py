"""Nets on CUDA, by PyTorch: pinned memory, a stream of its own, channels last."""

import threading

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.runtime import Net


def require_cuda() -> torch.device:
    """The CUDA device.

    Raises:
        RuntimeError: there is none.
    """
    if not torch.cuda.is_available():
        raise RuntimeError("device is cuda, and PyTorch finds no CUDA device here: set it to cpu")
    return torch.device("cuda")


def torch_net(net: nn.Module, device: torch.device, *, half: bool = False) -> Net:
    """A net for images of any size and number, all at once.

    On CUDA the images are copied from pinned memory while the stream's earlier work still runs. On the CPU this is the
    reference that the other runtime is held to.

    Args:
        net: with its weights.
        device: where it runs.
        half: compute in 16 bits.
    """
    net = net.to(device).to(memory_format=torch.channels_last).eval()
    stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
    lock = threading.Lock()

    def forward(images: NDArray[np.uint8]) -> tuple[Tensor, ...]:
        pixels = torch.from_numpy(images)
        if stream is not None:
            pixels = pixels.pin_memory().to(device, non_blocking=True)
        # Bytes of an image are channels-last already: the permutation moves nothing.
        pixels = pixels.permute(0, 3, 1, 2).float()
        with torch.autocast(device.type, torch.float16, enabled=half):
            outputs = net(pixels)
        return outputs if isinstance(outputs, tuple) else (outputs,)

    def run(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        with torch.inference_mode(), lock:
            if stream is None:
                return tuple(output.float().numpy() for output in forward(images))
            with torch.cuda.stream(stream):
                outputs = [output.float().to("cpu", non_blocking=True) for output in forward(images)]
                stream.synchronize()
            return tuple(output.numpy() for output in outputs)

    return run
