"""What a training run is told: a TOML file, whose tables are these classes."""

import hashlib
import json
import tomllib
from dataclasses import asdict, field, replace
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, PositiveFloat, PositiveInt, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from models.architectures.multitask import MULTITASK
from models.registry import Licence, Text

Share = Annotated[float, Field(ge=0, le=1)]
AtLeastZero = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Monitor = Literal["loss", "age_mae_years", "gender_accuracy", "emotion_accuracy"]
_STRICT: Final = ConfigDict(extra="forbid")


class ConfigError(Exception):
    """A config is not there, or says what cannot be."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Optimisation:
    """How weights are changed: AdamW, its learning rate rising from 0 in the warm-up, then falling to 0 along a cosine.

    Args:
        epochs: at most.
        batch_size: faces a step, on all devices together.
        learning_rate: the highest.
        warm_up_steps: until that is reached; at most a tenth of all steps are taken for it.
        weight_decay: of weights, not of biases and normalisations.
        clip_norm: what the norm of all gradients is cut to.
        ema_decay: of the moving average of weights, which is then what is kept. It counts in steps, and is lower in the first ones.
            0 for the weights themselves, which were as good in short runs.
        patience_epochs: training ends when the figure has not become better for so many; 0 for never.
        monitor: the figure of the validation split.
    """

    epochs: PositiveInt = 30
    batch_size: PositiveInt = 64
    learning_rate: PositiveFloat = 3e-3
    warm_up_steps: Count = 100
    weight_decay: AtLeastZero = 0.01
    clip_norm: PositiveFloat = 5.0
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    patience_epochs: Count = 6
    monitor: Monitor = "loss"


@dataclass(frozen=True, slots=True, config=_STRICT)
class Losses:
    """What is held against a net. A face counts by what it has: labels, predictions, both or neither.

    Args:
        age_weight: of the losses of age, of those of the three tasks ...
        gender_weight: ... of gender ...
        emotion_weight: ... and of emotion; one of the three at least is above 0.
        label_weight: how many times a labelled face counts of one that was only predicted, in the task that it is labelled for.
        soft_share: of a face that has both, what the prediction counts; the label counts the rest.
        temperature: what predicted gender and emotion are softened by. Source: Hinton et al., arXiv:1503.02531.
        smoothing: of labels, what goes to the other classes.
        age_sigma_years: width of the distribution that an age is made into.
        age_error_weight: of the error of the expected age, in decades, beside the distribution's.
    """

    age_weight: AtLeastZero = 1.0
    gender_weight: AtLeastZero = 1.0
    emotion_weight: AtLeastZero = 1.0
    label_weight: PositiveFloat = 1.0
    soft_share: Share = 0.3
    temperature: PositiveFloat = 2.0
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.05
    age_sigma_years: PositiveFloat = 3.0
    age_error_weight: AtLeastZero = 1.0

    @model_validator(mode="after")
    def _something_counts(self) -> Self:
        if not (self.age_weight or self.gender_weight or self.emotion_weight):
            raise ValueError("age_weight, gender_weight and emotion_weight are all 0: nothing would be learnt")
        return self


@dataclass(frozen=True, slots=True, config=_STRICT)
class Sampling:
    """In which order faces come, and how they are changed each time.

    Args:
        balance: 0: every face once an epoch. Above, faces are drawn, those of rare ages, genders and emotions more often: by how
            rare they are to this power.
        crop_px: side of what is cut from the middle of a chip, before it is scaled to the net's 112.
        mirror: share of faces that are mirrored.
        roll_deg: they are turned by so much at most, to either side.
        shift: and moved by so much of the side at most.
        scale: and made so much larger or smaller at most.
        light: how much brightness, contrast and colour change at most.
        jpeg_share: share of faces that are compressed as JPEG again.
        blur_share: share of faces that are blurred.
        erase_share: share of faces of which a part is covered.
    """

    balance: Share = 0.5
    crop_px: Annotated[int, Field(ge=96, le=144, multiple_of=2)] = 112
    mirror: Share = 0.5
    roll_deg: Annotated[float, Field(ge=0, le=45)] = 8.0
    shift: Annotated[float, Field(ge=0, le=0.2)] = 0.04
    scale: Annotated[float, Field(ge=0, le=0.3)] = 0.1
    light: Share = 0.3
    jpeg_share: Share = 0.3
    blur_share: Share = 0.1
    erase_share: Share = 0.1


@dataclass(frozen=True, slots=True, config=_STRICT)
class Machine:
    """Where it runs. Other values can give other last digits.

    Args:
        device: auto is CUDA where there is a GPU.
        bf16: auto is on GPUs that have it. On the CPU it is slower, see `python -m models.training.throughput`.
        channels_last: how pixels lie in memory.
        threads: of the processor that PyTorch computes in; 0 for as many as it takes by itself. A resumed run takes as many
            as it began with.
        workers: processes that prepare faces; 0 for none beside the training.
        checkpoint_steps: a checkpoint is written after so many steps, and after every epoch.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    bf16: Literal["auto", "on", "off"] = "auto"
    channels_last: bool = True
    threads: Count = 0
    workers: Count = 0
    checkpoint_steps: PositiveInt = 200


@dataclass(frozen=True, slots=True, config=_STRICT)
class Tracking:
    """Where MLflow keeps parameters, figures and files.

    Args:
        uri: of a tracking server; empty for the folder mlruns of the run.
        experiment: that the run is one of.
    """

    uri: str = ""
    experiment: Text = "facetally"


@dataclass(frozen=True, slots=True, config=_STRICT)
class TrainingConfig:
    """A run. Paths are relative to the file.

    Args:
        name: of the card, and of the weights.
        dataset: folder of the data set.
        output: folder of the run, which is made.
        architecture: one of `models.architectures.multitask.MULTITASK`.
        licence: of the weights. It must allow what the faces and the nets that predicted allow.
        initial_weights: a safetensors file of the same architecture to begin with; none for random ones.
        seed: of all that is random.
        optimisation: see there ...
        losses: ...
        sampling: ...
        machine: ...
        tracking: ...
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    dataset: Path
    output: Path
    architecture: Annotated[str, Field(pattern="^(" + "|".join(MULTITASK) + ")$")]
    licence: Licence
    initial_weights: Path | None = None
    seed: Count = 0
    optimisation: Optimisation = field(default_factory=Optimisation)
    losses: Losses = field(default_factory=Losses)
    sampling: Sampling = field(default_factory=Sampling)
    machine: Machine = field(default_factory=Machine)
    tracking: Tracking = field(default_factory=Tracking)

    def digest(self) -> str:
        """SHA-256 of all that has an influence on the weights: not of where they are written, for example.

        The data set and the initial weights have digests of their own.
        """
        values = asdict(self)
        for name in ("dataset", "output", "tracking", "initial_weights"):
            del values[name]
        for name in ("workers", "checkpoint_steps"):
            del values["machine"][name]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def read_config(path: Path) -> TrainingConfig:
    """Read a config; a folder or file that it names need not be there.

    Raises:
        ConfigError: it is not there, or says what cannot be.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        config = TypeAdapter(TrainingConfig).validate_python(values)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ConfigError(f"{path}: {faults}") from error
    beside = path.parent
    return replace(
        config,
        dataset=beside / config.dataset,
        output=beside / config.output,
        initial_weights=beside / config.initial_weights if config.initial_weights else None,
    )


def flat(config: TrainingConfig) -> dict[str, str]:
    """Every value by its name, tables joined by dots, as trackers like parameters."""
    found: dict[str, str] = {}
    for name, value in asdict(config).items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": str(each) for key, each in value.items()}
        else:
            found[name] = str(value)
    return found
