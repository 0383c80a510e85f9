"""Landmarks are those of the net's crop, in pixels of the chip, and lie where they should on real faces.

That the net itself is face-api's: test_parity.
"""

import json
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.head_pose import head_pose
from models.predict.finder import FaceFinder
from models.predict.landmarker import FaceLandmarker, poses
from models.preprocess import CHIP_SIZE_PX, NET_SIZE_PX
from tests.models.faces import REFERENCE, decoded, reference_chips

# Landmarks that dlib's five points stand for, in dlib's order: outer and inner corner of the eye on the image's right,
# those of the other eye, and the base of the nose.
DLIBS_FIVE = [45, 42, 36, 39, 33]


@pytest.fixture(scope="module")
def landmarker() -> FaceLandmarker:
    return FaceLandmarker.load()


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder.load()


def test_landmarks_are_in_pixels_of_the_whole_chip(landmarker: FaceLandmarker) -> None:
    expected = json.loads((REFERENCE / "expected.json").read_text())["landmarks_x_y"]
    got = landmarker.landmarks(reference_chips())
    assert got.dtype == np.float32
    in_chip = np.reshape(expected, (-1, 68, 2)) * NET_SIZE_PX + (CHIP_SIZE_PX - NET_SIZE_PX) / 2
    np.testing.assert_allclose(got, in_chip, rtol=0, atol=2e-4)


def test_a_face_gets_the_same_landmarks_alone_and_in_a_batch(landmarker: FaceLandmarker) -> None:
    chips = reference_chips()
    together = landmarker.landmarks(chips)
    for i in range(len(chips)):
        np.testing.assert_allclose(landmarker.landmarks(chips[i : i + 1])[0], together[i], atol=1e-3)


def test_no_faces_give_no_landmarks(landmarker: FaceLandmarker) -> None:
    got = landmarker.landmarks(np.zeros((0, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8))
    assert got.shape == (0, 68, 2)
    assert got.dtype == np.float32


def test_poses_are_those_of_each_faces_points(landmarker: FaceLandmarker) -> None:
    points = landmarker.landmarks(reference_chips())
    found = poses(points)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [astuple(head_pose(face)) for face in points], atol=1e-4)
    assert np.ptp(found[:, 1]) > 5, "the faces look in different directions"
    assert poses(points[:0]).shape == (0, 3)


def test_no_faces_run_no_net() -> None:
    def broken(_: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        raise AssertionError("it was run")

    assert FaceLandmarker(broken, "broken").landmarks(reference_chips()[:0]).shape == (0, 68, 2)


def test_the_version_names_the_weights(landmarker: FaceLandmarker) -> None:
    assert landmarker.version.startswith("face-api-landmarks-")


@pytest.mark.parametrize("photo", ["photo-04.jpg", "photo-06.jpg", "photo-10.jpg"])
def test_eyes_and_nose_of_real_faces_are_where_dlib_finds_them(
    demo_photos: Path, finder: FaceFinder, landmarker: FaceLandmarker, photo: str
) -> None:
    (faces,) = finder.find_all([decoded(demo_photos / photo, min_face_px=160)])
    assert faces
    for face in faces:
        found = landmarker.landmarks(face.chip[None])[0][DLIBS_FIVE]
        eyes = np.linalg.norm(found[:2].mean(0) - found[2:4].mean(0))
        distance = np.linalg.norm(found - moved_onto(face.points, found), axis=1)
        assert distance.mean() < 0.08 * eyes


def moved_onto(points: NDArray[np.float64], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points of the photo, turned, scaled and shifted to fit those of the chip as well as can be."""
    # As complex numbers, turning and scaling is one multiplication.
    source, aim = (p @ (1, 1j) for p in (points, np.asarray(target, np.float64)))
    factor = np.vdot(source - source.mean(), aim - aim.mean()) / np.linalg.norm(source - source.mean()) ** 2
    moved = factor * (source - source.mean()) + aim.mean()
    return np.stack([moved.real, moved.imag], axis=1)
