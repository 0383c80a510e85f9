"""Labelled faces of a shop whose light the nets that come with the code do not know.

The faces are those of the demo photos. What the default nets say of a face in good light, at the most looks, is its label, and what
they say of it in probabilities is what a new net is taught by. Then the face is put into the light of a made-up shop: dim and green,
with a sensor's noise, a little blurred, and each time a little differently. There are few people in the demo photos, and each is in all
splits: what is held out are other pictures of them, so that the figures say that training works, and nothing about strangers.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.dataset.face import Face, encode_chip
from models.predict.classifier import EMOTIONS, GENDERS, FaceClassifier
from models.predict.finder import FaceFinder, FoundFace
from models.preprocess import CHIP_SIZE_PX, Crops
from models.quality import Level
from services.common.jpeg_decoder import decode

# Of red, green and blue in the shop's light, and how much each picture's differs.
_LIGHT: Final = np.array([0.30, 0.55, 0.22])
_UNEVEN: Final = 0.25
_NOISE: Final = (6.0, 16.0)
_BLUR_PX: Final = (0.6, 2.0)
_ROLL_DEG, _SHIFT, _SCALE = 4.0, 0.03, 0.05
_MOST_PIXELS: Final = 50_000_000
_BEGAN: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)


def found_faces(photos: Iterable[Path]) -> Iterator[tuple[Path, FoundFace]]:
    """Faces of demo photos that are good enough to be labelled."""
    finder = FaceFinder.load()
    for photo in sorted(photos):
        decoded = decode(photo.read_bytes(), 0.5, _MOST_PIXELS)
        for face in finder.find(decoded.rgb, (decoded.height_px, decoded.width_px)):
            if face.quality.level is Level.GOOD:
                yield photo, face


def labelled_faces(found: list[tuple[Path, FoundFace]], pictures: int, seed: int) -> Iterator[Face]:
    """So many pictures of each face in the light of the shop, with the labels of the face in good light.

    Args:
        found: faces, and the photos that they are of.
        pictures: of each face.
        seed: of all that is random.
    """
    random = np.random.default_rng(seed)
    teacher = FaceClassifier.load(crops=Crops.THOROUGH)
    said = teacher.predict(np.stack([face.chip for _, face in found]))
    for number, (photo, face) in enumerate(found):
        gender, emotion = said.gender[number], said.emotion[number]
        for picture in range(pictures):
            yield Face(
                face_id=f"{photo.stem}-{number}-{picture}",
                chip=encode_chip(in_shop_light(face.chip, random)),
                box=(face.left_px, face.top_px, face.width_px, face.height_px),
                photo=f"demo/{photo.stem}/{number}/{picture}",
                shop="demo-green",
                camera="exit-1",
                captured_at=_BEGAN + timedelta(minutes=number * pictures + picture),
                quality=Level.GOOD,
                consent=True,
                model_version=teacher.version,
                predicted_age_years=float(said.age_years[number]),
                predicted_gender=_probabilities(gender),
                predicted_emotion=_probabilities(emotion),
                age_years=float(said.age_years[number]),
                gender=GENDERS[int(gender.argmax())],
                emotion=EMOTIONS[int(emotion.argmax())],
                labelled_by="the same face in good light",
                labelled_at=_BEGAN,
            )


def in_shop_light(chip: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """A picture of a face as the shop's camera would take it.

    Args:
        chip: (144, 144, 3) uint8 RGB, in good light.
        random: what makes each picture another one.
    """
    middle = (CHIP_SIZE_PX / 2, CHIP_SIZE_PX / 2)
    turn = cv2.getRotationMatrix2D(middle, random.uniform(-_ROLL_DEG, _ROLL_DEG), 1 + random.uniform(-_SCALE, _SCALE))
    shift = np.zeros((2, 3))
    shift[:, 2] = random.uniform(-_SHIFT, _SHIFT, 2) * CHIP_SIZE_PX
    moved = cv2.warpAffine(chip, turn + shift, (CHIP_SIZE_PX, CHIP_SIZE_PX), borderMode=cv2.BORDER_REFLECT)
    blurred = cv2.GaussianBlur(moved, (0, 0), random.uniform(*_BLUR_PX)).astype(np.float64)
    lit = blurred * _LIGHT * random.uniform(1 - _UNEVEN, 1 + _UNEVEN, 3)
    noisy = lit + random.normal(0, random.uniform(*_NOISE), lit.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def _probabilities(said: NDArray[np.float32]) -> tuple[float, ...]:
    exact = said.astype(np.float64)
    return tuple(float(each) for each in exact / exact.sum())
