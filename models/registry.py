"""The weights there are: what made them, what they expect, what they score, and how to know that they are the ones.

A card (models/cards/*.toml) and its weights belong together: weights are only loaded when their digest is the card's.
"""

import hashlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import safetensors.torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from models.architectures.age_gender_xception import AgeGenderXception
from models.architectures.expression_densenet import ExpressionDenseNet

CARDS_DIR: Final = Path(__file__).parent / "cards"
WEIGHTS_DIR: Final = Path(__file__).parent / "weights"
ARCHITECTURES: Final[dict[str, Callable[[], nn.Module]]] = {
    "age_gender_xception": AgeGenderXception,
    "expression_densenet": ExpressionDenseNet,
}
_DIGEST = r"^[0-9a-f]{64}$"


class WeightsError(Exception):
    """Weights are missing, or are not the ones that the card describes."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """The package that the weights come from."""

    package: str
    registry: str
    version: str
    url: str
    training_data: str
    files: dict[str, str]


class Weights(_Frozen):
    """The converted weights."""

    file: str = Field(pattern=r"^[a-z0-9-]+\.safetensors$")
    sha256: str = Field(pattern=_DIGEST)


class Accuracy(_Frozen):
    """One measured figure."""

    data: str
    measure: str
    value: float


class Caveats(_Frozen):
    """What a reader of the figures must know."""

    text: str


class Card(_Frozen):
    """One net."""

    name: str
    architecture: str
    outputs: tuple[str, ...]
    preprocessing: str
    licence: str
    source: Source
    weights: Weights
    accuracy: tuple[Accuracy, ...]
    caveats: Caveats


def read_card(name: str) -> Card:
    """The card of one net, by its name."""
    return Card.model_validate(tomllib.loads((CARDS_DIR / f"{name}.toml").read_text()))


def card_names() -> list[str]:
    """Names of all nets."""
    return sorted(path.stem for path in CARDS_DIR.glob("*.toml"))


def load(name: str, weights_dir: Path = WEIGHTS_DIR) -> tuple[nn.Module, Card]:
    """A net with its weights, in evaluation mode, on the CPU.

    Raises:
        WeightsError: the file is not there, or is another one than the card's.
    """
    card = read_card(name)
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
    return net.eval(), card
