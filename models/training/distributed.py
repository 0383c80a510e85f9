"""The processes that train together: one to each GPU under torchrun, or one alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from models.training.config import ConfigError

_WAIT: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class World:
    """This process, and those beside it.

    Args:
        rank: which of them it is.
        size: how many there are.
        device: that it computes on.
    """

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes, tracks and reports."""
        return self.rank == 0

    def wrapped(self, module: nn.Module) -> nn.Module:
        """A module whose gradients are the mean over all processes."""
        return module if self.size == 1 else DistributedDataParallel(module)

    def told_by_first(self, value: float) -> float:
        """What the first process says, in every process, which waits for it."""
        if self.size == 1:
            return value
        # GPUs exchange what is on GPUs only.
        message = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.broadcast(message, src=0)
        return float(message)

    def wait(self) -> None:
        """Until every process is here."""
        self.told_by_first(0.0)


@contextmanager
def world(device: Literal["auto", "cpu", "cuda"]) -> Iterator[World]:
    """Find the others, as torchrun's environment says, and leave them in the end.

    Raises:
        ConfigError: CUDA is asked for and not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("machine.device is cuda, and PyTorch finds no CUDA device here: set it to cpu")
    on_gpu = device != "cpu" and torch.cuda.is_available()
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield World(0, 1, torch.device("cuda" if on_gpu else "cpu"))
        return
    here = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(here)
    distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=_WAIT)
    try:
        yield World(distributed.get_rank(), distributed.get_world_size(), here)
    finally:
        distributed.destroy_process_group()
