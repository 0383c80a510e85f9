"""Which of the faces that were seen count. Pure.

All measures are pixels of the upright photo in its full size, whatever size it was looked at.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from facetally.v1.face_pb2 import Box, DetectedFace, FacesDetected, PhotoOutcome, Point
from facetally.v1.photo_pb2 import Photo

LANDMARKS = 5


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


def _message(face: SeenFace) -> DetectedFace:
    return DetectedFace(
        box=Box(left=face.left_px, top=face.top_px, width=face.width_px, height=face.height_px),
        score=face.score,
        points=[Point(x=x, y=y) for x, y in face.points],
        eye_distance_px=eye_distance_px(face.points),
        chip_rgb=face.chip_rgb,
    )
