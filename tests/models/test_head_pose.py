"""Turned heads, made from the template itself and found in real photos."""

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.head_pose import LANDMARKS, TEMPLATE_XYZ, HeadPose, head_pose, rotation
from models.predict.finder import FaceFinder
from models.predict.landmarker import FaceLandmarker
from tests.models.faces import decoded

POSES = [
    HeadPose(0, 0, 0),
    HeadPose(20, 0, 0),
    HeadPose(-20, 0, 0),
    HeadPose(0, 35, 0),
    HeadPose(0, 0, -50),
    HeadPose(15, -25, 10),
    HeadPose(-12, 40, 160),
]


def seen(pose: HeadPose, scale: float = 7.0, centre: tuple[float, float] = (56, 60)) -> NDArray[np.float64]:
    """Landmarks of a head of the template's shape, as the camera sees it."""
    points = np.zeros((68, 2))
    points[list(LANDMARKS)] = -scale * (TEMPLATE_XYZ @ rotation(pose).T)[:, :2] + centre
    return points


@pytest.mark.parametrize("pose", POSES, ids=str)
def test_a_turned_template_is_recovered(pose: HeadPose) -> None:
    np.testing.assert_allclose(astuple(head_pose(seen(pose))), astuple(pose), atol=1e-9)


@pytest.mark.parametrize("pose", POSES, ids=str)
def test_size_and_place_in_the_image_do_not_matter(pose: HeadPose) -> None:
    here, there = head_pose(seen(pose)), head_pose(seen(pose, scale=90, centre=(-700, 1200)))
    np.testing.assert_allclose(astuple(there), astuple(here), atol=1e-9)


@pytest.mark.parametrize("pose", POSES, ids=str)
def test_a_mirrored_face_is_turned_and_tilted_the_other_way(pose: HeadPose) -> None:
    noisy = seen(pose) + np.random.default_rng(3).normal(0, 1, (68, 2))
    here, there = head_pose(noisy), head_pose(mirrored(noisy))
    np.testing.assert_allclose(astuple(there), (here.pitch_deg, -here.yaw_deg, -here.roll_deg), atol=1e-9)


def mirrored(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Landmarks of the same face in a mirror: left and right change their numbers too."""
    other = list(range(68))
    for left, right in ((36, 45), (39, 42), (48, 54)):
        other[left], other[right] = right, left
    return np.asarray(points[other] * (-1, 1))


def nose_from_eyes(pose: HeadPose) -> NDArray[np.float64]:
    points = seen(pose)
    return np.asarray(points[30] - points[[36, 45]].mean(0))


def test_signs_are_azures() -> None:
    straight = nose_from_eyes(HeadPose(0, 0, 0))
    assert nose_from_eyes(HeadPose(20, 0, 0))[1] < straight[1], "a positive pitch looks up"
    assert nose_from_eyes(HeadPose(0, 20, 0))[0] > straight[0], "a positive yaw looks to the image's right"
    eyes = seen(HeadPose(0, 0, 20))
    assert eyes[36, 1] < eyes[45, 1], "a positive roll is clockwise: the eye on the image's left goes up"


def test_landmarks_that_are_a_little_off_tilt_the_head_a_little() -> None:
    rng = np.random.default_rng(1)
    found = [astuple(head_pose(seen(HeadPose(5, -10, 3)) + rng.normal(0, 1, (68, 2)))) for _ in range(200)]
    np.testing.assert_allclose(np.mean(found, axis=0), (5, -10, 3), atol=1.5)
    assert np.std(found, axis=0).max() < 5


@pytest.fixture(scope="module")
def landmarker() -> FaceLandmarker:
    return FaceLandmarker.load()


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder.load()


@pytest.mark.parametrize(
    ("photo", "pitch", "yaw"),
    [
        ("photo-02.jpg", (-15, 15), (-15, 15)),
        ("photo-07.jpg", (-15, 15), (-15, 15)),
        ("photo-09.jpg", (-15, 15), (-15, 15)),
        ("photo-10.jpg", (-15, 15), (-15, 15)),
        ("photo-03.jpg", (-45, -15), (-35, -5)),  # looks down, and to the image's left
        ("photo-11.jpg", (-15, 15), (-35, -5)),  # looks to the image's left
        ("photo-12.jpg", (8, 35), (0, 25)),  # looks up, and a little to the image's right
    ],
)
def test_people_in_real_photos_look_where_one_sees_them_look(
    demo_photos: Path,
    finder: FaceFinder,
    landmarker: FaceLandmarker,
    photo: str,
    pitch: tuple[int, int],
    yaw: tuple[int, int],
) -> None:
    ((face,),) = finder.find_all([decoded(demo_photos / photo, min_face_px=160)])
    pose = head_pose(landmarker.landmarks(face.chip[None])[0])
    assert pitch[0] < pose.pitch_deg < pitch[1]
    assert yaw[0] < pose.yaw_deg < yaw[1]
    assert abs(pose.roll_deg) < 8, "alignment has taken the roll out"
