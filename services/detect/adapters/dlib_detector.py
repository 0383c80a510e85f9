"""dlib: its HOG detector finds upright, frontal faces; its 5-point model aligns them.

The 68-point model that many programs use must not be: its licence excludes commercial use.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Self

import dlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from prometheus_client import Histogram

from models.preprocess import CHIP_PADDING, CHIP_SIZE_PX
from services.detect.adapters.jpeg_decoder import DecodedPhoto, decode
from services.detect.domain import LANDMARKS, SeenFace, Sighting

# dlib's HOG detector slides a window of 80 x 80 pixels: no smaller face is found.
WINDOW_PX = 80

STEP_SECONDS = Histogram(
    "facetally_detect_step_seconds",
    "Time of each step of looking at a photo: decode, hog, chips",
    ["step"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.5, 2),
)


def five_point_model() -> Path:
    """The 5-point model's file, found without importing its package, which needs an outdated setuptools."""
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package face-recognition-models is not installed")
    return Path(spec.submodule_search_locations[0]) / "models" / "shape_predictor_5_face_landmarks.dat"


class DlibDetector:
    """Sees faces of at least `min_face_px`, one photo at a time.

    Args:
        min_face_px: smallest face to look for, pixels of the full-size photo. It decides how small the photo may be
            made, and so what it costs: half the size, four times the time.
        score_threshold: the HOG detector's confidence from which on a box is a face.
        max_photo_pixels: larger photos are refused.
    """

    def __init__(self, min_face_px: int, score_threshold: float, max_photo_pixels: int) -> None:
        self._scale = min(1.0, WINDOW_PX / min_face_px)
        self._threshold = score_threshold
        self._max_photo_pixels = max_photo_pixels
        self._hog = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(five_point_model()))
        self._worker = ThreadPoolExecutor(1, "dlib")
        self.version = f"dlib-{dlib.__version__}-hog-{min_face_px}px"

    @classmethod
    @asynccontextmanager
    async def running(cls, min_face_px: int, score_threshold: float, max_photo_pixels: int) -> AsyncIterator[Self]:
        """A detector with its worker thread, for as long as the block runs."""
        detector = cls(min_face_px, score_threshold, max_photo_pixels)
        try:
            yield detector
        finally:
            detector._worker.shutdown(wait=True, cancel_futures=True)

    async def detect(self, photo: bytes) -> Sighting:
        """Faces in a JPEG, off the event loop.

        Raises:
            BadInputError: it cannot be decoded.
        """
        return await asyncio.get_running_loop().run_in_executor(self._worker, self.look, photo)

    def look(self, photo: bytes) -> Sighting:
        """As `detect`, here and now."""
        with _timed("decode"):
            decoded = self.decode(photo)
        with _timed("hog"):
            boxes = self.find(decoded)
        with _timed("chips"):
            faces = tuple(self.align(decoded, box, score) for box, score in boxes)
        return Sighting(decoded.width_px, decoded.height_px, faces)

    def decode(self, photo: bytes) -> DecodedPhoto:
        """First step: the upright photo, no larger than needed."""
        return decode(photo, self._scale, self._max_photo_pixels)

    def find(self, decoded: DecodedPhoto) -> list[tuple["dlib.drectangle", float]]:
        """Second step: boxes in pixels of `decoded.rgb`, and their scores."""
        height, width = decoded.rgb.shape[:2]
        # One channel is a third cheaper than three, and finds as much.
        grey = Image.fromarray(decoded.rgb).convert("L")
        size = (max(1, round(decoded.width_px * self._scale)), max(1, round(decoded.height_px * self._scale)))
        if grey.size != size:
            grey = grey.resize(size, Image.Resampling.BILINEAR)
        if min(size) < WINDOW_PX:
            return []
        rectangles, scores, _ = self._hog.run(np.asarray(grey), 0, self._threshold)
        x, y = width / size[0], height / size[1]
        return [
            (dlib.drectangle(r.left() * x, r.top() * y, (r.right() + 1) * x - 1, (r.bottom() + 1) * y - 1), score)
            for r, score in zip(rectangles, scores, strict=True)
        ]

    def align(self, decoded: DecodedPhoto, box: "dlib.drectangle", score: float) -> SeenFace:
        """Third step: five points, and the chip; measures in the full-size photo."""
        height, width = decoded.rgb.shape[:2]
        x, y = decoded.width_px / width, decoded.height_px / height
        shape = self._landmarks(decoded.rgb, _rounded(box))
        chip: NDArray[np.uint8] = dlib.get_face_chip(decoded.rgb, shape, size=CHIP_SIZE_PX, padding=CHIP_PADDING)
        points = [shape.part(i) for i in range(LANDMARKS)]
        return SeenFace(
            left_px=round(box.left() * x),
            top_px=round(box.top() * y),
            width_px=round(box.width() * x),
            height_px=round(box.height() * y),
            score=score,
            points=tuple((point.x * x, point.y * y) for point in points),
            chip_rgb=chip.tobytes(),
        )


def _rounded(box: "dlib.drectangle") -> "dlib.rectangle":
    return dlib.rectangle(round(box.left()), round(box.top()), round(box.right()), round(box.bottom()))


@contextmanager
def _timed(step: str) -> Iterator[None]:
    began = perf_counter()
    yield
    STEP_SECONDS.labels(step).observe(perf_counter() - began)
