"""What detect and classify do with a photo, whole and step by step, for `bench.faces`."""

from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.cpu_times import CpuTimes
from bench.exit_photos import ExitPhoto
from models.predict.boxes import Method
from models.predict.classifier import FaceClassifier
from models.predict.finder import FaceFinder, Photo
from models.preprocess import FACE_SIZE_PX, Crops
from services.classify.settings import ClassifySettings
from services.common.jpeg_decoder import decode
from services.detect.adapters.face_detector import Asked, FaceDetector
from services.detect.domain import Look, Sighting
from services.detect.settings import FinderSettings

# Faces in a batch, where each gets one look ...
BATCHES: Final = (1, 8, 32)
# ... and where each gets as many as by default.
DEFAULT_BATCH: Final = 8
# Faces that are looked at one by one for each photo.
_ALONE: Final = 4


class OurFaces:
    """Detect and classify by their default settings."""

    def __init__(self) -> None:
        settings = FinderSettings.model_construct()
        self.default = Method(settings.method)
        self.crops = Crops(ClassifySettings.model_fields["crops"].default)
        self._usual = Look(settings.min_face_px, settings.max_photo_pixels)
        # A chip shows faces at 80 pixels: photos are decoded no smaller than that asks for.
        self._decode_scale = min(1.0, FACE_SIZE_PX / settings.min_face_px)
        self._finders = {
            method: FaceFinder.load(method, settings.score_threshold)
            for method in dict.fromkeys((self.default, Method.CNN, Method.HOG))
        }
        self._detector = FaceDetector(self._finders[self.default], max_batch_photos=settings.max_batch_photos)
        self._classifiers = {
            crops: FaceClassifier.load(crops=crops) for crops in dict.fromkeys((Crops.FAST, self.crops))
        }
        self.version = f"{self._detector.version(self._usual)}, {self._classifiers[self.crops].version}"

    def faces(self, method: Method, jpeg: bytes) -> int:
        """How many a method finds."""
        return len(self._finders[method].boxes([self._decoded(jpeg)])[0])

    def chips(self, jpeg: bytes) -> list[NDArray[np.uint8]]:
        """The faces of a photo, as detect cuts them out."""
        (faces,) = self._finders[self.default].find_all([self._decoded(jpeg)])
        return [face.chip for face in faces]

    def measure_detection(self, times: CpuTimes, photo: ExitPhoto) -> dict[str, int]:
        """A photo's way through detect, and each step by itself; how many faces each method found."""
        times.time("detect", photo.name, partial(self._look, photo.jpeg))
        decoded = times.time("decode", photo.name, partial(self._decoded, photo.jpeg))
        found = {
            method: times.time(method, photo.name, partial(finder.boxes, [decoded]))[0]
            for method, finder in self._finders.items()
        }
        cut = self._finders[self.default].cut
        times.time("cut", photo.name, lambda: [cut(decoded, box) for box in found[self.default]])
        return {str(method): len(boxes) for method, boxes in found.items()}

    def measure_estimates(self, times: CpuTimes, name: str, chips: NDArray[np.uint8]) -> None:
        """A face's way through the models: one look at batches of several sizes, and as many looks as are the default.

        Args:
            times: to note.
            name: of the photo whose turn it is.
            chips: the faces to take.
        """
        fast, default = self._classifiers[Crops.FAST].predict, self._classifiers[self.crops].predict
        for size in BATCHES:
            for i in range(_ALONE if size == 1 else 1):
                times.time(f"face_b{size}", name, partial(fast, chips[i : i + size]), size)
        times.time("face_default", name, partial(default, chips[:DEFAULT_BATCH]), DEFAULT_BATCH)

    def _look(self, jpeg: bytes) -> Sighting:
        (sighting,) = self._detector.look([Asked(jpeg, self._usual)])
        if isinstance(sighting, Exception):
            raise sighting
        return sighting

    def _decoded(self, jpeg: bytes) -> Photo:
        decoded = decode(jpeg, self._decode_scale, self._usual.max_pixels)
        return Photo(decoded.rgb, (decoded.height_px, decoded.width_px), self._usual.min_face_px)
