"""How right a net is on a split."""

from dataclasses import asdict, dataclass
from typing import Final

import torch
from torch import Tensor

from models.architectures.multitask import Logits, Multitask
from models.training.config import Losses, Monitor
from models.training.data import Faces
from models.training.losses import Targets, task_losses, total

_AT_ONCE: Final = 64
_NINE_OF_TEN: Final = 0.9


@dataclass(frozen=True, slots=True)
class Rightness:
    """Against labels, or against what was predicted. None where there is nothing to hold it against.

    Args:
        age_mae_years: mean absolute error.
        gender_accuracy: share of genders that are the same.
        emotion_accuracy: share of emotions that are the same.
        age_error_90_years: what nine of ten ages are off by at most.
    """

    age_mae_years: float | None
    gender_accuracy: float | None
    emotion_accuracy: float | None
    age_error_90_years: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one split.

    Args:
        faces: how many.
        loss: as it is trained on.
        labelled: against labels.
        predicted: against what the nets in service said.
    """

    faces: int
    loss: float
    labelled: Rightness
    predicted: Rightness

    def monitored(self, monitor: Monitor) -> float:
        """The figure by its name, so that less is better; against labels where there are any.

        Raises:
            ValueError: there is neither a label nor a prediction of it.
        """
        if monitor == "loss":
            return self.loss
        labelled: float | None = getattr(self.labelled, monitor)
        value: float | None = getattr(self.predicted, monitor) if labelled is None else labelled
        if value is None:
            raise ValueError(f"monitor is {monitor}, and no face of the split has a label or a prediction for it")
        return value if monitor == "age_mae_years" else -value

    def flat(self, prefix: str) -> dict[str, float]:
        """Those that there are, by name."""
        found = {f"{prefix}.loss": self.loss}
        for against in ("labelled", "predicted"):
            rightness = asdict(getattr(self, against))
            found |= {f"{prefix}.{against}.{name}": value for name, value in rightness.items() if value is not None}
        return found


def measure(net: Multitask, faces: Faces, crop_px: int, losses: Losses, device: torch.device) -> Figures:
    """Look at every face once, cut as in service.

    Raises:
        ManifestError: a chip is damaged.
    """
    parts: list[Logits] = []
    was_training = net.training
    net.eval()
    with torch.inference_mode():
        for start in range(0, len(faces), _AT_ONCE):
            rows = range(start, min(start + _AT_ONCE, len(faces)))
            pixels = faces.crops(rows, crop_px).to(device).float()
            parts.append(Logits(*(part.float().cpu() for part in net.logits(pixels))))
        logits = Logits(*(torch.cat(each) for each in zip(*parts, strict=True)))
        ages = net.expected_age(logits.age.to(device)).cpu()
    net.train(was_training)
    targets = faces.targets
    return Figures(
        faces=len(faces),
        loss=float(total(task_losses(logits, targets, losses), losses)),
        labelled=_rightness(ages, logits, targets.age_years, targets.gender, targets.emotion),
        predicted=_rightness(ages, logits, targets.soft_age_years, *_predicted_classes(targets)),
    )


def _predicted_classes(targets: Targets) -> tuple[Tensor, Tensor]:
    gender, emotion = (
        torch.where(soft.isnan().any(1), -1, soft.nan_to_num().argmax(1))
        for soft in (targets.soft_gender, targets.soft_emotion)
    )
    return gender, emotion


def _rightness(ages: Tensor, logits: Logits, true_ages: Tensor, genders: Tensor, emotions: Tensor) -> Rightness:
    off, known = (ages - true_ages).abs(), ~true_ages.isnan()
    return Rightness(
        _mean(off, known),
        _mean((logits.gender.argmax(1) == genders).double(), genders >= 0),
        _mean((logits.emotion.argmax(1) == emotions).double(), emotions >= 0),
        float(off[known].double().quantile(_NINE_OF_TEN, interpolation="higher")) if known.any() else None,
    )


def _mean(values: Tensor, of: Tensor) -> float | None:
    return float(values[of].double().mean()) if of.any() else None
