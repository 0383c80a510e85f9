"""Where faces are: by dlib's HOG detector, by its CNN, or by the one and, where that is not sure, the other.

HOG finds upright faces that look into the camera. The CNN finds nearly all, and costs no more where the processor is good at
8-bit arithmetic, or where there is a GPU; elsewhere a cascade saves most of its cost. docs/accuracy.md compares them.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from models.pyramid import Found, Layout, canvases, fitting, found, tight_layouts
from models.registry import WEIGHTS_DIR, read_card
from models.runtime import Device, Net
from models.runtime.exported import has_fast_int8
from models.runtime.serving import serving_net

# The smallest face that each detector is to find, pixels of what it looks at, and so how small photos are made. Smaller ones
# are found less often: the windows of both are 80 pixels.
HOG_FACE_PX: Final = 75
CNN_FACE_PX: Final = 76
# How closely the sizes of the CNN's pyramid follow each other: each is 2 thirds of the one before. With dlib's 5 sixths it costs
# nearly twice as much and finds no more; the same cost spent on a larger photo does. Measured: docs/performance.md.
_CNN_STEPS: Final = 3
# From this confidence on a box is a face.
SCORE_THRESHOLD: Final = -0.2
CNN: Final = "dlib-mmod-face"
# A cascade asks the CNN where HOG is less sure than this of any face, or finds none.
_SURE: Final = 0.5
_LEAST_HOG_PX: Final = 80


class Method(StrEnum):
    """How faces are found."""

    HOG = "hog"
    CNN = "cnn"
    CASCADE = "cascade"


class Boxes(Protocol):
    """What finds faces in photos that are small enough for it."""

    def __call__(self, photos: Sequence[NDArray[np.uint8]], scales: Sequence[float]) -> list[list[Found]]:
        """Faces of each photo, in its pixels.

        Args:
            photos: (h, w, 3) uint8 RGB each.
            scales: at which to look at each; above 1 it is enlarged.
        """
        ...


class HogBoxes:
    """dlib's HOG detector, one photo at a time."""

    face_px = HOG_FACE_PX

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._detector = dlib.get_frontal_face_detector()
        self.version = f"dlib-{dlib.__version__}-hog"

    def __call__(self, photos: Sequence[NDArray[np.uint8]], scales: Sequence[float]) -> list[list[Found]]:
        """See `Boxes`."""
        return [self._one(photo, scale) for photo, scale in zip(photos, scales, strict=True)]

    def _one(self, rgb: NDArray[np.uint8], scale: float) -> list[Found]:
        # One channel is a third cheaper than three, and finds as much.
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        height, width = fitting(rgb.shape[:2], scale)
        if min(height, width) < _LEAST_HOG_PX:
            return []
        small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR)
        rectangles, scores, _ = self._detector.run(small, 0, self._threshold)
        boxes = [
            Found(box.left(), box.top(), box.width(), box.height(), score)
            for box, score in zip(rectangles, scores, strict=True)
        ]
        return [_enlarged(box, rgb.shape[1] / width, rgb.shape[0] / height) for box in boxes]


class CnnBoxes:
    """dlib's CNN, photos of one size together."""

    face_px = CNN_FACE_PX

    def __init__(self, net: Net, threshold: float, version: str) -> None:
        self._net = net
        self._threshold = threshold
        self.version = version

    def __call__(self, photos: Sequence[NDArray[np.uint8]], scales: Sequence[float]) -> list[list[Found]]:
        """See `Boxes`."""
        results: list[list[Found]] = [[] for _ in photos]
        together: dict[tuple[int, int], list[int]] = {}
        for i, (photo, scale) in enumerate(zip(photos, scales, strict=True)):
            together.setdefault(fitting(photo.shape[:2], scale), []).append(i)
        for size, members in together.items():
            plans = tight_layouts(*size, _CNN_STEPS)
            if not plans:
                continue
            laid_out = zip(*(self._canvases(photos[i], size, plans) for i in members), strict=True)
            scores = [self._net(one[0][None] if len(one) == 1 else np.stack(one))[0] for one in laid_out]
            for i, *of_photo in zip(members, *scores, strict=True):
                height, width = photos[i].shape[:2]
                boxes = found(plans, of_photo, self._threshold)
                results[i] = [_enlarged(box, width / size[1], height / size[0]) for box in boxes]
        return results

    @staticmethod
    def _canvases(rgb: NDArray[np.uint8], size: tuple[int, int], plans: Sequence[Layout]) -> list[NDArray[np.uint8]]:
        small = cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_LINEAR)
        return canvases(np.asarray(small, np.uint8), plans)


class CascadeBoxes:
    """HOG; and the CNN where HOG finds nothing, or is not sure of all that it finds."""

    face_px = HOG_FACE_PX

    def __init__(self, hog: HogBoxes, cnn: CnnBoxes) -> None:
        self._hog = hog
        self._cnn = cnn
        self.version = f"{hog.version}-then-{cnn.version}"

    def __call__(self, photos: Sequence[NDArray[np.uint8]], scales: Sequence[float]) -> list[list[Found]]:
        """See `Boxes`."""
        results = self._hog(photos, scales)
        unsure = [i for i, boxes in enumerate(results) if not boxes or min(box.score for box in boxes) < _SURE]
        if unsure:
            closer = [scales[i] * CNN_FACE_PX / HOG_FACE_PX for i in unsure]
            for i, boxes in zip(unsure, self._cnn([photos[i] for i in unsure], closer), strict=True):
                # Where the CNN finds nothing either, what HOG was unsure of stays: it passed its own threshold.
                results[i] = boxes or results[i]
        return results


def load_boxes(
    method: Method, threshold: float, weights_dir: Path = WEIGHTS_DIR, device: Device = "cpu", threads: int = 1
) -> HogBoxes | CnnBoxes | CascadeBoxes:
    """A detector, its weights checked.

    Args:
        method: which.
        threshold: the least confidence.
        weights_dir: folder of converted and exported weights.
        device: where the CNN runs; HOG runs on the CPU.
        threads: of the processor that the CNN may use.

    Raises:
        WeightsError: weights are missing, or not the ones on the card.
        RuntimeError: CUDA is asked for and not there.
    """
    if method is Method.HOG:
        return HogBoxes(threshold)
    card = read_card(CNN)
    precision = "fp16" if device == "cuda" else "int8" if has_fast_int8() else "fp32"
    cnn = CnnBoxes(
        serving_net(card, weights_dir, device, threads), threshold, f"{CNN}-{card.weights.sha256[:8]}-{precision}"
    )
    return cnn if method is Method.CNN else CascadeBoxes(HogBoxes(threshold), cnn)


def _enlarged(box: Found, x: float, y: float) -> Found:
    return Found(box.left * x, box.top * y, box.width * x, box.height * y, box.score)
