"""Is a face worth an estimate? Measured on its chip, in a few hundredths of a millisecond.

The limits are where estimates stop being better than a guess, measured on labelled faces: docs/accuracy.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocess import CHIP_SIZE_PX, NET_SIZE_PX, AlignedFace

# Of the nets' crop, left out at every edge: hair and background.
_EDGE: Final = 0.1
# The difference of two Laplacians: blind to edges and slopes, and six times as large as the noise.
_NOISE_KERNEL: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


class Level(StrEnum):
    """What a face is good for."""

    GOOD = "good"
    USABLE = "usable"
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why a face is not good; the first that holds."""

    NONE = "none"
    EYES_TOO_CLOSE = "eyes_too_close"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a measure makes a face less than it should be.

    Args:
        eye_distance_px: less, in the full-size photo, and the chip shows pixels that the photo never had.
        sharpness: less is blurred.
        darkest: mean of the face, 0 to 255; less is too dark.
        brightest: more is too bright.
        residual: more is turned away.
    """

    eye_distance_px: float
    sharpness: float
    darkest: float
    brightest: float
    residual: float


# Not good beyond the first, not usable beyond the second.
USABLE_BEYOND: Final = Limits(eye_distance_px=40, sharpness=0.13, darkest=45, brightest=215, residual=0.05)
REJECTED_BEYOND: Final = Limits(eye_distance_px=16, sharpness=0.04, darkest=10, brightest=245, residual=0.15)


@dataclass(frozen=True, slots=True)
class Quality:
    """The verdict, and what it rests on.

    Args:
        level: what the face is good for.
        reason: why it is not good.
        eye_distance_px: between the middles of the eyes, pixels of the full-size photo.
        sharpness: how much finest detail there is beside coarse: standard deviation of the Laplacian over that of the face.
        brightness: mean of the face, 0 to 255.
        pose_residual: see `models.preprocess.AlignedFace`.
    """

    level: Level
    reason: Reason
    eye_distance_px: float
    sharpness: float
    brightness: float
    pose_residual: float


def judge(face: AlignedFace, eye_distance_px: float) -> Quality:
    """Measure a face, and say what it is good for.

    Args:
        face: cut out of its photo.
        eye_distance_px: between the middles of its eyes, pixels of the full-size photo.
    """
    sharpness, brightness = measure(_inner(face.chip))
    level, reason = Level.GOOD, Reason.NONE
    for worse, limits in ((Level.REJECTED, REJECTED_BEYOND), (Level.USABLE, USABLE_BEYOND)):
        reason = _reason(limits, eye_distance_px, sharpness, brightness, face.residual)
        if reason is not Reason.NONE:
            level = worse
            break
    return Quality(level, reason, eye_distance_px, sharpness, brightness, face.residual)


def measure(grey: NDArray[np.uint8] | cv2.typing.MatLike) -> tuple[float, float]:
    """Sharpness and brightness.

    Args:
        grey: (h, w) brightness, 0 to 255.
    """
    laplacian = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))[1][0, 0]
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(grey))
    return float(laplacian) / max(deviation, 1.0), mean


def noise(chip: NDArray[np.uint8]) -> float:
    """Standard deviation of a face's noise, in steps of brightness, 0 to 255.

    A face that has none gives 1 to 3, because skin has structure of its own. Measured as it is in the chip: where a large face
    is made smaller, its noise averages out, as it does for the nets.

    Args:
        chip: (144, 144, 3) uint8 RGB.

    Source: J. Immerkaer, Fast Noise Variance Estimation, Computer Vision and Image Understanding 64 (2), 1996.
    """
    differences = cv2.filter2D(_inner(chip), cv2.CV_32F, _NOISE_KERNEL)[1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(differences).mean())


def _inner(chip: NDArray[np.uint8]) -> cv2.typing.MatLike:
    """Brightness of the face without hair and background, (h, w)."""
    edge = (CHIP_SIZE_PX - NET_SIZE_PX) // 2 + round(NET_SIZE_PX * _EDGE)
    return cv2.cvtColor(chip[edge:-edge, edge:-edge], cv2.COLOR_RGB2GRAY)


def _reason(limits: Limits, eye_distance_px: float, sharpness: float, brightness: float, residual: float) -> Reason:
    if eye_distance_px < limits.eye_distance_px:
        return Reason.EYES_TOO_CLOSE
    if brightness < limits.darkest:
        return Reason.TOO_DARK
    if brightness > limits.brightest:
        return Reason.TOO_BRIGHT
    if sharpness < limits.sharpness:
        return Reason.BLURRED
    if residual > limits.residual:
        return Reason.TURNED_AWAY
    return Reason.NONE
