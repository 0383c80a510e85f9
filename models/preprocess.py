"""Preprocessing, defined once: training, evaluation and serving all use this.

A chip is a face turned upright and scaled so that its eyes and nose lie where every net expects them, with a margin. Nets look
at crops from its middle. The crop makes the difference: with a wider one than it was trained on, the age net's error goes up
by half, while the expression net gains from seeing a narrow and a wide one.

Source of the face's shape: dlib, get_face_chip_details (dlib/image_transforms/interpolation.h), whose chips these are, but for
rounding and the filter that shrinks large faces.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

# Side of the nets' input, pixels.
NET_SIZE_PX: Final = 112
# Side of the square that the five points are fitted to, pixels of the chip: about from the brows to the lips.
FACE_SIZE_PX: Final = 80
# Of the face's size, added around it on every side.
CHIP_PADDING: Final = 0.4
CHIP_SIZE_PX: Final = round(FACE_SIZE_PX * (1 + 2 * CHIP_PADDING))
CHIP_BYTES: Final = CHIP_SIZE_PX * CHIP_SIZE_PX * 3

# The mean colour that the nets were trained with, R G B, 0 to 255. Source: face-api.js, NetInput.
MEAN_RGB: Final = (122.782, 117.001, 104.298)
SCALE: Final = 255.0

# The mean face's five points in that square, its side 1: outer and inner corner of the eye at the image's right, outer and
# inner corner of the one at its left, and the nose's base.
_MEAN_FACE: Final = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
# dlib counts a pixel from its corner, OpenCV from its middle.
_HALF_A_PIXEL: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class AlignedFace:
    """A face, and how it lies in the photo.

    Args:
        chip: (144, 144, 3) uint8 RGB.
        centre: x, y of the middle of the face, pixels of the photo.
        size_px: side of the face's square (see FACE_SIZE_PX), pixels of the photo.
        roll_deg: how far the face is turned clockwise in the photo, degrees.
        residual: root mean square distance of the five points from those of the mean face, of the square's side: about 0.02
            for a face that looks into the camera, 0.05 and more for one that is turned away.
    """

    chip: NDArray[np.uint8]
    centre: tuple[float, float]
    size_px: float
    roll_deg: float
    residual: float


class Crop(NamedTuple):
    """A square from the middle of a chip, pixels; mirrored or not."""

    side_px: int
    mirrored: bool = False


class Crops(StrEnum):
    """How many looks each face gets: more are more accurate, and cost more. docs/accuracy.md has the measured curve."""

    FAST = "fast"
    BALANCED = "balanced"
    THOROUGH = "thorough"


AGE_GENDER_CROPS: Final[dict[Crops, tuple[Crop, ...]]] = {
    Crops.FAST: (Crop(108),),
    Crops.BALANCED: (Crop(108), Crop(108, mirrored=True)),
    Crops.THOROUGH: (Crop(104), Crop(104, mirrored=True), Crop(108), Crop(108, mirrored=True)),
}
EXPRESSION_CROPS: Final[dict[Crops, tuple[Crop, ...]]] = {
    Crops.FAST: (Crop(116),),
    Crops.BALANCED: (Crop(104, mirrored=True), Crop(132), Crop(144, mirrored=True)),
    Crops.THOROUGH: tuple(Crop(side, mirrored) for side in (104, 116, 144) for mirrored in (False, True)),
}


def align(rgb: NDArray[np.uint8], points: NDArray[np.float64]) -> AlignedFace:
    """Cut a face out by its five points.

    Args:
        rgb: (h, w, 3) uint8 RGB, the photo.
        points: (5, 2), x and y in pixels of the photo, in the order that dlib's 5-point model has.
    """
    # Points as complex numbers: a similarity is then one multiplication and one addition.
    mean_face = _MEAN_FACE @ (1, 1j)
    found = points @ (1, 1j)
    off_centre = mean_face - mean_face.mean()
    turn = (off_centre.conj() * (found - found.mean())).sum() / (abs(off_centre) ** 2).sum()
    shift = found.mean() - turn * mean_face.mean()
    size_px = float(abs(turn))
    residual = float(np.sqrt((abs((found - shift) / turn - mean_face) ** 2).mean()))
    centre = shift + turn * (0.5 + 0.5j)
    return AlignedFace(
        chip=_cut(rgb, complex(turn) / FACE_SIZE_PX, complex(centre)),
        centre=(float(centre.real), float(centre.imag)),
        size_px=size_px,
        roll_deg=float(np.degrees(np.angle(turn))),
        residual=residual,
    )


def crops(chips: NDArray[np.uint8], plan: tuple[Crop, ...]) -> NDArray[np.uint8]:
    """What a net looks at.

    Args:
        chips: (n, 144, 144, 3) uint8 RGB.
        plan: m crops of each.

    Returns:
        (n * m, 112, 112, 3) uint8 RGB: all of the first chip, then all of the second ...
    """
    views = np.empty((len(chips), len(plan), NET_SIZE_PX, NET_SIZE_PX, 3), np.uint8)
    for chip, looks in zip(chips, views, strict=True):
        done: dict[int, NDArray[np.uint8]] = {}
        for look, (side, mirrored) in zip(looks, plan, strict=True):
            if side not in done:
                done[side] = _middle(chip, side)
            look[:] = done[side][:, ::-1] if mirrored else done[side]
    return views.reshape(-1, NET_SIZE_PX, NET_SIZE_PX, 3)


def _middle(chip: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    edge = (CHIP_SIZE_PX - side) // 2
    middle = chip[edge : edge + side, edge : edge + side]
    if side == NET_SIZE_PX:
        return middle
    return np.asarray(cv2.resize(middle, (NET_SIZE_PX, NET_SIZE_PX), interpolation=cv2.INTER_LINEAR), np.uint8)


def _cut(rgb: NDArray[np.uint8], turn: complex, centre: complex) -> NDArray[np.uint8]:
    """The chip whose middle is `centre`, and each of whose pixels is a step of `turn` in the photo."""
    middle = CHIP_SIZE_PX / 2 * (1 + 1j) - _HALF_A_PIXEL * (1 + 1j)
    shrink = int(abs(turn))
    if shrink >= 2:
        # Interpolating between four neighbours would skip the pixels between them: larger faces are averaged first.
        rgb, corner = _shrunk(rgb, centre, abs(turn) * CHIP_SIZE_PX, shrink)
        centre = (centre - corner + _HALF_A_PIXEL * (1 + 1j)) / shrink - _HALF_A_PIXEL * (1 + 1j)
        turn /= shrink
    start = centre - turn * middle
    matrix = np.array([[turn.real, -turn.imag, start.real], [turn.imag, turn.real, start.imag]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(rgb, matrix, (CHIP_SIZE_PX, CHIP_SIZE_PX), flags=flags), np.uint8)


def _shrunk(rgb: NDArray[np.uint8], centre: complex, side: float, times: int) -> tuple[NDArray[np.uint8], complex]:
    """What surrounds the chip, so many times smaller, and the photo's pixel that its first one begins with."""
    height, width = rgb.shape[:2]
    reach = side * 0.75  # half the diagonal, and a little
    left = max(0, min(int(centre.real - reach), width - times))
    top = max(0, min(int(centre.imag - reach), height - times))
    columns = max(1, (min(width, int(centre.real + reach)) - left) // times)
    rows = max(1, (min(height, int(centre.imag + reach)) - top) // times)
    around = rgb[top : top + rows * times, left : left + columns * times]
    small = cv2.resize(around, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), complex(left, top)
