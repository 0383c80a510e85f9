"""Photos for measuring, made of labelled faces: seeded, so that everybody measures the same ones."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from models.evaluation.backgrounds import FRAME_PX

SHORTER_SIDE_PX: Final = 480
PASTED_PX: Final = (200, 500)
ROTATION_DEG: Final = (20, 35)
BLUR_OF_WIDTH: Final = 0.04
DARK_MEAN: Final = 40
COVERED_FROM: Final = 0.55
_MASKS_RGB: Final = ((235, 235, 235), (150, 190, 215), (60, 60, 65), (200, 160, 150))
_JPEG_QUALITY: Final = 90
# What is pasted fits into the frame however it is turned.
_LONGEST_DIAGONAL_PX: Final = FRAME_PX[0] - 20


class Condition(StrEnum):
    """What is done to a face before it is pasted, or to its frame."""

    PLAIN = "plain"
    ROTATED = "rotated"
    BLURRED = "blurred"
    DARK = "dark"
    COVERED = "covered"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as detection is given it.

    Args:
        half_rgb: (h, w, 3) uint8, contiguous: the photo at half its size.
        full_px: height and width in full size.
    """

    half_rgb: NDArray[np.uint8]
    full_px: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """Where an image was pasted, in pixels of the full-size frame. Of a turned image: where it would be upright."""

    left_px: float
    top_px: float
    width_px: float
    height_px: float

    def has_in_middle(self, x_px: float, y_px: float) -> bool:
        """Whether a point lies in the middle half of the box: no further from its middle than a quarter of each side."""
        return (
            abs(x_px - self.left_px - self.width_px / 2) <= self.width_px / 4
            and abs(y_px - self.top_px - self.height_px / 2) <= self.height_px / 4
        )


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """A frame with one face."""

    photo: Photo
    box: Box


def surrounded(face: NDArray[np.uint8]) -> Photo:
    """A labelled face as a photo of its own, for classification: 480 pixels along its shorter side, half of that around it.

    The surroundings repeat the image's edge, which no detector takes for a face.

    Args:
        face: (h, w, 3) uint8 RGB.
    """
    scaled = _resized(face, SHORTER_SIDE_PX / min(face.shape[:2]), multiple=2)
    pad = SHORTER_SIDE_PX // 2
    photo = cv2.copyMakeBorder(scaled, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    height, width = photo.shape[:2]
    half = cv2.resize(photo, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return Photo(np.ascontiguousarray(half, np.uint8), (height, width))


def face_frame(
    face: NDArray[np.uint8], background: NDArray[np.uint8], condition: Condition, rng: np.random.Generator
) -> FaceFrame:
    """Paste a face at a random size and place, and pass the frame through a JPEG.

    Size and place are drawn first: with the same random numbers they are the same under all conditions. All of the image is
    in the frame, however it is turned.

    Args:
        face: (h, w, 3) uint8 RGB.
        background: (1080, 1920, 3) uint8 RGB.
        condition: what is done to the face.
        rng: of this frame.
    """
    height, width = face.shape[:2]
    widest = _LONGEST_DIAGONAL_PX / np.hypot(1, height / width)
    pasted = _resized(face, min(rng.uniform(*PASTED_PX), widest) / width)
    height, width = pasted.shape[:2]
    room = np.hypot(height, width) / 2
    middle = (rng.uniform(room, FRAME_PX[0] - room), rng.uniform(room, FRAME_PX[1] - room))
    changed, mask = _changed(pasted, condition, rng)
    top, left = (round(at - size / 2) for at, size in zip(middle, mask.shape, strict=True))
    frame = background.copy()
    frame[top : top + mask.shape[0], left : left + mask.shape[1]][mask] = changed[mask]
    if condition is Condition.DARK:
        frame = np.rint(frame * min(1.0, DARK_MEAN / changed[mask].mean())).astype(np.uint8)
    box = Box(left + (mask.shape[1] - width) / 2, top + (mask.shape[0] - height) / 2, width, height)
    return FaceFrame(through_jpeg(frame), box)


def through_jpeg(frame: NDArray[np.uint8]) -> Photo:
    """A frame as detect decodes it: a JPEG of quality 90, at half its size.

    Args:
        frame: (1080, 1920, 3) uint8 RGB.
    """
    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(frame), quality=_JPEG_QUALITY)
    return decoded(jpeg)


def decoded(jpeg: bytes) -> Photo:
    """A JPEG as detect decodes it, at half its size."""
    height, width = simplejpeg.decode_jpeg_header(jpeg)[:2]
    half: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        jpeg, "RGB", min_height=-(-height // 2), min_width=-(-width // 2), min_factor=1
    )
    return Photo(half, (height, width))


def _changed(
    face: NDArray[np.uint8], condition: Condition, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The face under a condition, and which of its pixels are to be pasted."""
    height, width = face.shape[:2]
    if condition is Condition.BLURRED:
        face = np.asarray(cv2.GaussianBlur(face, (0, 0), BLUR_OF_WIDTH * width), np.uint8)
    elif condition is Condition.COVERED:
        face = face.copy()
        face[round(COVERED_FROM * height) :] = _MASKS_RGB[rng.integers(len(_MASKS_RGB))]
    elif condition is Condition.ROTATED:
        return _turned(face, rng.uniform(*ROTATION_DEG) * rng.choice((-1, 1)))
    return face, np.ones((height, width), np.bool_)


def _turned(face: NDArray[np.uint8], angle_deg: float) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    height, width = face.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = int(width * cosine + height * sine), int(width * sine + height * cosine)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(face, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(np.ones((height, width), np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
    return np.asarray(turned, np.uint8), mask.astype(np.bool_)


def _resized(face: NDArray[np.uint8], scale: float, multiple: int = 1) -> NDArray[np.uint8]:
    """Bicubic where it grows, area averages where it shrinks."""
    height, width = (max(1, round(side * scale / multiple)) * multiple for side in face.shape[:2])
    interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(face, (width, height), interpolation=interpolation), np.uint8)
