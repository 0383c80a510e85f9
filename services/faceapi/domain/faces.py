"""Faces as detect and classify answer, whatever protocol asks. Pure.

Measures are pixels of the upright photo, x and y from its top left corner.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from facetally.v1.face_pb2 import FaceQuality
from facetally.v1.face_pb2 import QualityReason as ReasonField
from facetally.v1.question_pb2 import EstimatedFace, SeenFace

from services.common.vocabulary import Quality, QualityReason

Point = tuple[float, float]

# Names of the fields of `EmotionProbabilities`.
EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")

# A chip shows the square from brows to lips at this size, in its middle. See `models.preprocess`.
_CHIP_FACE_PX = 80
_CHIP_MIDDLE_PX = 72
# A face's box beside that square, as detect draws it. See `models.predict.finder`.
_SIDE_PER_FACE = 1.4
# The detector's score of a face as a share of certainty: 0 is as good as not, and about 1 is the most there is.
_STEEPNESS = 4.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be estimated of each face; where it is, and how good its picture, is known anyhow."""

    age_and_gender: bool = False
    emotion: bool = False
    landmarks: bool = False
    noise: bool = False

    @property
    def estimates(self) -> bool:
        """Whether classify is to be asked."""
        return self.age_and_gender or self.emotion or self.landmarks


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Where a face is, pixels; the part of it that is in the photo."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head is turned, degrees: up, to the picture's right, clockwise."""

    pitch: float
    yaw: float
    roll: float


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a photo.

    Args:
        seen: what detect says of it.
        estimate: what classify says; what was not asked for is absent.
    """

    seen: SeenFace
    estimate: EstimatedFace

    def landmarks(self) -> list[Point]:
        """Its 68 landmarks, in the photo."""
        return in_photo([(point.x, point.y) for point in self.estimate.landmarks], self.seen)

    def pose(self) -> Pose:
        """How its head is turned, in the photo: alignment turned the chip by the roll that it saw."""
        pose = self.estimate.pose
        roll = (pose.roll_deg + self.seen.roll_deg + 180) % 360 - 180
        # A tenth of a degree; plus 0, which turns -0.0 into 0.0.
        return Pose(*(round(angle, 1) + 0.0 for angle in (pose.pitch_deg, pose.yaw_deg, roll)))

    def gender(self) -> Literal["female", "male"]:
        """The likelier one."""
        return "female" if self.estimate.gender.female >= self.estimate.gender.male else "male"

    @property
    def quality(self) -> Quality:
        """How far its picture can be relied on."""
        return Quality(FaceQuality.Name(self.seen.quality).removeprefix("FACE_QUALITY_").lower())

    @property
    def quality_reason(self) -> QualityReason:
        """What keeps its picture from being good."""
        return QualityReason(ReasonField.Name(self.seen.quality_reason).removeprefix("QUALITY_REASON_").lower())

    def certainty(self) -> float:
        """How sure the detector is that it is a face, 0 to 1; a curve, not a measured probability."""
        return 1 / (1 + math.exp(-_STEEPNESS * self.seen.score))


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """All faces of a photo, the largest first, and which models saw them."""

    width_px: int
    height_px: int
    faces: tuple[Face, ...]
    detector_version: str
    classifier_version: str = ""

    def rectangle(self, face: Face) -> Rectangle:
        """Where one of its faces is: the square around it, as far as it is in the photo.

        Around where its eyes and nose are: the detector's own box comes in steps, and jumps by a sixth of its width between
        two looks at the same photo.
        """
        centre, side = face.seen.centre, face.seen.size_px * _SIDE_PER_FACE
        left, width = _within(centre.x - side / 2, side, self.width_px)
        top, height = _within(centre.y - side / 2, side, self.height_px)
        return Rectangle(left, top, width, height)


def _within(start: float, length: float, size: int) -> tuple[int, int]:
    """Start and length, in whole pixels, of what lies within a photo's side; one pixel at least."""
    begin = min(max(round(start), 0), size - 1)
    return begin, min(max(round(start + length), begin + 1), size) - begin


def in_photo(points: Sequence[Point], seen: SeenFace) -> list[Point]:
    """Points of a face's chip as points of the photo that it was cut out of."""
    scale, roll = seen.size_px / _CHIP_FACE_PX, math.radians(seen.roll_deg)
    along, across = scale * math.cos(roll), scale * math.sin(roll)
    moved = []
    for x, y in points:
        dx, dy = x - _CHIP_MIDDLE_PX, y - _CHIP_MIDDLE_PX
        moved.append((seen.centre.x + along * dx - across * dy, seen.centre.y + across * dx + along * dy))
    return moved
