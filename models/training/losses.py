"""What is held against a net: labels where a face has them, what was predicted of it where it has that, nothing where it has neither."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from models.architectures.multitask import AGE_BINS, Logits
from models.training.config import Losses

_DECADE_YEARS = 10.0
_LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What is known of n faces. NaN and -1 stand for what is not.

    Args:
        age_years: (n,) float32, labels ...
        gender: (n,) int64, classes as in `Logits` ...
        emotion: (n,) int64.
        soft_age_years: (n,) float32, predictions ...
        soft_gender: (n, 2) float32, probabilities ...
        soft_emotion: (n, 7) float32, probabilities.
    """

    age_years: Tensor
    gender: Tensor
    emotion: Tensor
    soft_age_years: Tensor
    soft_gender: Tensor
    soft_emotion: Tensor

    def map(self, change: Callable[[Tensor], Tensor]) -> "Targets":
        """All of them changed: moved to a device, cut."""
        return Targets(*(change(getattr(self, name)) for name in self.__slots__))


class TaskLosses(NamedTuple):
    """Means over all faces of a batch; a face of which nothing is known counts as 0. So means over parts can be averaged."""

    age: Tensor
    gender: Tensor
    emotion: Tensor


def task_losses(logits: Logits, targets: Targets, settings: Losses) -> TaskLosses:
    """The loss of each task, before weights.

    Args:
        logits: of n faces.
        targets: of the same.
        settings: how they are held against each other.
    """
    logits = Logits(*(part.float() for part in logits))
    return TaskLosses(
        _mixed(
            _age_loss(logits.age, targets.age_years, settings),
            ~targets.age_years.isnan(),
            _age_loss(logits.age, targets.soft_age_years, settings),
            ~targets.soft_age_years.isnan(),
            settings,
        ),
        _classes_loss(logits.gender, targets.gender, targets.soft_gender, settings),
        _classes_loss(logits.emotion, targets.emotion, targets.soft_emotion, settings),
    )


def total(losses: TaskLosses, settings: Losses) -> Tensor:
    """The weighted sum."""
    return (
        settings.age_weight * losses.age
        + settings.gender_weight * losses.gender
        + settings.emotion_weight * losses.emotion
    )


def age_distribution(age_years: Tensor, sigma_years: float) -> Tensor:
    """Ages (n,), years, as probabilities (n, 101): a bell around each, cut off where the bins end."""
    bins = torch.arange(AGE_BINS, dtype=torch.float32, device=age_years.device)
    return (-((bins - age_years[:, None]) ** 2) / (2 * sigma_years**2)).softmax(1)


def _age_loss(logits: Tensor, age_years: Tensor, settings: Losses) -> Tensor:
    """(n,): divergence from the distribution, and the error of what is expected."""
    # Ages that are not known are masked later: here they only must not become NaN, not even in gradients.
    known = age_years.nan_to_num()
    target = age_distribution(known, settings.age_sigma_years)
    log_found = logits.log_softmax(1)
    divergence = functional.kl_div(log_found, target, reduction="none").sum(1)
    bins = torch.arange(AGE_BINS, dtype=torch.float32, device=logits.device)
    error = functional.smooth_l1_loss(
        log_found.exp() @ bins / _DECADE_YEARS, known / _DECADE_YEARS, reduction="none", beta=0.1
    )
    return divergence + settings.age_error_weight * error


def _classes_loss(logits: Tensor, label: Tensor, soft: Tensor, settings: Losses) -> Tensor:
    labelled, predicted = label >= 0, ~soft.isnan().any(1)
    hard = functional.cross_entropy(logits, label.clamp(min=0), reduction="none", label_smoothing=settings.smoothing)
    temperature = settings.temperature
    # Only logarithms are divided by a temperature: probabilities give them up to a constant, which softmax takes away.
    teacher = (soft.nan_to_num().clamp(min=_LEAST_PROBABILITY).log() / temperature).softmax(1)
    student = (logits / temperature).log_softmax(1)
    distilled = functional.kl_div(student, teacher, reduction="none").sum(1) * temperature**2
    return _mixed(hard, labelled, distilled, predicted, settings)


def _mixed(hard: Tensor, labelled: Tensor, soft: Tensor, predicted: Tensor, settings: Losses) -> Tensor:
    """The mean over all faces of what their label and their prediction count."""
    share = torch.where(labelled & predicted, settings.soft_share, predicted.float())
    counts = torch.where(labelled, settings.label_weight, 1.0)
    return (counts * ((1 - share) * labelled * hard + share * soft)).mean()
