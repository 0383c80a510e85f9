import numpy as np
import pytest

from models.evaluation.backgrounds import FRAME_PX
from models.evaluation.frames import DARK_MEAN, Box, Condition, FaceFrame, face_frame, surrounded
from tests.models.evaluation.stand_ins import MagentaFinder, magenta

GREY = np.full((*FRAME_PX, 3), 128, np.uint8)


def frame(condition: Condition, seed: int = 1, size: tuple[int, int] = (100, 140)) -> FaceFrame:
    return face_frame(magenta(*size), GREY, condition, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [(48, 48), (100, 140), (200, 531)])
def test_a_face_is_where_its_box_says(seed: int, size: tuple[int, int]) -> None:
    made = frame(Condition.PLAIN, seed, size)
    (found,) = MagentaFinder().find(made.photo.half_rgb, made.photo.full_px)
    box = made.box
    got = (found.left_px, found.top_px, found.width_px, found.height_px)
    assert got == pytest.approx((box.left_px, box.top_px, box.width_px, box.height_px), abs=5)
    assert box.left_px >= 0
    assert box.top_px >= 0
    assert box.left_px + box.width_px <= FRAME_PX[1]
    assert box.top_px + box.height_px <= FRAME_PX[0]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("condition", [Condition.ROTATED, Condition.BLURRED, Condition.DARK])
def test_a_face_has_its_place_and_size_under_every_condition(condition: Condition, seed: int) -> None:
    made, plain = frame(condition, seed), frame(Condition.PLAIN, seed)
    assert made.box.width_px == plain.box.width_px
    assert (made.box.left_px, made.box.top_px) == pytest.approx((plain.box.left_px, plain.box.top_px), abs=1)
    (found,) = MagentaFinder().find(made.photo.half_rgb, made.photo.full_px)
    assert made.box.has_in_middle(found.left_px + found.width_px / 2, found.top_px + found.height_px / 2)


def test_the_same_seed_makes_the_same_frame() -> None:
    first, again, other = (frame(Condition.ROTATED, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.photo.half_rgb, again.photo.half_rgb)
    assert first.box == again.box != other.box


def test_sizes_are_spread_over_what_is_said() -> None:
    widths = [frame(Condition.PLAIN, seed).box.width_px for seed in range(40)]
    assert 200 <= min(widths) < 240
    assert 460 < max(widths) <= 500


def test_frames_are_decoded_at_half_size() -> None:
    photo = frame(Condition.PLAIN).photo
    assert photo.half_rgb.shape == (540, 960, 3)
    assert photo.half_rgb.flags.c_contiguous
    assert photo.full_px == FRAME_PX


def test_a_dark_frame_is_dark_all_over() -> None:
    made = frame(Condition.DARK)
    box = made.box
    left, top = round(box.left_px / 2) + 3, round(box.top_px / 2) + 3
    face = made.photo.half_rgb[top : top + int(box.height_px / 2) - 6, left : left + int(box.width_px / 2) - 6]
    assert face.mean() == pytest.approx(DARK_MEAN, abs=2)
    assert made.photo.half_rgb.mean() < 50


def test_a_covered_face_shows_its_upper_part_alone() -> None:
    made = frame(Condition.COVERED)
    (found,) = MagentaFinder().find(made.photo.half_rgb, made.photo.full_px)
    assert found.height_px == pytest.approx(0.55 * made.box.height_px, abs=6)
    assert found.width_px == pytest.approx(made.box.width_px, abs=5)


def test_a_turned_face_has_nothing_of_the_square_around_it() -> None:
    made = frame(Condition.ROTATED)
    pixels = made.photo.half_rgb.reshape(-1, 3).astype(int)
    changed = (np.abs(pixels - 128) > 40).any(axis=1).sum()
    assert changed == pytest.approx(made.box.width_px * made.box.height_px / 4, rel=0.05)


@pytest.mark.parametrize(
    ("x", "y", "inside"), [(150, 200, True), (126, 151, True), (124, 200, False), (150, 251, False)]
)
def test_the_middle_half_of_a_box(x: float, y: float, inside: bool) -> None:
    assert Box(100, 100, 100, 200).has_in_middle(x, y) is inside


@pytest.mark.parametrize(("width", "height"), [(200, 200), (48, 48), (300, 451), (700, 600)])
def test_a_labelled_face_is_surrounded_by_its_edge(width: int, height: int) -> None:
    photo = surrounded(magenta(width, height))
    shorter = min(photo.full_px)
    assert shorter == 960
    assert photo.full_px[0] % 2 == photo.full_px[1] % 2 == 0
    assert (photo.full_px[0] - 480) / (photo.full_px[1] - 480) == pytest.approx(height / width, rel=0.01)
    assert photo.half_rgb.shape[:2] == (photo.full_px[0] // 2, photo.full_px[1] // 2)
    assert photo.half_rgb.flags.c_contiguous
    assert (photo.half_rgb == (220, 20, 220)).all()
