"""Which of the faces that were seen count. Pure.

All measures are pixels of the upright photo in its full size, whatever size it was looked at.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from facetally.v1.face_pb2 import Box, DetectedFace, ExaminedFace, FacesDetected, PhotoExamined, PhotoOutcome, Point
from facetally.v1.photo_pb2 import Photo
from numpy.typing import NDArray

LANDMARKS = 5
# Weights of red, green and blue in brightness. Source: ITU-R BT.601.
_LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32)
# Of a chip's side, left out at every edge: background.
_EDGE = 0.1


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face as a detector sees it.

    Args:
        points: five (x, y): left eye's outer and inner corner, right eye's outer and inner corner, nose.
        chip_rgb: the aligned face, 112 x 112 RGB, row by row.
    """

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    score: float
    points: tuple[tuple[float, float], ...]
    chip_rgb: bytes


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a detector sees in a photo."""

    width_px: int
    height_px: int
    faces: tuple[SeenFace, ...]


def is_large_enough(face: SeenFace, min_face_px: int) -> bool:
    """Whether a face is not too small.

    dlib's boxes come in steps of a fifth: at the scale where faces of 200 pixels are looked for they are 182, 220, 262
    ... pixels wide, and the box of 182 stands for faces of 166 to 199 pixels. So a plain comparison loses no face that
    is as large as it should be.
    """
    return face.width_px >= min_face_px


def eye_distance_px(points: Sequence[tuple[float, float]]) -> float:
    """Distance between the centres of the eyes; each lies in the middle of its two corners."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[:4]
    return math.dist(((ax + bx) / 2, (ay + by) / 2), ((cx + dx) / 2, (cy + dy) / 2))


def judge(photo: Photo, sighting: Sighting, min_face_px: int, max_faces: int, detector_version: str) -> FacesDetected:
    """The faces that count, the largest first, and what that makes of the photo."""
    large = [face for face in sighting.faces if is_large_enough(face, min_face_px)]
    too_small = len(sighting.faces) - len(large)
    if large:
        outcome = PhotoOutcome.PHOTO_OUTCOME_FACES
    elif too_small:
        outcome = PhotoOutcome.PHOTO_OUTCOME_FACE_TOO_SMALL
    else:
        outcome = PhotoOutcome.PHOTO_OUTCOME_NO_FACE
    large.sort(key=lambda face: face.width_px * face.height_px, reverse=True)
    return FacesDetected(
        photo=photo,
        outcome=outcome,
        width_px=sighting.width_px,
        height_px=sighting.height_px,
        faces=[_message(face) for face in large[:max_faces]],
        too_small_count=too_small,
        detector_version=detector_version,
    )


def unreadable(photo: Photo, detector_version: str) -> FacesDetected:
    """What is passed on of a photo that cannot be decoded."""
    outcome = PhotoOutcome.PHOTO_OUTCOME_UNREADABLE
    return FacesDetected(photo=photo, outcome=outcome, detector_version=detector_version)


def examined(sighting: Sighting, min_face_px: int, detector_version: str, preview_jpeg: bytes) -> PhotoExamined:
    """All faces, the largest first, with what a person wants to know of them."""
    faces = sorted(sighting.faces, key=lambda face: face.width_px * face.height_px, reverse=True)
    return PhotoExamined(
        width_px=sighting.width_px,
        height_px=sighting.height_px,
        faces=[_examined(face, min_face_px) for face in faces],
        min_face_px=min_face_px,
        detector_version=detector_version,
        preview_jpeg=preview_jpeg,
    )


def sharpness(grey: NDArray[np.float32]) -> float:
    """How much finest detail there is beside coarse: standard deviation of the Laplacian over that of the picture.

    Args:
        grey: (h, w) brightness, 0 to 255.
    """
    across = grey[1:-1, :-2] + grey[1:-1, 2:]
    down = grey[:-2, 1:-1] + grey[2:, 1:-1]
    laplacian = across + down - 4 * grey[1:-1, 1:-1]
    return float(laplacian.std() / max(float(grey.std()), 1.0))


def _examined(face: SeenFace, min_face_px: int) -> ExaminedFace:
    side = math.isqrt(len(face.chip_rgb) // 3)
    grey = np.frombuffer(face.chip_rgb, np.uint8).reshape(side, side, 3).astype(np.float32) @ _LUMA
    edge = round(side * _EDGE)
    inner = grey[edge : side - edge, edge : side - edge]
    return ExaminedFace(
        box=_box(face),
        score=face.score,
        points=[Point(x=x, y=y) for x, y in face.points],
        eye_distance_px=eye_distance_px(face.points),
        counts=is_large_enough(face, min_face_px),
        sharpness=sharpness(inner),
        brightness=float(inner.mean()),
    )


def _box(face: SeenFace) -> Box:
    return Box(left=face.left_px, top=face.top_px, width=face.width_px, height=face.height_px)


def _message(face: SeenFace) -> DetectedFace:
    return DetectedFace(
        box=_box(face),
        score=face.score,
        points=[Point(x=x, y=y) for x, y in face.points],
        eye_distance_px=eye_distance_px(face.points),
        chip_rgb=face.chip_rgb,
    )
