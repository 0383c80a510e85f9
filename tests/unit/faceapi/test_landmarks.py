import math

import pytest
from azure.cognitiveservices.vision.face.models import FaceLandmarks
from facetally.v1.face_pb2 import Point as PointMessage
from facetally.v1.question_pb2 import SeenFace

from models.preprocess import CHIP_SIZE_PX, FACE_SIZE_PX
from services.faceapi.domain.faces import in_photo
from services.faceapi.domain.landmarks import FIVE, NAMED, named


def seen(size_px: float, roll_deg: float) -> SeenFace:
    return SeenFace(centre=PointMessage(x=500, y=300), size_px=size_px, roll_deg=roll_deg)


def test_a_chips_middle_is_the_middle_of_the_face() -> None:
    middle = CHIP_SIZE_PX / 2
    assert in_photo([(middle, middle)], seen(200, 33)) == [pytest.approx((500, 300))]


def test_a_chip_is_scaled_to_the_face() -> None:
    middle = CHIP_SIZE_PX / 2
    (right,) = in_photo([(middle + FACE_SIZE_PX, middle)], seen(200, 0))
    assert right == pytest.approx((700, 300))


def test_a_face_that_is_turned_clockwise_has_its_right_further_down() -> None:
    middle = CHIP_SIZE_PX / 2
    right, below = in_photo([(middle + FACE_SIZE_PX, middle), (middle, middle + FACE_SIZE_PX)], seen(100, 30))
    assert right == pytest.approx((500 + 100 * math.cos(math.pi / 6), 300 + 100 * math.sin(math.pi / 6)))
    assert below == pytest.approx((500 - 100 * math.sin(math.pi / 6), 300 + 100 * math.cos(math.pi / 6)))


def test_every_named_point_lies_where_its_name_says() -> None:
    # A face drawn by hand, 100 x 100, in the order of the 68: jaw, brows, nose, eyes, lips.
    jaw = [(10 + 5 * i, 50 + 45 * math.sin(math.pi * i / 16)) for i in range(17)]
    brows = [(20 + 5 * i, 25.0) for i in range(5)] + [(60 + 5 * i, 25.0) for i in range(5)]
    nose = [(50.0, 35 + 7.0 * i) for i in range(4)] + [(42 + 4.0 * i, 60.0) for i in range(5)]
    left = [(25, 35), (29, 33), (33, 33), (38, 35), (33, 37), (29, 37)]
    right = [(62, 35), (66, 33), (70, 33), (75, 35), (70, 37), (66, 37)]
    outer = [
        (36, 75),
        (41, 72),
        (46, 71),
        (50, 72),
        (54, 71),
        (59, 72),
        (64, 75),
        (59, 79),
        (54, 81),
        (50, 82),
        (46, 81),
        (41, 79),
    ]
    inner = [(38, 75), (46, 74), (50, 74), (54, 74), (62, 75), (54, 77), (50, 77), (46, 77)]
    points = [(float(x), float(y)) for x, y in (*jaw, *brows, *nose, *left, *right, *outer, *inner)]
    assert len(points) == 68
    found = named(points)
    assert len(found) == len(NAMED) == 27
    assert found["pupilLeft"] == pytest.approx((31, 35))
    assert found["pupilRight"] == pytest.approx((68, 35))
    assert found["noseTip"] == pytest.approx((50, 56))
    for name, (x, _) in found.items():
        if "Left" in name:
            assert x < 50, name
        elif "Right" in name:
            assert x > 50, name
        else:
            assert x == 50, name
    from_above = [
        "eyebrowLeftInner",
        "eyeLeftTop",
        "pupilLeft",
        "eyeLeftBottom",
        "noseLeftAlarTop",
        "noseLeftAlarOutTip",
    ]
    from_above += ["upperLipTop", "upperLipBottom", "underLipTop", "underLipBottom"]
    heights = [found[name][1] for name in from_above]
    assert heights == sorted(heights)
    assert set(FIVE) <= set(found)


def test_they_are_named_as_azure_names_them() -> None:
    assert set(NAMED) == {field["key"] for field in FaceLandmarks._attribute_map.values()}
