"""Whether all weights that may be served are there, and are those of their cards. Loads no net."""

import hashlib
import re
from pathlib import Path

from models.registry import WEIGHTS_DIR, Card, WeightsError, card_names, read_card
from models.runtime.exported import CONSTANTS_SHA256, WEIGHTS_SHA256, constants_digest, file_of


def net_names() -> list[str]:
    """Names of all nets."""
    return card_names()


def weight_faults(folder: Path | None = None) -> list[str]:
    """What is wrong with the weights, a clause each; nothing where all are right.

    Args:
        folder: of converted and exported weights; by default models/weights.
    """
    faults = []
    for name in card_names():
        card = read_card(name)
        try:
            _check(card, folder or WEIGHTS_DIR)
        except WeightsError as error:
            faults.append(f"{name}: {error}")
    return faults


def _check(card: Card, folder: Path) -> None:
    try:
        converted = hashlib.sha256((folder / card.weights.file).read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f"{card.weights.file} cannot be read") from error
    if converted != card.weights.sha256:
        raise WeightsError(f"{card.weights.file} is not the file of the card")
    for int8 in (False, True) if card.quantisation else (False,):
        path = file_of(card, folder, int8=int8)
        try:
            text = path.read_text()
        except OSError as error:
            raise WeightsError(f"{path.name} cannot be read") from error
        for key, expected in ((WEIGHTS_SHA256, card.weights.sha256), (CONSTANTS_SHA256, constants_digest(path))):
            found = re.search(rf'<{key} value="(\w+)"', text)
            if not found or found[1] != expected:
                raise WeightsError(f"{path.name} was not exported from the card's weights")
