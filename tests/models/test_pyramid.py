"""All sizes of a photo on one canvas, and the way back. That both are dlib's: test_mmod_parity."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.architectures.mmod import CONVOLUTIONS
from models.predict import boxes as serving
from models.preprocess import MEAN_RGB
from models.pyramid import (
    DLIB_STEPS,
    MAX_OVERLAP,
    WINDOW_PX,
    Layout,
    Tile,
    canvases,
    fitting,
    found,
    layout,
    tight_layouts,
)

SIDES = st.integers(30, 400)
# Up to photos that are enlarged to show the smallest faces.
ALL_SIDES = st.integers(30, 5000)
STRIDE_PX = int(np.prod([stride for _, _, stride, _ in CONVOLUTIONS]))
# dlib's, and those that serving takes.
STEPS = st.sampled_from([DLIB_STEPS, serving._CNN_STEPS])


def planned(height_px: int, width_px: int, steps: int = DLIB_STEPS) -> Layout:
    plan = layout(height_px, width_px, steps)
    assert plan is not None
    return plan


def tight(height_px: int, width_px: int) -> tuple[Layout, ...]:
    """As serving lays photos out."""
    return tight_layouts(height_px, width_px, serving._CNN_STEPS)


def growth(steps: int) -> float:
    """How much larger than the next each size is."""
    return steps / (steps - 1)


def cells(side_px: int) -> int:
    """Of the net's output along a side of the canvas."""
    for _, window, stride, padding in CONVOLUTIONS:
        side_px = (side_px + 2 * padding - window) // stride + 1
    return side_px


def count(plan: Layout) -> int:
    """Of the cells of the net's output."""
    rows, columns = plan.cells
    return rows * columns


def box_of(cell: int) -> list[int]:
    """Left, top, right, bottom in the photo."""
    (box,) = PLAN.boxes(np.array([cell])).tolist()
    return list(box)


def centres(plan: Layout) -> NDArray[np.float64]:
    """(cells, 2): x and y of the canvas's pixel in the middle of what each cell sees."""
    first = 0.0
    for _, window, stride, padding in reversed(CONVOLUTIONS):
        first = first * stride + (window - 1) / 2 - padding
    rows, columns = np.mgrid[: cells(plan.height_px), : cells(plan.width_px)] * STRIDE_PX + first
    return np.stack([columns.ravel(), rows.ravel()], 1)


def inside(points: NDArray[np.float64], tile: Tile) -> NDArray[np.bool_]:
    x, y = points.T
    across = (tile.left <= x) & (x < tile.left + tile.width)
    return np.asarray(across & (tile.top <= y) & (y < tile.top + tile.height))


@given(SIDES, SIDES, STEPS)
def test_sizes_lie_within_the_canvas_and_beside_each_other(height_px: int, width_px: int, steps: int) -> None:
    plan = planned(height_px, width_px, steps)
    assert plan.tiles[0][2:] == (height_px, width_px, 0)
    tiles_lie_apart(plan)


@given(ALL_SIDES, ALL_SIDES)
def test_two_tight_canvases_hold_the_same_sizes_where_a_face_can_be(height_px: int, width_px: int) -> None:
    plans = tight(height_px, width_px)
    for plan in plans:
        tiles_lie_apart(plan)
    held = {tile.level: tile[2:4] for plan in plans for tile in plan.tiles}
    for tile in planned(height_px, width_px, serving._CNN_STEPS).tiles:
        if min(tile.height, tile.width) >= WINDOW_PX:
            assert held[tile.level] == (tile.height, tile.width)


def test_tight_canvases_are_a_tenth_smaller_than_dlibs() -> None:
    one = planned(410, 730, serving._CNN_STEPS)
    two = tight(410, 730)
    assert sum(plan.height_px * plan.width_px for plan in two) < 0.91 * one.height_px * one.width_px


def tiles_lie_apart(plan: Layout) -> None:
    for tile in plan.tiles:
        assert tile.top > 0
        assert tile.left > 0
        assert tile.top + tile.height < plan.height_px
        assert tile.left + tile.width < plan.width_px
    for one, other in combinations(plan.tiles, 2):
        apart = (
            one.left + one.width <= other.left
            or other.left + other.width <= one.left
            or one.top + one.height <= other.top
            or other.top + other.height <= one.top
        )
        assert apart


@given(SIDES, SIDES, STEPS)
def test_each_size_is_a_step_smaller_than_the_one_before(height_px: int, width_px: int, steps: int) -> None:
    for larger, smaller in pairwise(planned(height_px, width_px, steps).tiles):
        assert smaller.height == larger.height * (steps - 1) // steps
        assert smaller.width == larger.width * (steps - 1) // steps


@given(SIDES, SIDES, STEPS)
@settings(deadline=None)
def test_a_cells_box_is_its_window_in_the_photo(height_px: int, width_px: int, steps: int) -> None:
    """Rounding at each size adds up: measured to a fiftieth of the box where there are 25 sizes."""
    boxes_are_windows(planned(height_px, width_px, steps), steps, width_px, height_px)


@given(SIDES, SIDES)
@settings(deadline=None)
def test_so_it_is_on_tight_canvases(height_px: int, width_px: int) -> None:
    for plan in tight(height_px, width_px):
        boxes_are_windows(plan, serving._CNN_STEPS, width_px, height_px)


def boxes_are_windows(plan: Layout, steps: int, width_px: int, height_px: int) -> None:
    points = centres(plan)
    for tile in plan.tiles:
        within = inside(points, tile)
        boxes = plan.boxes(np.flatnonzero(within))
        side = (WINDOW_PX - 1) * growth(steps) ** tile.level + 1
        np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2] + 1, side, atol=1.01)
        shown = (points[within] - (tile.left, tile.top)) * (width_px / tile.width, height_px / tile.height)
        np.testing.assert_allclose((boxes[:, :2] + boxes[:, 2:]) / 2, shown, atol=0.04 * side)


@pytest.mark.parametrize(("height_px", "width_px"), [(1, 1), (5, 5), (4, 600), (600, 4)])
def test_a_photo_that_is_too_small_for_the_net_has_no_layout(height_px: int, width_px: int) -> None:
    assert layout(height_px, width_px, DLIB_STEPS) is None


@given(st.integers(1, 60), st.integers(1, 60))
def test_tight_canvases_are_never_too_small_for_the_net(height_px: int, width_px: int) -> None:
    for plan in tight(height_px, width_px):
        assert plan.cells == (cells(plan.height_px), cells(plan.width_px)) >= (1, 1)


@given(st.integers(1, 60), st.integers(1, 60))
def test_a_photo_that_has_a_layout_gives_the_net_something_to_say(height_px: int, width_px: int) -> None:
    plan = layout(height_px, width_px, DLIB_STEPS)
    if plan is not None:
        assert plan.cells == (cells(plan.height_px), cells(plan.width_px)) >= (1, 1)


def test_a_canvas_holds_every_size_of_the_photo_in_its_tile_and_the_mean_colour_elsewhere() -> None:
    rgb = np.full((60, 90, 3), (250, 10, 30), np.uint8)
    plan = planned(60, 90)
    filled = canvases(rgb, [plan])[0]
    assert filled.dtype == np.uint8
    around = np.ones(filled.shape[:2], bool)
    for tile in plan.tiles:
        place = np.s_[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        assert (filled[place] == rgb[0, 0]).all()
        around[place] = False
    assert (filled[around] == np.rint(MEAN_RGB)).all()
    assert (plan.blank() == np.rint(MEAN_RGB)).all()


def test_the_photo_itself_is_on_the_canvas_as_it_is() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)
    plan = planned(60, 90)
    tile = plan.tiles[0]
    np.testing.assert_array_equal(canvases(rgb, [plan])[0][tile.top : tile.top + 60, tile.left : tile.left + 90], rgb)


def test_on_tight_canvases_each_size_is_made_of_the_one_before_as_on_one() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (280, 400, 3), np.uint8)
    one = planned(280, 400, serving._CNN_STEPS)
    (whole,) = canvases(rgb, [one])
    plans = tight(280, 400)
    shown = {tile.level: cut(whole, tile) for tile in one.tiles}
    for plan, filled in zip(plans, canvases(rgb, plans), strict=True):
        for tile in plan.tiles:
            np.testing.assert_array_equal(cut(filled, tile), shown[tile.level])


def cut(filled: NDArray[np.uint8], tile: Tile) -> NDArray[np.uint8]:
    return filled[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]


def test_a_face_on_the_second_canvas_is_found_and_counted_once() -> None:
    plans = tight(200, 300)
    values = [np.full(count(plan), -1, np.float32) for plan in plans]
    for plan, of_plan, score in zip(plans, values, (0.4, 0.9), strict=True):
        tile = plan.tiles[0]
        middle = (tile.left + tile.width / 2, tile.top + tile.height / 2)
        of_plan[int(np.hypot(*(centres(plan) - middle).T).argmin())] = score
    (face,) = found(plans, values, 0.0)
    assert face.score == pytest.approx(0.9)
    assert face.width == pytest.approx(WINDOW_PX * growth(serving._CNN_STEPS), abs=2)
    assert face.left + face.width / 2 == pytest.approx(150, abs=9)
    assert face.top + face.height / 2 == pytest.approx(100, abs=9)


PLAN = planned(200, 300)


def cell_at(x: float, y: float, level: int = 0) -> int:
    """The cell that sees this point of the photo in its middle, in the photo's own size or a smaller one."""
    tile = PLAN.tiles[level]
    shown = np.array([tile.left + x * tile.width / 300, tile.top + y * tile.height / 200])
    return int(np.hypot(*(centres(PLAN) - shown).T).argmin())


def scores(cell_scores: dict[int, float]) -> NDArray[np.float32]:
    """Of all cells, row by row; low but for these."""
    flat = np.full(count(PLAN), -1, np.float32)
    for cell, score in cell_scores.items():
        flat[cell] = score
    return flat


def test_nothing_above_the_threshold_is_no_face() -> None:
    assert found([PLAN], [scores({})], 0.0) == []
    assert found([PLAN], [scores({7: 0.5})], 0.5) == [], "at the threshold is not above it"


@pytest.mark.parametrize(("threshold", "faces"), [(-0.5, 3), (0.0, 2), (0.5, 1), (1.0, 0)])
def test_a_threshold_leaves_out_who_is_less_sure(threshold: float, faces: int) -> None:
    far_apart = scores({cell_at(50, 50): 0.9, cell_at(150, 50): 0.3, cell_at(250, 150): -0.2})
    assert len(found([PLAN], [far_apart], threshold)) == faces


def test_faces_are_where_their_cells_see_them_and_the_surest_comes_first() -> None:
    there = [(60, 90), (160, 90), (240, 90)]
    said = scores({cell_at(*there[0]): 0.2, cell_at(*there[1]): 1.1, cell_at(*there[2]): 0.7})
    for shape in (said, said.reshape(cells(PLAN.height_px), cells(PLAN.width_px))):
        faces = found([PLAN], [shape], 0.0)
        assert [round(face.score, 3) for face in faces] == [1.1, 0.7, 0.2]
        for face, (x, y) in zip(faces, (there[1], there[2], there[0]), strict=True):
            assert (face.width, face.height) == (WINDOW_PX, WINDOW_PX)
            assert face.left + face.width / 2 == pytest.approx(x, abs=STRIDE_PX / 2 + 1)
            assert face.top + face.height / 2 == pytest.approx(y, abs=STRIDE_PX / 2 + 1)


@pytest.mark.parametrize("surest", [0, 1, 2])
def test_of_boxes_that_overlap_the_surest_is_the_face(surest: int) -> None:
    beside, larger = cell_at(108, 100), cell_at(100, 100, level=1)
    cell_scores = dict.fromkeys((cell_at(100, 100), beside, larger), 0.4)
    winner = list(cell_scores)[surest]
    (face,) = found([PLAN], [scores(cell_scores | {winner: 0.8})], 0.0)
    left, top, _, _ = box_of(winner)
    assert (face.left, face.top) == (left, top)
    assert face.score == pytest.approx(0.8)


def test_of_two_that_are_as_sure_the_first_cell_wins() -> None:
    one, other = sorted((cell_at(100, 100), cell_at(108, 100)))
    (face,) = found([PLAN], [scores({one: 0.4, other: 0.4})], 0.0)
    assert (face.left, face.top) == tuple(box_of(one)[:2])


@given(st.lists(st.tuples(st.integers(0, count(PLAN) - 1), st.floats(0.125, 1.125, width=32)), max_size=30))
def test_faces_never_overlap_much_and_no_box_is_lost_without_a_surer_one_over_it(said: list[tuple[int, float]]) -> None:
    faces = found([PLAN], [scores(dict(said))], 0.0)
    for one, other in combinations(faces, 2):
        assert common(one[:4], other[:4]) <= MAX_OVERLAP
        assert one.score >= other.score
    for cell, score in dict(said).items():
        left, top, right, bottom = map(float, box_of(cell))
        box = (left, top, right - left + 1, bottom - top + 1)
        over = [face for face in faces if common(box, face[:4]) > MAX_OVERLAP]
        assert any(face.score >= score for face in over)


def common(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """What two boxes share, of the rectangle around both: dlib's measure."""
    (left, top, width, height), (other_left, other_top, other_width, other_height) = a, b
    rights, bottoms = (left + width, other_left + other_width), (top + height, other_top + other_height)
    across, down = min(rights) - max(left, other_left), min(bottoms) - max(top, other_top)
    around = (max(rights) - min(left, other_left)) * (max(bottoms) - min(top, other_top))
    return max(across, 0.0) * max(down, 0.0) / around


@pytest.mark.parametrize(
    ("scale", "size"), [(1.0, (1080, 1920)), (0.5, (540, 960)), (0.3, (324, 576)), (1e-9, (1, 1))], ids=str
)
def test_a_photo_at_a_scale_has_whole_pixels_and_at_least_one(scale: float, size: tuple[int, int]) -> None:
    assert fitting((1080, 1920), scale) == size
