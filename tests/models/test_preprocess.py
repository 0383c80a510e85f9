"""Chips are dlib's; crops are what nets look at."""

from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
import pytest
from numpy.typing import NDArray

from models.predict.finder import FaceFinder
from models.preprocess import CHIP_PADDING, CHIP_SIZE_PX, FACE_SIZE_PX, NET_SIZE_PX, Crop, align, crops
from tests.models.faces import decoded, reference_chips

# Mean absolute difference to dlib's chips, of 255. Measured on 37 faces that are less than twice as large as their chip:
# 0.5 to 2.0, as OpenCV weighs neighbours in steps of 1/32. Larger ones dlib halves as often as it can, with a filter that
# blurs; ours are averaged to the pixel: 1.5 to 3.9 on 41 faces. A chip that is off by a pixel differs by 5 to 10.
SAME_CHIP = 2.2
SHRUNK_CHIP = 5.0
# How far the pictures are off each other: 0.08 and 0.37 pixels of the chip.
SAME_PLACE_PX = 0.15
SHRUNK_PLACE_PX = 0.6


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder.load()


@pytest.mark.parametrize("factor", [1, 2], ids=["full size", "half size"])
@pytest.mark.parametrize("photo", ["photo-01.jpg", "photo-03.jpg", "photo-04.jpg", "photo-05.jpg", "crowd.jpg"])
def test_chips_are_dlibs(demo_photos: Path, finder: FaceFinder, photo: str, factor: int) -> None:
    picture = decoded(demo_photos / photo, factor, min_face_px=100)
    (faces,) = finder.find_all([picture])
    assert faces
    for face in faces:
        points = np.rint(face.points / factor)
        ours = align(picture.rgb, points)
        theirs = dlib.get_face_chip(picture.rgb, shape_of(points), size=CHIP_SIZE_PX, padding=CHIP_PADDING)
        is_shrunk = ours.size_px >= 2 * FACE_SIZE_PX
        difference = abs(ours.chip.astype(int) - theirs).mean()
        assert difference < (SHRUNK_CHIP if is_shrunk else SAME_CHIP)
        assert max(map(abs, offset(ours.chip, theirs))) < (SHRUNK_PLACE_PX if is_shrunk else SAME_PLACE_PX)


def shape_of(points: NDArray[np.float64]) -> Any:
    """Points as dlib's predictor gives them: whole pixels."""
    parts = [dlib.point(int(x), int(y)) for x, y in points]
    return dlib.full_object_detection(dlib.rectangle(0, 0, 1, 1), parts)


def offset(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[float, float]:
    """How far the one picture must be moved to lie on the other, pixels."""
    left, right = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) for picture in (one, other))
    window = cv2.createHanningWindow((CHIP_SIZE_PX, CHIP_SIZE_PX), cv2.CV_32F)
    (across, down), _ = cv2.phaseCorrelate(left, right, window)
    return across, down


# Where dlib's mean face has the eyes' corners and the nose, of the square's side.
MEAN_FACE = np.array([(0.860, 0.213), (0.646, 0.229), (0.121, 0.214), (0.334, 0.229), (0.490, 0.628)])
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def placed(size_px: float, centre: tuple[float, float], roll_deg: float = 0.0) -> NDArray[np.float64]:
    """The mean face's points in a photo."""
    roll = np.radians(roll_deg)
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    return np.asarray((MEAN_FACE - 0.5) @ turn.T * size_px + centre)


def painted(points: NDArray[np.float64], radius_px: float, size: tuple[int, int] = (600, 800)) -> NDArray[np.uint8]:
    """A photo with a disc for each eye and one for the nose."""
    photo = np.full((*size, 3), 60, np.uint8)
    for colour, place in ((RED, points[:2].mean(0)), (GREEN, points[2:4].mean(0)), (BLUE, points[4])):
        middle = (round(float(place[0])), round(float(place[1])))
        cv2.circle(photo, middle, max(1, round(radius_px)), colour, cv2.FILLED)
    return photo


def place_of(chip: NDArray[np.uint8], colour: tuple[int, int, int]) -> tuple[float, float]:
    """The middle of what has this colour, pixels of the chip."""
    rows, columns = np.nonzero((abs(chip.astype(int) - colour) < 100).all(2))
    return float(columns.mean()), float(rows.mean())


@pytest.mark.parametrize("size_px", [40, 80, 150, 160, 200, 330])
@pytest.mark.parametrize("roll_deg", [0, 30, -75, 180])
def test_a_turned_face_comes_out_upright_in_its_place(size_px: float, roll_deg: float) -> None:
    points = placed(size_px, (410, 290), roll_deg)
    face = align(painted(points, size_px / 12), points)
    assert face.chip.shape == (CHIP_SIZE_PX, CHIP_SIZE_PX, 3)
    assert face.chip.dtype == np.uint8
    margin = (CHIP_SIZE_PX - FACE_SIZE_PX) / 2
    expected = MEAN_FACE * FACE_SIZE_PX + margin
    # The discs are painted on whole pixels: on small faces that is nearly a pixel of the chip.
    within = 0.6 + 0.5 * FACE_SIZE_PX / size_px
    for colour, place in ((RED, expected[:2].mean(0)), (GREEN, expected[2:4].mean(0)), (BLUE, expected[4])):
        assert place_of(face.chip, colour) == pytest.approx(tuple(place), abs=within)


@pytest.mark.parametrize("roll_deg", [0, 17, -40, 120])
def test_how_a_face_lies_in_the_photo_is_told(roll_deg: float) -> None:
    points = placed(123, (300.5, 250.25), roll_deg)
    face = align(painted(points, 10), points)
    # MEAN_FACE is rounded to thousandths.
    assert face.centre == pytest.approx((300.5, 250.25), abs=0.2)
    assert face.size_px == pytest.approx(123, rel=2e-3)
    assert face.roll_deg == pytest.approx(roll_deg, abs=0.1)
    assert face.residual < 1e-3


def test_a_face_that_looks_aside_has_a_residual_and_one_of_another_size_has_none() -> None:
    photo = np.zeros((500, 500, 3), np.uint8)
    straight, aside = placed(100, (250, 250)), placed(100, (250, 250))
    aside[4, 0] += 25
    assert align(photo, straight).residual < 1e-3
    # The nose is a quarter of the square away from where it should be; the fit takes up a part of that.
    assert 0.05 < align(photo, aside).residual < 0.25 / np.sqrt(5)
    assert align(photo, aside * 2 - 250).residual == pytest.approx(align(photo, aside).residual)


@pytest.mark.parametrize("size_px", [60, 120, 300])
@pytest.mark.parametrize(
    ("centre", "inwards"),
    [
        ((0, 250), (1, 0)),
        ((799, 250), (-1, 0)),
        ((400, 0), (0, 1)),
        ((400, 599), (0, -1)),
        ((0, 0), (1, 1)),
        ((799, 599), (-1, -1)),
    ],
)
def test_a_face_half_outside_the_photo_has_its_other_half_and_black(
    centre: tuple[float, float], inwards: tuple[int, int], size_px: float
) -> None:
    chip = align(np.full((600, 800, 3), 255, np.uint8), placed(size_px, centre)).chip
    assert chip.shape == (CHIP_SIZE_PX, CHIP_SIZE_PX, 3)
    middle = CHIP_SIZE_PX // 2
    across, down = (20 * step for step in inwards)
    assert (chip[middle + down, middle + across] == 255).all()
    assert (chip[middle - down, middle - across] == 0).all()


@pytest.mark.parametrize("size_px", [50, 200, 900])
@pytest.mark.parametrize("centre", [(-5000, 250), (5000, 5000), (400, -3000)])
def test_a_face_all_outside_the_photo_is_black(centre: tuple[float, float], size_px: float) -> None:
    chip = align(np.full((600, 800, 3), 255, np.uint8), placed(size_px, centre)).chip
    assert chip.shape == (CHIP_SIZE_PX, CHIP_SIZE_PX, 3)
    assert not chip.any()


@pytest.mark.parametrize("photo_px", [(1, 1), (3, 200), (200, 3)])
def test_a_photo_smaller_than_a_face_still_has_a_chip(photo_px: tuple[int, int]) -> None:
    photo = np.full((*photo_px, 3), 200, np.uint8)
    for size_px in (30, 170, 2000):
        chip = align(photo, placed(size_px, (photo_px[1] / 2, photo_px[0] / 2))).chip
        assert chip.shape == (CHIP_SIZE_PX, CHIP_SIZE_PX, 3)


def test_a_large_face_is_averaged_and_not_sampled() -> None:
    """A chequered pattern of single pixels is grey from afar; four neighbours of every sixth pixel would flicker."""
    rows, columns = np.mgrid[:900, :900]
    photo = np.repeat((((rows + columns) % 2) * 255).astype(np.uint8)[:, :, None], 3, 2)
    chip = align(photo, placed(3 * FACE_SIZE_PX, (450, 450), 10)).chip
    assert chip[20:-20, 20:-20].std() < 60
    assert chip[20:-20, 20:-20].mean() == pytest.approx(127.5, abs=3)


def side_by_side(chips: NDArray[np.uint8], plan: tuple[Crop, ...]) -> NDArray[np.uint8]:
    views = crops(chips, plan)
    assert views.shape == (len(chips) * len(plan), NET_SIZE_PX, NET_SIZE_PX, 3)
    assert views.dtype == np.uint8
    return views.reshape(len(chips), len(plan), NET_SIZE_PX, NET_SIZE_PX, 3)


def test_the_crop_of_the_nets_size_is_a_plain_slice() -> None:
    chips = reference_chips()
    edge = (CHIP_SIZE_PX - NET_SIZE_PX) // 2
    views = side_by_side(chips, (Crop(NET_SIZE_PX),))
    np.testing.assert_array_equal(views[:, 0], chips[:, edge:-edge, edge:-edge])


def test_all_crops_of_a_face_come_before_those_of_the_next_in_the_plans_order() -> None:
    chips = reference_chips()
    plan = (Crop(104), Crop(144, mirrored=True), Crop(112))
    views = side_by_side(chips, plan)
    for i, chip in enumerate(chips):
        for j, look in enumerate(plan):
            np.testing.assert_array_equal(views[i, j], crops(chip[None], (look,))[0])


@pytest.mark.parametrize("side_px", [104, 108, 112, 116, 144])
def test_a_mirrored_crop_is_the_same_one_mirrored(side_px: int) -> None:
    views = side_by_side(reference_chips(), (Crop(side_px), Crop(side_px, mirrored=True)))
    np.testing.assert_array_equal(views[:, 1], views[:, 0, :, ::-1])


@pytest.mark.parametrize("side_px", [104, 108, 116, 144])
def test_a_crop_is_the_chips_middle_and_nothing_else(side_px: int) -> None:
    edge = (CHIP_SIZE_PX - side_px) // 2
    chips = np.zeros((1, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8)
    chips[:, edge : edge + side_px, edge : edge + side_px] = 255
    assert (crops(chips, (Crop(side_px),)) == 255).all()
    wider = crops(chips, (Crop(CHIP_SIZE_PX),))
    assert (wider == 0).any() is np.bool_(side_px < CHIP_SIZE_PX)


def test_no_chips_have_no_crops() -> None:
    assert crops(np.zeros((0, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8), (Crop(104), Crop(112))).shape[0] == 0


def test_chips_are_not_changed_by_looking_at_them() -> None:
    chips = reference_chips()
    before = chips.copy()
    crops(chips, (Crop(104, mirrored=True), Crop(144)))
    np.testing.assert_array_equal(chips, before)
