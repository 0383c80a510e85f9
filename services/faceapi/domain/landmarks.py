"""The points that protocols name, from the 68 that the net finds. Left and right are those of the picture.

Source: the numbers are iBUG's, from 0 (https://ibug.doc.ic.ac.uk/resources/facial-point-annotations); the names Azure Face's.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from services.faceapi.domain.faces import Point

# Each is the middle of these points. The 68 have no pupils, which lie between the lids, and none where a nose's wings begin
# or its root ends: those lie half-way from the bridge to the wings' outer ends and to the eyes.
NAMED: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "pupilLeft": (37, 38, 40, 41),
        "pupilRight": (43, 44, 46, 47),
        "noseTip": (30,),
        "mouthLeft": (48,),
        "mouthRight": (54,),
        "eyebrowLeftOuter": (17,),
        "eyebrowLeftInner": (21,),
        "eyeLeftOuter": (36,),
        "eyeLeftTop": (37, 38),
        "eyeLeftBottom": (40, 41),
        "eyeLeftInner": (39,),
        "eyebrowRightInner": (22,),
        "eyebrowRightOuter": (26,),
        "eyeRightInner": (42,),
        "eyeRightTop": (43, 44),
        "eyeRightBottom": (46, 47),
        "eyeRightOuter": (45,),
        "noseRootLeft": (27, 39),
        "noseRootRight": (27, 42),
        "noseLeftAlarTop": (29, 31),
        "noseRightAlarTop": (29, 35),
        "noseLeftAlarOutTip": (31,),
        "noseRightAlarOutTip": (35,),
        "upperLipTop": (51,),
        "upperLipBottom": (62,),
        "underLipTop": (66,),
        "underLipBottom": (57,),
    }
)
# Eyes, nose, mouth's corners, as detectors with five points order them.
FIVE: Final = ("pupilLeft", "pupilRight", "noseTip", "mouthLeft", "mouthRight")


def named(points: Sequence[Point]) -> dict[str, Point]:
    """The 27 named points.

    Args:
        points: the 68.
    """
    return {name: _middle([points[i] for i in indices]) for name, indices in NAMED.items()}


def _middle(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
