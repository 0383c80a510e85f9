"""python -m models.export: write every net that serves on the CPU for OpenVINO.

With photos as arguments, print instead how large the face detector's activations get on them, for its card.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.architectures.mmod import Mmod, QuantisedMmod
from models.export.activation_ranges import activation_ranges
from models.export.openvino_model import write
from models.preprocess import NET_SIZE_PX
from models.pyramid import canvases, layout
from models.registry import WEIGHTS_DIR, WeightsError, card_names, load
from models.runtime.exported import file_of

_LONGER_SIDE_PX = 576


def main() -> None:
    """Export, or measure."""
    if photos := sys.argv[1:]:
        _measure([Path(photo) for photo in photos])
        return
    for name in card_names():
        net, card = load(name)
        side = NET_SIZE_PX if card.preprocessing.crop == "face-chip" else None
        path = file_of(card, WEIGHTS_DIR, int8=False)
        write(net, side, card.weights.sha256, path)
        _report(path)
        if card.quantisation and isinstance(net, Mmod):
            path = file_of(card, WEIGHTS_DIR, int8=True)
            write(QuantisedMmod(net, card.quantisation.activations), side, card.weights.sha256, path)
            _report(path)


def _report(path: Path) -> None:
    size = path.with_suffix(".bin").stat().st_size
    print(f"    {path.name}: {size:,} bytes of constants, for OpenVINO")  # noqa: T201 - a command


def _measure(photos: list[Path]) -> None:
    net, card = load("dlib-mmod-face")
    assert isinstance(net, Mmod)
    laid_out: list[NDArray[np.uint8]] = []
    for photo in photos:
        bgr = cv2.imread(str(photo))
        if bgr is None:
            raise WeightsError(f"{photo} is no photo that can be read")
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        scale = _LONGER_SIDE_PX / max(rgb.shape[:2])
        small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        plan = layout(*small.shape[:2])
        if plan is not None:
            laid_out += canvases(np.asarray(small, np.uint8), [plan])
    print(f"activations = {list(activation_ranges(net, laid_out))}")  # noqa: T201 - a command
    print(f"The largest of {len(laid_out)} photos, for models/cards/{card.name}.toml")  # noqa: T201 - a command


if __name__ == "__main__":
    try:
        main()
    except WeightsError as error:
        sys.exit(f"models: {error}")
