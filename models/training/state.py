"""Everything that changes while a net is trained, and how it goes into a checkpoint and comes back, bit by bit."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.swa_utils import AveragedModel

from models.architectures.multitask import Multitask
from models.training.checkpoint import Checkpoint
from models.training.config import Optimisation

# The average is over no more than about a tenth of the steps that there were.
_AVERAGED_OF: Final = 10


@dataclass(slots=True)
class Progress:
    """How far a run is.

    Args:
        epoch: that is being trained, the first being 0.
        step: steps of that epoch that are done.
        loss_sum: of these.
        seconds: that training took, all starts together.
        best: the best figure so far, less being better ...
        best_epoch: ... and when it was; -1 before the first.
        history: figures of each epoch.
        done: the run is at its end.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    best: float = float("inf")
    best_epoch: int = -1
    history: list[dict[str, float]] = field(default_factory=list)
    done: bool = False


class TrainingState:
    """A net, its moving average, its optimiser, the best weights, and how far the run is."""

    def __init__(self, net: Multitask, settings: Optimisation, device: torch.device, *, channels_last: bool) -> None:
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.net = net.to(device).to(memory_format=layout)
        self.progress = Progress()
        self.best: dict[str, Tensor] = {}
        self._average = _average_of(net, settings.ema_decay) if settings.ema_decay else None
        matrices = [each for each in net.parameters() if each.ndim > 1]
        others = [each for each in net.parameters() if each.ndim <= 1]
        self.optimiser = AdamW(
            [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=settings.learning_rate,
        )

    @property
    def kept_net(self) -> Multitask:
        """The net that is validated and kept: the average, where there is one."""
        if self._average is None:
            return self.net
        averaged = self._average.module
        assert isinstance(averaged, Multitask)
        return averaged

    def average(self) -> None:
        """Take the weights after a step into the average."""
        if self._average is not None:
            self._average.update_parameters(self.net)

    def keep_best(self) -> None:
        """Remember the weights as the best."""
        self.best = {name: each.detach().cpu().clone() for name, each in self.kept_net.state_dict().items()}

    def checkpoint(self, run: dict[str, Any]) -> Checkpoint:
        """All of it.

        Args:
            run: what the run is known by.
        """
        tensors = {f"net/{name}": each for name, each in self.net.state_dict().items()}
        if self._average is not None:
            tensors |= {f"average/{name}": each for name, each in self._average.state_dict().items()}
        tensors |= {f"best/{name}": each for name, each in self.best.items()}
        for i, values in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{i}/{name}": each for name, each in values.items()}
        return Checkpoint(
            {name: each.detach().cpu() for name, each in tensors.items()},
            {"run": run, "progress": asdict(self.progress)},
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to where a checkpoint was made."""
        self.progress = Progress(**checkpoint.state["progress"])
        self.net.load_state_dict(_under("net/", checkpoint.tensors))
        if self._average is not None:
            self._average.load_state_dict(_under("average/", checkpoint.tensors))
        self.best = _under("best/", checkpoint.tensors)
        groups = self.optimiser.state_dict()["param_groups"]
        parameters = [each for group in self.optimiser.param_groups for each in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for name, each in _under("optimiser/", checkpoint.tensors).items():
            index, key = name.split("/")
            # In another layout than its weights', the same arithmetic could round differently.
            like = parameters[int(index)]
            state.setdefault(int(index), {})[key] = (
                torch.empty_like(like).copy_(each).detach() if each.shape == like.shape else each
            )
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}


def _average_of(net: nn.Module, decay: float) -> AveragedModel:
    def move(averages: Any, values: Any, steps: Any) -> None:
        taken = 1 - min(decay, (1 + int(steps)) / (_AVERAGED_OF + int(steps)))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value.to(average.dtype), taken)
            else:
                average.copy_(value)

    return AveragedModel(net, multi_avg_fn=move, use_buffers=True)
