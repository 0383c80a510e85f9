"""The training itself: epochs of steps, a look at the validation split after each, and an early end.

The same config, seed and data set give the same weights on the same processor, bit by bit, however often the run was killed in between:
all that is random follows from the seed and the place (`data.seeds`), all else is in checkpoints.
"""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader

from models.architectures.multitask import MULTITASK, Logits, Multitask
from models.dataset.face import ManifestError, Split
from models.dataset.manifest import Dataset
from models.training.checkpoint import Checkpoints
from models.training.config import ConfigError, Machine, TrainingConfig
from models.training.data import ChangedFaces, Draw, Faces, Purpose, draws, seeds
from models.training.distributed import World
from models.training.figures import Figures, measure
from models.training.initial_net import initial_net
from models.training.losses import task_losses, total
from models.training.schedule import learning_rate
from models.training.state import TrainingState

CHECKPOINTS = "checkpoints"


class TrainingError(Exception):
    """Training cannot go on: the loss is no number any more, for example."""


class Reporter(Protocol):
    """Who is told how it goes; in the first process only."""

    def begin(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        """An epoch of so many steps begins, or goes on after those that are done."""

    def step(self, loss: float) -> None:
        """A step is done; its loss."""

    def epoch(self, epoch: int, figures: dict[str, float], *, best: bool) -> None:
        """An epoch is done; its figures, and whether they are the best so far."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came out, in the first process.

    Args:
        weights: the best.
        validation: their figures.
        test: likewise; None where the split is empty.
        initial_sha256: digest of the weights that it began with.
        taught_by: versions of the nets that predicted.
        history: figures of all epochs.
        best_epoch: when they were the best, the first being 0.
        seconds: that training took.
    """

    weights: dict[str, Tensor]
    validation: Figures
    test: Figures | None
    initial_sha256: str | None
    taught_by: list[str]
    history: list[dict[str, float]]
    best_epoch: int
    seconds: float


class _Trained(nn.Module):
    """What training needs of a net: DistributedDataParallel sees forward alone."""

    def __init__(self, net: Multitask) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Logits:
        return self.net.logits(x)


class Run:
    """A run in one process."""

    def __init__(self, config: TrainingConfig, dataset: Dataset, world: World) -> None:
        """Make the net, and take the faces.

        Raises:
            ConfigError: batches cannot be shared out, or there is no such net in the initial weights.
            ManifestError: a split that is needed has no faces.
        """
        self._config, self._world = config, world
        self._train = Faces(dataset, Split.TRAIN)
        self._validation = Faces(dataset, Split.VALIDATION)
        self._test = _faces_if_any(dataset, Split.TEST)
        self._batch = _batch_size(config.optimisation.batch_size, len(self._train), world.size)
        net, self._initial_sha256 = initial_net(config)
        self._state = TrainingState(net, config.optimisation, world.device, channels_last=config.machine.channels_last)
        self._model = world.wrapped(_Trained(net))
        self._autocast = _autocast(config.machine, world.device)
        self._checkpoints = Checkpoints(config.output / CHECKPOINTS)
        self._identity: dict[str, Any] = {
            "config": config.digest(),
            "dataset": dataset.about.version,
            "initial_weights": self._initial_sha256,
            "processes": world.size,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
        }

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches only: what is left over is drawn in another epoch."""
        return len(self._train) // self._batch

    def resume(self) -> bool:
        """Go to where the newest checkpoint is, if there is one.

        Raises:
            CheckpointError: there are some, and none is whole.
            ConfigError: it is of another run.
        """
        found = self._checkpoints.newest()
        if found is None:
            return False
        of_it = dict(found.state["run"])
        # On another number of threads sums are added up in another order.
        torch.set_num_threads(of_it["threads"])
        self._identity["threads"] = of_it["threads"]
        if changed := [name for name, value in self._identity.items() if of_it.get(name) != value]:
            raise ConfigError(
                f"{self._config.output} holds a run with another {', '.join(changed)}: go on with what it began with, "
                "or choose another output"
            )
        self._state.restore(found)
        return True

    def describe(self) -> str:
        """What it trains on, in a sentence."""
        parts = (self._train, self._validation, self._test)
        used = " / ".join(str(len(part) if part else 0) for part in parts)
        left_out = sum(part.without_consent for part in parts if part)
        return f"{used} faces to train on, to validate with and to test with; {left_out} left out for want of consent"

    def train(self, reporter: Reporter) -> Outcome:
        """Train to the end.

        Args:
            reporter: who is told, in the first process.

        Raises:
            ManifestError: a chip is damaged.
            TrainingError: the loss is no number any more.
        """
        progress = self._state.progress
        while not progress.done:
            self._epoch(reporter)
        best = MULTITASK[self._config.architecture]()
        best.load_state_dict(self._state.best)
        best = best.to(self._world.device)
        return Outcome(
            weights=self._state.best,
            validation=self._measure(best, self._validation),
            test=self._measure(best, self._test) if self._test else None,
            initial_sha256=self._initial_sha256,
            taught_by=self._train.model_versions,
            history=progress.history,
            best_epoch=progress.best_epoch,
            seconds=progress.seconds,
        )

    def _epoch(self, reporter: Reporter) -> None:
        progress, settings = self._state.progress, self._config.optimisation
        if self._world.is_first:
            reporter.begin(progress.epoch, settings.epochs, self.steps_per_epoch, progress.step)
        self._state.net.train()
        began = time.monotonic()
        for pixels, rows in self._batches():
            loss = self._step(pixels, rows)
            progress.step += 1
            progress.loss_sum += loss
            if self._world.is_first:
                reporter.step(loss)
            now = time.monotonic()
            progress.seconds, began = progress.seconds + now - began, now
            if progress.step % self._config.machine.checkpoint_steps == 0:
                self._save()
        figures = {"train.loss": progress.loss_sum / self.steps_per_epoch}
        best = self._validate(figures)
        if self._world.is_first:
            reporter.epoch(progress.epoch, figures, best=best)
        progress.epoch, progress.step, progress.loss_sum = progress.epoch + 1, 0, 0.0
        waited = progress.epoch - 1 - progress.best_epoch
        progress.done = progress.epoch >= settings.epochs or (
            settings.patience_epochs > 0 and waited >= settings.patience_epochs
        )
        self._save()

    def _step(self, pixels: Tensor, rows: Tensor) -> float:
        progress, config, device = self._state.progress, self._config, self._world.device
        total_steps = self.steps_per_epoch * config.optimisation.epochs
        done = progress.epoch * self.steps_per_epoch + progress.step
        for group in self._state.optimiser.param_groups:
            group["lr"] = learning_rate(config.optimisation, done, total_steps)
        (seed,) = seeds(1, config.seed, Purpose.NET, progress.epoch, progress.step, self._world.rank)
        torch.manual_seed(int(seed) >> 1)
        x = pixels.to(device, non_blocking=True).float()
        if config.machine.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        targets = self._train.targets.map(lambda each: each[rows].to(device))
        with self._autocast:
            logits: Logits = self._model(x)
        loss = total(task_losses(logits, targets, config.losses), config.losses)
        self._state.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(self._state.net.parameters(), config.optimisation.clip_norm)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is {value} in epoch {progress.epoch + 1}, step {progress.step + 1}: a lower learning_rate may help"
            )
        self._state.optimiser.step()
        self._state.average()
        return value

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """What is left of this epoch, and of it what this process has to do."""
        config, world = self._config, self._world
        drawn = draws(self._train, config.sampling, config.seed, self._state.progress.epoch)
        share = self._batch // world.size
        parts: list[list[Draw]] = []
        for step in range(self._state.progress.step, self.steps_per_epoch):
            first = step * self._batch + world.rank * share
            parts.append(drawn[first : first + share])
        loader: DataLoader[tuple[Tensor, int]] = DataLoader(
            ChangedFaces(self._train, config.sampling),
            batch_sampler=parts,
            num_workers=config.machine.workers,
            # Not by fork: what has threads already, OpenVINO's for example, does not survive that.
            multiprocessing_context="forkserver" if config.machine.workers else None,
            pin_memory=world.device.type == "cuda",
        )
        # Faces are stacked, and so are their rows.
        stacked: Iterator[tuple[Tensor, Tensor]] = iter(loader)
        yield from stacked

    def _validate(self, figures: dict[str, float]) -> bool:
        """The first process looks; all learn whether it is the best yet."""
        progress, settings = self._state.progress, self._config.optimisation
        found = 0.0
        if self._world.is_first:
            validation = self._measure(self._state.kept_net, self._validation)
            figures |= validation.flat("validation")
            try:
                found = validation.monitored(settings.monitor)
            except ValueError as error:
                raise ConfigError(str(error)) from error
        found = self._world.told_by_first(found)
        if not math.isfinite(found):
            raise TrainingError(
                f"{settings.monitor} of the validation split is {found} after epoch {progress.epoch + 1}"
            )
        progress.history.append(figures)
        if best := found < progress.best:
            progress.best, progress.best_epoch = found, progress.epoch
            self._state.keep_best()
        return best

    def _measure(self, net: Multitask, faces: Faces) -> Figures:
        config = self._config
        return measure(net, faces, config.sampling.crop_px, config.losses, self._world.device)

    def _save(self) -> None:
        if self._world.is_first:
            self._checkpoints.write(self._state.checkpoint(self._identity))
        self._world.wait()


def uses_bf16(machine: Machine, device: torch.device) -> bool:
    """Whether convolutions are computed in bfloat16."""
    if machine.bf16 == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return machine.bf16 == "on"


def _autocast(machine: Machine, device: torch.device) -> AbstractContextManager[Any]:
    return torch.autocast(device.type, torch.bfloat16, enabled=uses_bf16(machine, device))


def _batch_size(wanted: int, faces: int, processes: int) -> int:
    batch = min(wanted, faces)
    if batch % processes or batch // processes < 2:
        raise ConfigError(
            f"optimisation.batch_size: {batch} faces are not shared out among {processes} processes, two or more to each"
        )
    return batch


def _faces_if_any(dataset: Dataset, split: Split) -> Faces | None:
    try:
        return Faces(dataset, split)
    except ManifestError:
        return None
