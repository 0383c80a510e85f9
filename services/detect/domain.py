"""How closely a photo is looked at, and which of the faces that were seen are large enough to count. Pure.

All measures are pixels of the upright photo in its full size, whatever size it was looked at.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from facetally.v1 import question_pb2
from facetally.v1.face_pb2 import Box, DetectedFace, ExaminedFace, FacesDetected, PhotoExamined, PhotoOutcome, Point
from facetally.v1.photo_pb2 import Photo
from facetally.v1.question_pb2 import LookRequest, PhotoLooked

from services.common.errors import BadInputError
from services.common.vocabulary import Quality, QualityReason

LANDMARKS = 5
# Of the width that a face should have: from this share of it on it counts.
TOLERANCE = 0.75
# The faces that may be asked for, pixels of a photo of up to 1920 x 1080, and how many are told of.
SMALLEST_ASKED_PX, LARGEST_ASKED_PX = 36, 1000
MOST_TOLD = 100
_FULL_HD_PIXELS = 1920 * 1080


@dataclass(frozen=True, slots=True)
class Look:
    """How closely a photo is looked at, and what is made of it.

    Args:
        min_face_px: width of the smallest face to look for, pixels of the full-size photo.
        max_pixels: larger photos are refused.
        is_question: it is nobody's camera's: other pictures than JPEGs are read as well, and none costs more than one of
            1920 x 1080 pixels, see `smallest_face_px`.
        with_noise: whether noise is measured.
    """

    min_face_px: int
    max_pixels: int
    is_question: bool = False
    with_noise: bool = False


def smallest_face_px(look: Look, pixels: int) -> float:
    """Width of the smallest face to look for in a photo of so many pixels, in pixels of that photo.

    Cameras' faces are as large as their installers were told. In a question's photo of more than 1920 x 1080 pixels it grows
    with the root of their number: a larger picture of the same scene shows the same faces larger.
    """
    if not look.is_question:
        return look.min_face_px
    return look.min_face_px * max(1.0, math.sqrt(pixels / _FULL_HD_PIXELS))


def asked_look(question: LookRequest, max_pixels: int) -> Look:
    """How a question's photo is looked at.

    Raises:
        BadInputError: the smallest face is out of range.
    """
    if not SMALLEST_ASKED_PX <= question.min_face_px <= LARGEST_ASKED_PX:
        raise BadInputError(
            "bad_question",
            f"the smallest face has {SMALLEST_ASKED_PX} to {LARGEST_ASKED_PX} pixels, not {question.min_face_px}",
        )
    return Look(question.min_face_px, max_pixels, is_question=True, with_noise=question.with_noise)


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face as a detector sees it.

    Args:
        points: five (x, y): left eye's outer and inner corner, right eye's outer and inner corner, nose.
        centre: x, y of the middle of the chip.
        size_px: side of the square from brows to lips, which is 80 pixels of the chip.
        roll_deg: how far the face is turned clockwise.
        chip_rgb: the aligned face, 144 x 144 RGB, row by row.
        quality: how far it can be relied on.
        quality_reason: what keeps it from being good.
        sharpness: standard deviation of the Laplacian over that of the picture; 0 is a blur.
        brightness: mean, 0 (black) to 255 (white).
        pose_residual: how far the points are from those of a face that looks into the camera, as a share of the face's
            width.
        noise: its standard deviation in steps of brightness; None where it was not asked for.
    """

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    score: float
    points: tuple[tuple[float, float], ...]
    centre: tuple[float, float]
    size_px: float
    roll_deg: float
    chip_rgb: bytes
    quality: Quality
    quality_reason: QualityReason
    sharpness: float
    brightness: float
    pose_residual: float
    noise: float | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a detector sees in a photo."""

    width_px: int
    height_px: int
    faces: tuple[SeenFace, ...]


def is_large_enough(face: SeenFace, min_face_px: int) -> bool:
    """Whether a face is not too small.

    A face's width is measured from its eyes and nose, which come nearer each other in the picture when a head turns: it
    measures up to a quarter less than from the front. Nobody who stands where he should is lost for that.

    Args:
        face: any that was seen.
        min_face_px: width that a face should have.
    """
    return face.width_px >= TOLERANCE * min_face_px


def eye_distance_px(points: Sequence[tuple[float, float]]) -> float:
    """Distance between the centres of the eyes; each lies in the middle of its two corners."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[:4]
    return math.dist(((ax + bx) / 2, (ay + by) / 2), ((cx + dx) / 2, (cy + dy) / 2))


def judge(photo: Photo, sighting: Sighting, min_face_px: int, max_faces: int, detector_version: str) -> FacesDetected:
    """The faces that are large enough, the largest first, and what that makes of the photo."""
    large = [face for face in _largest_first(sighting) if is_large_enough(face, min_face_px)]
    too_small = len(sighting.faces) - len(large)
    if large:
        outcome = PhotoOutcome.PHOTO_OUTCOME_FACES
    elif too_small:
        outcome = PhotoOutcome.PHOTO_OUTCOME_FACE_TOO_SMALL
    else:
        outcome = PhotoOutcome.PHOTO_OUTCOME_NO_FACE
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
    return PhotoExamined(
        width_px=sighting.width_px,
        height_px=sighting.height_px,
        faces=[_examined(face, min_face_px) for face in _largest_first(sighting)],
        min_face_px=min_face_px,
        detector_version=detector_version,
        preview_jpeg=preview_jpeg,
    )


def looked(sighting: Sighting, detector_version: str, *, with_chips: bool) -> PhotoLooked:
    """All faces, the largest first, for whoever asked."""
    return PhotoLooked(
        width_px=sighting.width_px,
        height_px=sighting.height_px,
        faces=[_told(face, with_chips=with_chips) for face in _largest_first(sighting)[:MOST_TOLD]],
        detector_version=detector_version,
    )


def _largest_first(sighting: Sighting) -> list[SeenFace]:
    return sorted(sighting.faces, key=lambda face: face.width_px * face.height_px, reverse=True)


def _told(face: SeenFace, *, with_chips: bool) -> question_pb2.SeenFace:
    return question_pb2.SeenFace(
        box=_box(face),
        score=face.score,
        points=[Point(x=x, y=y) for x, y in face.points],
        centre=Point(x=face.centre[0], y=face.centre[1]),
        size_px=face.size_px,
        roll_deg=face.roll_deg,
        sharpness=face.sharpness,
        brightness=face.brightness,
        noise=face.noise,
        quality=f"FACE_QUALITY_{face.quality.name}",
        quality_reason=f"QUALITY_REASON_{face.quality_reason.name}",
        chip_rgb=face.chip_rgb if with_chips else b"",
    )


def _examined(face: SeenFace, min_face_px: int) -> ExaminedFace:
    return ExaminedFace(
        box=_box(face),
        score=face.score,
        points=[Point(x=x, y=y) for x, y in face.points],
        eye_distance_px=eye_distance_px(face.points),
        counts=is_large_enough(face, min_face_px),
        sharpness=face.sharpness,
        brightness=face.brightness,
        quality=f"FACE_QUALITY_{face.quality.name}",
        quality_reason=f"QUALITY_REASON_{face.quality_reason.name}",
        pose_residual=face.pose_residual,
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
        quality=f"FACE_QUALITY_{face.quality.name}",
        quality_reason=f"QUALITY_REASON_{face.quality_reason.name}",
    )
